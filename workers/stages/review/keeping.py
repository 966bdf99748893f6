"""What the desk keeps with a request: evidence, notes, whom it is about, and who looked at it."""

from __future__ import annotations

from typing import Any

from schemas.actors import of_desk
from schemas.errors import ValueRefused
from schemas.lifecycle import Transition
from schemas.messages import Decide
from schemas.request import Note, Request
from schemas.review import AddExhibit, AddNote, Exhibit, Match, Reveal, Review
from workers.ports import DestroyExhibits, Outcome, Reply, Tools
from workers.stages.review.rights import refuse, review_of

MOST_EXHIBITS = 20


async def add_exhibit(message: Decide, request: Request, tools: Tools) -> Outcome:
    """The file lies sealed already; what somebody was shown is described in a note."""
    decision = message.decision
    assert isinstance(decision, AddExhibit)
    review = request.review or Review(why=(), opened_at=tools.now)
    if review.exhibits_destroyed_at is not None:
        review = review.model_copy(update={"exhibits": (), "exhibits_destroyed_at": None})
    if len(review.exhibits) >= MOST_EXHIBITS:
        refuse("too_much_evidence")
    exhibit = Exhibit(id=decision.id, by=message.by.name, at=tools.now, size=decision.size)
    changes: dict[str, Any] = {
        "review": review.model_copy(update={"exhibits": (*review.exhibits, exhibit)})
    }
    if decision.seen:
        changes["sealed"] = await _noted(message, request, decision.seen, decision.id, tools)
    return _kept("evidence_added", message, request, changes)


async def add_note(message: Decide, request: Request, tools: Tools) -> Outcome:
    """Free text is personal data: it is sealed with the rest."""
    assert isinstance(message.decision, AddNote)
    sealed = await _noted(message, request, message.decision.text, None, tools)
    return _kept("noted", message, request, {"sealed": sealed})


async def _noted(
    message: Decide, request: Request, text: str, exhibit: str | None, tools: Tools
) -> bytes:
    particulars = await tools.sealer.open(request)
    note = Note(by=message.by.name, at=tools.now, text=text, exhibit=exhibit)
    noted = particulars.model_copy(update={"notes": (*particulars.notes, note)})
    return await tools.sealer.seal(request.id, noted)


async def match(message: Decide, request: Request, tools: Tools) -> Outcome:
    """Nobody was found by what the request says, but somebody of the desk knows whom it means."""
    assert isinstance(message.decision, Match)
    particulars = await tools.sealer.open(request)
    if particulars.subject is not None:
        refuse("matched_already")
    try:
        person = await tools.subjects.find(message.decision.identifiers)
    except ValueRefused:
        person = None
    if person is None or any(
        not tools.datamap.has(request.kind, person.ref.type, name) for name in request.fields
    ):
        refuse("no_such_person")
    # What a guardian asked for is no word to the child's own contact.
    # The right ends with the age all the same.
    own = request.relation != "guardian"
    contact = next(iter(person.contacts), None) if own else None
    guardian = None if own else await tools.subjects.guardianship(person.ref)
    known = particulars.model_copy(
        update={
            "subject": person.ref,
            "contact": contact,
            "contacts": person.contacts,
            "lapses_at": guardian.lapses_at if guardian else None,
        }
    )
    changes = {
        "subject": person.pseudonym,
        "subject_type": person.ref.type,
        "sealed": await tools.sealer.seal(request.id, known),
    }
    return _kept("matched", message, request, changes)


async def reveal(message: Decide, request: Request, tools: Tools) -> Outcome:
    """On record before anything is shown."""
    assert isinstance(message.decision, Reveal)
    return _kept(f"revealed:{message.decision.purpose}", message, request, {})


def _kept(what: str, message: Decide, request: Request, changes: dict[str, Any]) -> Outcome:
    return Outcome(
        Transition(what, of_desk(message.by.name), changes=changes),
        reply=Reply(accepted=True, tracking=request.tracking),
    )


async def destroy(request: Request, tools: Tools) -> Outcome:
    """Its key first, so that no backup opens it once the epoch is gone."""
    return Outcome(effects=(DestroyExhibits(request.id),))


def conclude_destroyed(request: Request, tools: Tools) -> Outcome:
    """It is gone; that it was there stays on record."""
    review = review_of(request)
    if not review.exhibits:
        return Outcome(Transition("no_evidence_left", "review", closes=("evidence",)))
    changed = review.model_copy(update={"exhibits_destroyed_at": tools.now})
    return Outcome(
        Transition(
            "evidence_destroyed", "review", changes={"review": changed}, closes=("evidence",)
        )
    )
