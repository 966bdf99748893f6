"""What a recipient gives as its reason: text from outside, so it is sealed with the particulars.

The desk reads it among the notes of the request. It goes when the particulars go, and where they
have gone already nothing is kept.
"""

from __future__ import annotations

from typing import Any

from schemas.actors import of_recipient, without_desk
from schemas.errors import KeyGone
from schemas.lifecycle import Transition
from schemas.messages import Said
from schemas.notice import Notice
from schemas.request import Note, Request
from workers.ports import NOTHING, OutboundResult, Outcome, Tools


async def noted(
    request: Request, recipient: str, by: str, text: str, tools: Tools
) -> dict[str, Any]:
    """The change that keeps it; empty where there is nothing to keep, or nothing to keep it in."""
    if not text.strip():
        return {}
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        return {}
    by = without_desk(by) or of_recipient(recipient)
    note = Note(by=by, at=tools.now, text=f"{recipient}: {text}")
    kept = particulars.model_copy(update={"notes": (*particulars.notes, note)})
    return {"sealed": await tools.sealer.seal(request.id, kept)}


async def said(message: Said, request: Request | None, tools: Tools) -> Outcome:
    """It came with the answer to our notice, whose word stands already."""
    notice = request.notices.get(message.recipient) if request else None
    if request is None or notice is None or notice.id != message.notice:
        return NOTHING
    changes = await noted(request, message.recipient, "", message.text, tools)
    if not changes:
        return NOTHING
    by = of_recipient(message.recipient)
    return Outcome(Transition(what="reason_kept", by=by, changes=changes))


def heard(recipient: str, notice: Notice, result: OutboundResult) -> tuple[Said, ...]:
    """What is to be kept of an answer to our notice."""
    if not result.said or notice.status != result.status:
        return ()
    return (Said(notice.id, recipient, result.said),)
