"""Correction: the new values stand in every copy, exactly once, and the restriction is lifted.

The effect carries its own proof of having been done (D2): a second delivery finds the request's
slot in the subject's control document and only moves the request on.
"""

from __future__ import annotations

from schemas.errors import PutOff
from schemas.guardianship import stopped_by_age
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Message
from schemas.request import FieldResult, Request, refused_results
from schemas.returning import subject_gone
from workers.ports import Correct, Done, Outcome, SubjectResult, Tools


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Declare the change; the runtime commits it together with those of the group."""
    assert request is not None, "a command names a request that exists"
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None, "verified requests have a subject"
    if request.began_at is None and (
        stopped := stopped_by_age(request, particulars, tools.now, "correction")
    ):
        return Outcome(stopped)
    values = {n: value for n, value in particulars.values.items() if n not in request.refused}
    return Outcome(effects=(Correct(request.id, particulars.subject, values, at=tools.now),))


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Applied, partly applied, or a reason why the database would not take it."""
    ((_, result),) = done
    assert isinstance(result, SubjectResult)
    timeout = tools.policy.step_timeout
    if result.outcome == "more":
        # A very long list of copies goes in steps; the rest follows by a message of its own.
        again = Opening("correction", timeout)
        began = {"began_at": request.began_at or tools.now}
        return Outcome(Transition("corrected_in_part", "correction", changes=began, opens=(again,)))
    if result.outcome == "gone":
        return Outcome(subject_gone(request, "correction", tools.now))
    if result.outcome not in {"done", "already"}:
        # Somebody else claimed the slot, or the database refuses: the deadline's alarm is running.
        raise PutOff(f"subject_{result.outcome}")
    places = result.places or {}
    return Outcome(
        Transition(
            what="corrected",
            by="correction",
            to=Status.APPLIED,
            changes={
                "applied_at": tools.now,
                "results": {
                    **{name: _result(places.get(name, 0)) for name in request.granted},
                    **refused_results(request),
                },
            },
            closes=("correction",),
            opens=(
                Opening("propagation", timeout),
                Opening("interim", tools.policy.interim_after, send=False),
            ),
            events=("restriction.lifted",),
        )
    )


def _result(places: int) -> FieldResult:
    return FieldResult(result="corrected" if places else "unchanged", places=places)
