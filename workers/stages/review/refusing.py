"""No: the slot is claimed and the restriction lifted first; then the person is told why."""

from __future__ import annotations

from schemas.actors import of_desk
from schemas.disputes import disputed
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Decide
from schemas.refusals import REFUSALS
from schemas.request import Request
from schemas.review import Approve, Refusal, Refuse
from schemas.words import is_still_true
from workers.ports import Outcome, Release, Reply, SubjectResult, Tools
from workers.stages.common.evidence import evidence_goes
from workers.stages.review import waiting
from workers.stages.review.rights import refuse as reject
from workers.stages.review.rights import review_of


async def refuse(message: Decide, request: Request, tools: Tools) -> Outcome:
    """For a reason of the list."""
    assert isinstance(message.decision, Refuse)
    return await refuse_for(message, request, message.decision.reason, tools)


async def refuse_for(message: Decide, request: Request, reason: str, tools: Tools) -> Outcome:
    """Claim the slot, so that nothing of this request can be applied any more."""
    if reason not in REFUSALS:
        reject("unknown_reason")
    if request.proof is None and not REFUSALS[reason].neutral:
        # It goes to whatever address the request brought.
        reject("reason_tells_too_much")
    particulars = await tools.sealer.open(request)
    if particulars.subject is None:
        return _refused(message, request, tools)
    return Outcome(
        effects=(Release(request.id, particulars.subject),),
        reply=Reply(accepted=True, tracking=request.tracking),
    )


def conclude(message: Decide, request: Request, result: SubjectResult, tools: Tools) -> Outcome:
    """The slot is ours: it is refused. Not where the change has begun."""
    if request.status is not Status.IN_REVIEW:
        reject("not_in_review")
    if result.outcome not in {"done", "already", "gone"}:
        reject("begun_already")
    return _refused(message, request, tools)


def _refused(message: Decide, request: Request, tools: Tools) -> Outcome:
    name = message.by.name
    refusal = Refusal(reason=_reason(message), by=name, at=tools.now)
    mail = tools.mail(request.id, "refusal")
    resumed = waiting.resumed(request, review_of(request), tools.now)
    return Outcome(
        Transition(
            what=f"refused:{refusal.reason}",
            by=of_desk(name),
            to=Status.REFUSED,
            changes={
                **resumed.changes,
                "refusal": refusal,
                "mails": {**request.mails, "refusal": mail},
                "sending": (),
            },
            closes=tuple(step for step in request.steps if not is_still_true(step)),
            opens=(
                Opening("mail:refusal", tools.policy.step_timeout),
                *evidence_goes(request, tools),
            ),
            events=("restriction.lifted",) if request.proof and disputed(request) else (),
        ),
        reply=Reply(accepted=True, tracking=request.tracking),
    )


def _reason(message: Decide) -> str:
    """Of the refusal, or of the approval that grants not one field."""
    decision = message.decision
    if isinstance(decision, Approve):
        return next(iter(decision.refused.values()))
    assert isinstance(decision, Refuse)
    return decision.reason
