"""Yes: whole or field by field, by two people where one is too little, or by one and a day."""

from __future__ import annotations

from typing import Any

from schemas.actors import of_desk
from schemas.contacts import announced
from schemas.disputes import disputed
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Decide
from schemas.refusals import REFUSALS
from schemas.request import Particulars, ProofRecord, Request
from schemas.review import Approval, Approve, Review, Why
from schemas.words import of_approval
from workers.ports import Outcome, Reply, Restrict, SubjectResult, Tools
from workers.stages.common.evidence import evidence_goes
from workers.stages.common.proceeding import next_step
from workers.stages.review import refusing, waiting
from workers.stages.review.rights import needs_two, refuse, review_of


async def approve(message: Decide, request: Request, tools: Tools) -> Outcome:
    """The first of two is kept; the one that suffices restricts the fields, then moves on."""
    assert isinstance(message.decision, Approve)
    particulars = await tools.sealer.open(request)
    review, name = review_of(request), message.by.name
    _check(message.decision, request, particulars, name)
    refused = dict(message.decision.refused)
    if request.fields and refused.keys() == set(request.fields):
        if len({*refused.values()}) > 1:
            refuse("several_reasons_for_all")
        return await refusing.refuse_for(message, request, next(iter(refused.values())), tools)
    before = [approval for approval in review.approvals if approval.by != name]
    if any(approval.refused != refused for approval in before):
        refuse("approvals_differ")
    if needs_two(request, particulars) and not before:
        if review.approvals and (not message.by.alone or request.is_open("approved")):
            refuse("approved_by_you_already")
        approval = Approval(by=name, at=tools.now, refused=refused)
        changed = review.model_copy(update={"approvals": (approval,)})
        if message.by.alone:
            return _announced(request, changed, particulars, tools)
        first = Transition("approved_once", of_desk(name), changes={"review": changed})
        return Outcome(first, reply=Reply(accepted=True, tracking=request.tracking))
    return _restricting(request, particulars, tools)


def _check(decision: Approve, request: Request, particulars: Particulars, name: str) -> None:
    if request.kind == "inquiry":
        refuse("inquiries_are_answered")
    if particulars.taken_in_by(name):
        refuse("filed_by_you")
    if particulars.subject is None:
        refuse("nobody_matched")
    if request.proof is None and not review_of(request).exhibits:
        refuse("needs_evidence")
    if not decision.refused.keys() <= set(request.fields):
        refuse("not_a_field_of_it")
    if not set(decision.refused.values()) <= REFUSALS.keys():
        refuse("unknown_reason")


def _announced(request: Request, review: Review, particulars: Particulars, tools: Tools) -> Outcome:
    """Nobody else can look at it: so everybody on file hears of it, and it waits for a day."""
    delay, timeout = tools.policy.approval_delay, tools.policy.step_timeout
    (approval,) = review.approvals
    mails = dict(request.mails)
    opens = [Opening("approved", delay, send=False)]
    for number in range(1, len(announced(particulars)) + 1):
        name = f"approval-{number}"
        mails[name] = tools.mail(request.id, name)
        opens.append(Opening(f"mail:{name}", timeout))
    waiting = review.model_copy(update={"effective_at": tools.now + delay})
    return Outcome(
        Transition(
            what="approved_alone",
            by=of_desk(approval.by),
            changes={"mails": mails, "review": waiting},
            opens=tuple(opens),
        ),
        reply=Reply(accepted=True, tracking=request.tracking),
    )


async def take_effect(request: Request, tools: Tools) -> Outcome:
    """The day is over, and nobody has stopped it."""
    if request.status is not Status.IN_REVIEW or not review_of(request).approvals:
        return Outcome(Transition("clock_stopped", "review", closes=("approved",)))
    return _restricting(request, await tools.sealer.open(request), tools)


def _restricting(request: Request, particulars: Particulars, tools: Tools) -> Outcome:
    assert particulars.subject is not None, "whom it is about was checked"
    fields = disputed(request, tuple(tools.datamap.subjects[particulars.subject.type].fields))
    return Outcome(
        effects=(Restrict(request.id, particulars.subject, fields),),
        reply=Reply(accepted=True, tracking=request.tracking),
    )


def conclude(message: Decide, request: Request, result: SubjectResult, tools: Tools) -> Outcome:
    """The fields are restricted: it is granted. Whoever was faster leaves nothing to do."""
    assert isinstance(message.decision, Approve)
    if request.status is not Status.IN_REVIEW:
        refuse("not_in_review")
    if result.outcome not in {"done", "already"}:
        refuse(f"subject_{result.outcome}")
    review = review_of(request)
    refused = dict(message.decision.refused)
    mine = Approval(by=message.by.name, at=tools.now, refused=refused)
    approvals = (*(one for one in review.approvals if one.by != mine.by), mine)
    changed = review.model_copy(update={"approvals": approvals})
    granted = _granted(request, changed, message.id, of_desk(mine.by), tools)
    return Outcome(granted, reply=Reply(accepted=True, tracking=request.tracking))


def conclude_effect(request: Request, result: SubjectResult, tools: Tools) -> Outcome:
    """The same once the day is over; where nobody is there any more, the desk looks again."""
    review = review_of(request)
    if request.status is not Status.IN_REVIEW or not review.approvals:
        return Outcome(Transition("clock_stopped", "review", closes=("approved",)))
    if result.outcome not in {"done", "already"}:
        why = tuple(dict.fromkeys((*review.why, Why.SUBJECT_GONE)))
        again = {"why": why, "approvals": ()}
        return Outcome(
            Transition(
                what=f"approval_failed:{result.outcome}",
                by="review",
                changes={"review": review.model_copy(update=again)},
                closes=("approved",),
            )
        )
    return Outcome(_granted(request, review, tools.tokens.new_id(), "review", tools))


def _granted(request: Request, review: Review, proof_id: str, by: str, tools: Tools) -> Transition:
    resumed = waiting.resumed(request, review, tools.now)
    changes: dict[str, Any] = {**resumed.changes, "refused": review.approvals[-1].refused}
    if request.proof is None:
        changes["proof"] = ProofRecord(
            id=proof_id, route="review", number=0, at=tools.now, digest=request.digest
        )
    granted = request.model_copy(update={"refused": changes["refused"]})
    return Transition(
        what="approved",
        by=by,
        to=Status.VERIFIED,
        changes=changes,
        closes=("approved", "expiry", "challenge", "paused", *of_approval(request.steps)),
        opens=(next_step(granted, "review", tools), *resumed.opens, *evidence_goes(request, tools)),
        events=() if request.proof or not disputed(request) else ("restriction.applied",),
    )
