"""A question: nobody has to prove anything to ask one, and a person answers."""

from __future__ import annotations

from schemas.actors import of_desk
from schemas.base import clean
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Decide
from schemas.request import Request
from schemas.review import Answer, Why, at_desk
from workers.ports import Outcome, Reply, Tools
from workers.stages.common.evidence import evidence_goes
from workers.stages.review import waiting
from workers.stages.review.rights import refuse, review_of

LONGEST = 20_000
"""Characters of an answer."""


async def take_in(request: Request, tools: Tools) -> Outcome:
    """To the desk, through the status that says from outside: we are looking at it."""
    if request.status is Status.RECEIVED:
        on = Opening("inquiry", tools.policy.step_timeout)
        return Outcome(
            Transition("needs_no_proof", "review", to=Status.AWAITING_PROOF, opens=(on,))
        )
    return Outcome(
        Transition(
            what="inquired",
            by="review",
            to=Status.IN_REVIEW,
            changes={"review": at_desk(request.review, (Why.INQUIRY,), tools.now)},
            closes=("inquiry",),
        )
    )


async def answer(message: Decide, request: Request, tools: Tools) -> Outcome:
    """Seal the answer with the question, and have it mailed to whoever asked."""
    assert isinstance(message.decision, Answer)
    if request.kind != "inquiry":
        refuse("only_inquiries_are_answered")
    try:
        text = clean(message.decision.text.replace("\r\n", "\n")).strip()
    except ValueError:
        refuse("not_plain_text")
    if not text or len(text) > LONGEST:
        refuse("not_plain_text")
    particulars = await tools.sealer.open(request)
    answered = particulars.model_copy(update={"answer": text})
    resumed = waiting.resumed(request, review_of(request), tools.now)
    return Outcome(
        Transition(
            what=f"answered:{message.decision.closing}",
            by=of_desk(message.by.name),
            to=Status.VERIFIED,
            changes={
                **resumed.changes,
                "sealed": await tools.sealer.seal(request.id, answered),
            },
            closes=("paused",),
            opens=(
                Opening("answered", tools.policy.step_timeout),
                *resumed.opens,
                *evidence_goes(request, tools),
            ),
        ),
        reply=Reply(accepted=True, tracking=request.tracking),
    )
