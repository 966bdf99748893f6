"""Completion: the person is told what was done, field by field, and who was told.

The request is completed when that mail has left (or is recorded as undeliverable): see mailing.
"""

from __future__ import annotations

from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Do, Message
from schemas.request import Request
from workers.ports import Outcome, Tools


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Have the completion mailed; or, where a recipient keeps us waiting, an interim word."""
    assert isinstance(message, Do) and request is not None, "a command names a request that exists"
    # A question that was answered has nothing to apply: telling it is all.
    answers = message.step == "answered"
    purpose = "answer" if answers else message.step
    mail = tools.mail(
        request.id,
        purpose,
        notices={name: notice.status for name, notice in request.notices.items()},
    )
    return Outcome(
        Transition(
            what=f"{purpose}_due",
            by="completion",
            to=Status.APPLIED if answers else None,
            changes={
                "mails": {**request.mails, purpose: mail},
                **({"applied_at": tools.now} if answers else {}),
            },
            closes=("interim", message.step),
            opens=(
                Opening(f"mail:{purpose}", tools.policy.step_timeout),
                *(_evidence_goes(request, tools) if purpose != "interim" else ()),
            ),
        )
    )


def _evidence_goes(request: Request, tools: Tools) -> tuple[Opening, ...]:
    """What was handed in with a request that no person had to decide is kept no longer either."""
    review = request.review
    if review is None or not review.exhibits or review.exhibits_destroyed_at is not None:
        return ()
    return (Opening("evidence", tools.policy.step_timeout),)
