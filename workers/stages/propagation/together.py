"""Several corrections of one person that wait for the same recipient are told as one. Pure.

The newest takes the fields of the older ones along, which then wait for it; what is sent are the
values as they stand, so nothing is lost by that. Should the newest be escalated before it gets
through, the older ones have their own ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from schemas.notice import Notice
from schemas.request import Request
from workers.ports import WaitingNotice


def held_back(recipient: str, request: Request, others: Sequence[WaitingNotice]) -> bool:
    """Whether a newer notice waits for this recipient, and tells ours along."""
    ours = request.notices[recipient].id
    return any(ours in other.notice.replaces for other in others if other.recipient == recipient)


def joined(
    recipient: str, notice: Notice, request: Request, others: Sequence[WaitingNotice]
) -> Notice:
    """This notice, with what older ones still wait to tell."""
    older = [
        other.notice
        for other in others
        if other.recipient == recipient and other.is_older_than(request)
    ]
    if not older:
        return notice
    names = [name for other in older for name in (*other.fields, *other.also)]
    ids = [id_ for other in older for id_ in (other.id, *other.replaces)]
    return notice.model_copy(
        update={
            "also": tuple(dict.fromkeys(n for n in names if n not in notice.fields)),
            "replaces": tuple(dict.fromkeys((*notice.replaces, *ids))),
        }
    )
