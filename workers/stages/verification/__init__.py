"""Verification: nothing is touched before the person on file has said so.

1. `challenge`: a one-time code and link go to the contact that was on file when the request came
   in, never to an address that the request brought. Nobody found looks the same from outside.
   A guardian's goes to the guardian on the child's record. Without an address somebody calls the
   number on file, or posts a letter.
2. `proof`: compared in constant time, five tries a challenge, each proof id counted once. The fifth
   wrong one kills that code only. A right one restricts the disputed fields, then moves on.
3. `cooling`: a deletion waits for a while, and everybody on file hears of it and can stop it.
4. `lifting`: the person lifts a restriction, by the link of its completion or a channel's code.
5. `closing`: expiry, withdrawal, "this wasn't me", "nothing arrived". They claim the slot in the
   subject's control document, so that a proof that comes too late restricts nothing for ever.

Not guaranteed: that a mailbox is read by the person alone. So fields that need evidence go to a
person (`in_review`), proven or not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from schemas.messages import Confirmed, Disown, Do, Lift, Message, NothingArrived, Stop
from schemas.request import Request
from schemas.submission import Proof, Withdrawal
from workers.ports import Done, Outcome, Resume, SubjectResult, Tools
from workers.stages.verification import challenge, closing, cooling, lifting, proof


async def handle(  # noqa: PLR0911 - one for each message
    message: Message, request: Request | None, tools: Tools
) -> Outcome:
    """Decide on a challenge, a proof, a withdrawal, or a clock that ran out."""
    match message:
        case Proof():
            return await proof.check(message, request, tools)
        case Withdrawal():
            stands = request is not None and lifting.stands(request)
            take_back = lifting.take_back if stands else closing.withdraw
            return await take_back(message, request, tools)
        case Stop():
            return await cooling.stop(message, request, tools)
        case Lift():
            return await lifting.lift(message, request, tools)
        case Disown():
            return closing.disown(message, request, tools)
        case NothingArrived():
            return closing.nothing_arrived(message, request, tools)
        case Confirmed():
            return await proof.confirm(message, request, tools)
    assert isinstance(message, Do) and request is not None, "a command names a request that exists"
    return await COMMANDS[message.step](request, tools)


COMMANDS: Mapping[str, Callable[[Request, Tools], Awaitable[Outcome]]] = {
    "challenge": challenge.issue,
    "cooling_off": cooling.announce,
    "expiry": closing.expire,
    "release": closing.release,
}


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Decide by what the subject's control document answered."""
    ((effect, result),) = done
    assert isinstance(result, SubjectResult)
    if isinstance(effect, Resume):
        return lifting.conclude(request, result, tools)
    match message:
        case Proof() | Confirmed():
            return proof.conclude(message, request, result, tools)
        case Withdrawal() | Stop():
            return closing.conclude_withdrawal(request, result, tools)
    return closing.conclude_release()
