"""The ways to reach a person that are on file, best first."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final

from schemas.datamap import EACH
from schemas.errors import SealBroken, ValueRefused
from schemas.request import Contact
from schemas.values import check
from workers.adapters.subject_data.changes import Owner, leaf_positions, opened
from workers.adapters.subject_data.keys import key_text
from workers.adapters.subject_data.places import Leaf, Place, SubjectModel
from workers.adapters.subject_data.positions import (
    MISSING,
    Concrete,
    Position,
    Scope,
    positions,
    resolve,
    values,
)
from workers.adapters.subject_data.sessions import Document
from workers.adapters.subject_data.updates import Draft

_BEST: Final = ("mail", "phone", "post")
_YOUNGEST: Final = datetime.max.replace(tzinfo=UTC)


def contact_places(model: SubjectModel) -> list[Place]:
    """The places of the fields that reach a person."""
    places = (model.home_place(name) for name, field in model.fields.items() if field.contact)
    return [place for place in places if place is not None]


def contact_tops(model: SubjectModel) -> set[str]:
    """The top-level names that hold them, and since when."""
    tops = set().union(*(place.tops for place in contact_places(model)))
    for field in model.fields.values():
        if field.contact is not None and field.contact.since is not None:
            tops.add(field.contact.since.steps[0])
    return tops


def contacts(model: SubjectModel, document: Document, owner: Owner) -> tuple[Contact, ...]:
    """Mail before phone before post, older before younger; of unknown age counts as youngest."""
    found = [
        contact for place in contact_places(model) for contact in _at(model, place, document, owner)
    ]
    found.sort(key=lambda contact: (_BEST.index(contact.kind), contact.since or _YOUNGEST))
    return tuple(found)


def renew(  # noqa: PLR0913 - what has changed, where, and when
    place: Place,
    model: SubjectModel,
    document: Document,
    *,
    draft: Draft,
    changed: AbstractSet[Concrete],
    at: datetime | None,
) -> None:
    """A contact that has just changed is young: the time since when it is on file starts anew.

    Where something else than a time stands there, the contact is of unknown age, and stays so.
    """
    declared = model.fields[place.field].contact
    if at is None or declared is None or declared.since is None:
        return
    for leaf in place.leaves:
        scope = Scope.between(leaf.path, declared.since)
        for above in {one[: scope.shared] for one in changed if _is_of(leaf, one)}:
            for found in positions(resolve(document, above), scope.rest):
                if found.value is MISSING or isinstance(found.value, datetime):
                    there = Position(
                        (*above, *found.at), found.value, len(above) + found.depth, found.null
                    )
                    draft.put(there, at)


def _is_of(leaf: Leaf, changed: Concrete) -> bool:
    """Whether what changed stands where this leaf is, or is an object around it."""
    steps = [step if isinstance(step, str) else EACH for step in changed]
    return tuple(steps) == leaf.path.steps[: len(steps)]


def _at(model: SubjectModel, place: Place, document: Document, owner: Owner) -> Iterator[Contact]:
    declared = model.fields[place.field].contact
    assert declared is not None, "only contacts come here"

    def holds(raw: Any) -> bool:
        return key_text(raw, model.key_type) == owner.text

    lines: dict[tuple[str | int, ...], list[str]] = {}
    since: datetime | None = None
    for leaf in place.leaves:
        for position in leaf_positions(leaf, document, owner.text, holds):
            text = _text(place, leaf, position, owner)
            if text is not None:
                element = position.at[: len(place.placement.path.steps)]
                lines.setdefault(element, []).append(text)
            if declared.since is not None:
                scope = Scope.between(leaf.path, declared.since)
                above = resolve(document, position.at[: scope.shared])
                times = (t for t in values(above, scope.rest) if isinstance(t, datetime))
                since = next(times, since)
    for parts in lines.values():
        yield Contact(kind=declared.kind, value=" ".join(parts), since=since)


def _text(place: Place, leaf: Leaf, position: Position, owner: Owner) -> str | None:
    """The stored text in its canonical spelling; None where it is nothing that reaches anybody."""
    if position.value in (MISSING, None):
        return None
    try:
        made = check(leaf.spec, opened(place, leaf, position.value, owner))
    except (ValueRefused, SealBroken):
        return None
    return None if made is None else str(made)
