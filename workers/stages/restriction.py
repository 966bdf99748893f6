"""Restriction: nobody uses or discloses what the person suspended, until the person lifts it.

The proof restricted it already; here the slot is claimed, so that it outlives the request. A
correction of the same field lifts its own restriction only, and so does the end of another
restriction; a deletion supersedes it. How it is lifted: `verification.lifting`.
"""

from __future__ import annotations

from schemas.errors import PutOff
from schemas.guardianship import stopped_by_age
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Message
from schemas.request import FieldResult, LiftCode, Request, refused_results
from schemas.returning import subject_gone
from workers.ports import Done, Outcome, SubjectResult, Suspend, Tools


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Declare what is suspended: the named fields, or all of the person's."""
    assert request is not None, "a command names a request that exists"
    particulars = await tools.sealer.open(request)
    subject = particulars.subject
    assert subject is not None, "verified requests have a subject"
    if stopped := stopped_by_age(request, particulars, tools.now, "restriction"):
        return Outcome(stopped)
    fields = request.granted or tuple(tools.datamap.subjects[subject.type].fields)
    return Outcome(effects=(Suspend(request.id, subject, fields),))


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """It stands; or somebody took it back first, which is being recorded."""
    ((_, result),) = done
    assert isinstance(result, SubjectResult)
    if result.outcome == "gone":
        return Outcome(subject_gone(request, "restriction", tools.now))
    if result.outcome not in {"done", "already"}:
        raise PutOff(f"subject_{result.outcome}")
    return Outcome(
        Transition(
            what="restricted",
            by="restriction",
            to=Status.APPLIED,
            changes={
                "applied_at": tools.now,
                "lift": LiftCode(),
                "results": {
                    **{name: FieldResult(result="restricted") for name in request.granted},
                    **refused_results(request),
                },
            },
            closes=("restriction",),
            opens=(
                Opening("propagation", tools.policy.step_timeout),
                Opening("interim", tools.policy.interim_after, send=False),
            ),
        )
    )
