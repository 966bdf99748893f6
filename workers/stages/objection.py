"""Objection: the consent to each named purpose is withdrawn in every copy, exactly once.

Identifiers that exist for the purpose alone, such as those of cookies, go with it as the data map
says. Nothing is disputed by an objection, so nothing is restricted meanwhile.
"""

from __future__ import annotations

from schemas.errors import PutOff
from schemas.guardianship import stopped_by_age
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Message
from schemas.request import FieldResult, Request, refused_results
from schemas.returning import subject_gone
from workers.ports import Done, Outcome, SubjectResult, Tools, WithdrawConsent


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Declare the withdrawal: of the named purposes, or of all that the map has."""
    assert request is not None and request.proof is not None, "only what is proven is applied"
    particulars = await tools.sealer.open(request)
    subject = particulars.subject
    assert subject is not None, "verified requests have a subject"
    if request.began_at is None and (
        stopped := stopped_by_age(request, particulars, tools.now, "objection")
    ):
        return Outcome(stopped)
    purposes = request.granted or tuple(tools.datamap.subjects[subject.type].purposes)
    # The moment of the proof, not of this try: a step of many commits writes one and the same time.
    effect = WithdrawConsent(request.id, subject, purposes, request.proof.at)
    return Outcome(effects=(effect,))


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Withdrawn, in part, or a reason why the database would not take it."""
    ((effect, result),) = done
    assert isinstance(effect, WithdrawConsent) and isinstance(result, SubjectResult)
    timeout = tools.policy.step_timeout
    if result.outcome == "more":
        again = Opening("objection", timeout)
        began = {"began_at": request.began_at or tools.now}
        part = Transition("withdrawn_in_part", "objection", changes=began, opens=(again,))
        return Outcome(part)
    if result.outcome == "gone":
        return Outcome(subject_gone(request, "objection", tools.now))
    if result.outcome not in {"done", "already"}:
        raise PutOff(f"subject_{result.outcome}")
    places = result.places or {}
    return Outcome(
        Transition(
            what="consent_withdrawn",
            by="objection",
            to=Status.APPLIED,
            changes={
                "applied_at": tools.now,
                "results": {
                    **{name: _result(places.get(name, 0)) for name in effect.purposes},
                    **refused_results(request),
                },
            },
            closes=("objection",),
            opens=(
                Opening("propagation", timeout),
                Opening("interim", tools.policy.interim_after, send=False),
            ),
        )
    )


def _result(places: int) -> FieldResult:
    """`unchanged`: the consent had never been given, or was withdrawn before."""
    return FieldResult(result="withdrawn" if places else "unchanged", places=places)
