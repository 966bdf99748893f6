"""Deletion: what the law does not keep is destroyed everywhere, and that can be shown.

1. `beginning`: once cooled off, who had received the fields, and what each knows the person by, is
   written down, since nobody can look it up afterwards.
2. `erasing`: the company's database is emptied of the person, step by step; each call goes on where
   the last one got to. What stands in the way keeps the request open and says where it is.
3. `afterwards`: a day later everything is looked for once more; and once the key epoch is gone, so
   that no backup opens, the certificate gets its second moment.
"""

from __future__ import annotations

from schemas.messages import Do, Message
from schemas.request import Request
from workers.ports import Done, ErasureResult, Outcome, Tools
from workers.stages.deletion import afterwards, beginning, erasing


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Begin, go on, or look once more."""
    assert isinstance(message, Do) and request is not None, "a command names a request that exists"
    match message.step:
        case "rescan":
            return await afterwards.look_again(request, tools)
        case "shredding":
            return await afterwards.shred(request, tools)
    if request.erasure is None:
        return await beginning.begin(request, tools)
    return await erasing.erase(request, tools)


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Go on, stop where something is in the way, or certify."""
    assert isinstance(message, Do)
    ((_, result),) = done
    assert isinstance(result, ErasureResult)
    if message.step == "rescan":
        return afterwards.conclude(request, result, tools)
    return erasing.conclude(request, result, tools)
