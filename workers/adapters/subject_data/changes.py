"""A correction as it changes one document: pure, documents in, drafts of updates out.

Only mapped paths change, each with its old value to be compared, and with what made it the
subject's: what an application changes beside us is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bson import Decimal128, Int64

from schemas.errors import SealBroken, ValueRefused
from schemas.values import restore_type
from workers.adapters.subject_data.keys import identity
from workers.adapters.subject_data.places import Leaf, Place
from workers.adapters.subject_data.positions import (
    MISSING,
    Position,
    Scope,
    positions,
    resolve,
)
from workers.adapters.subject_data.sealing import Seal
from workers.adapters.subject_data.updates import Draft

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Owner:
    """The subject whose places are judged: its key as text, and what opens its sealed values."""

    text: str
    seal: Seal | None = None
    blind_index: Callable[[str, Any], bytes | None] = lambda _field, _value: None


def correct(  # noqa: PLR0913 - a place, a document, and whose it is
    place: Place, document: Any, owner: Owner, holds: Test, *, value: Any, draft: Draft
) -> None:
    """Bring one place to the field's canonical value; `ValueRefused` where that cannot be.

    Home places that are not there yet are made, copies only changed where one stands.
    """
    wanted = place.placement.expected(value)
    changed = False
    for leaf in place.leaves:
        new = wanted if leaf.part is None else wanted.get(leaf.part)
        found = False
        for position in leaf_positions(leaf, document, owner.text, holds):
            if position.value is MISSING and not _may_make(place, position):
                continue
            found = True
            changed |= _change(place, leaf, document, position, owner=owner, new=new, draft=draft)
        if not found and new is not None and place.placement.home:
            raise ValueRefused("no_place")
    if changed:
        draft.fields.add(place.field)


def leaf_positions(leaf: Leaf, document: Any, key: str, holds: Test) -> list[Position]:
    """The leaf's positions that are the subject's, by link and by `where`.

    The document is known to be the subject's; of its elements the link says which are.
    """
    found = positions(document, leaf.steps, key)
    if leaf.link.shared:
        found = (place for place in found if leaf.link.holds(document, place, holds, key))
    return list(narrowed(leaf, document, found))


def narrowed(leaf: Leaf, document: Any, found: Iterable[Position]) -> Iterable[Position]:
    """Those of the positions that `where` leaves."""
    for scope, value in leaf.where:
        found = _where(scope, document, found, value)
    return found


def opened(place: Place, leaf: Leaf, stored: Any, owner: Owner) -> Any:
    """The value in clear; what is not sealed (yet) as it is. `SealBroken` where it was altered."""
    if place.placement.sealed and isinstance(stored, bytes) and owner.seal is not None:
        return owner.seal.open(stored, place.placement.collection, str(leaf.path))
    return stored


def sealed(place: Place, leaf: Leaf, value: Any, owner: Owner) -> Any:
    """What stands in the document for this value."""
    if not place.placement.sealed:
        return value
    assert owner.seal is not None, "a sealed place is only touched with its key at hand"
    return owner.seal.seal(value, place.placement.collection, str(leaf.path))


def guard(leaf: Leaf, document: Any, position: Position, draft: Draft) -> None:
    """What made the place the subject's must still stand when it is changed."""
    for scope in leaf.guards:
        above = position.at[: scope.shared]
        for there in positions(resolve(document, above), scope.rest):
            if not there.null and not isinstance(there.value, dict | list):
                draft.expects.setdefault((*above, *there.at), there.value)


def convert(existing: Any, new: Any) -> Any:
    """The driver's own number types; an ObjectId or a binary is never replaced by a text."""
    if isinstance(existing, Int64):
        return Int64(restore_type(0, new))
    if isinstance(existing, Decimal128):
        return Decimal128(str(new if isinstance(new, int | float) else restore_type(0, new)))
    raise ValueRefused("type_mismatch")


def index(  # noqa: PLR0913 - as above
    place: Place,
    leaf: Leaf,
    document: Any,
    position: Position,
    *,
    owner: Owner,
    new: Any,
    draft: Draft,
) -> None:
    """The digest beside a value goes with it; None, or what can be nobody's, has no digest."""
    assert leaf.blind is not None
    scope = Scope.between(leaf.path, leaf.blind)
    above = position.at[: scope.shared]
    digest = None if new is None else owner.blind_index(place.field, new)
    for digested in positions(resolve(document, above), scope.rest):
        there = Position(
            (*above, *digested.at), digested.value, len(above) + digested.depth, digested.null
        )
        if digest is not None:
            draft.put(there, digest)
        elif digested.value is not MISSING:
            draft.drop(there)


def _where(
    scope: Scope, document: Any, found: Iterable[Position], value: Any
) -> Iterator[Position]:
    if value is None:
        return (p for p in found if not scope.holds(document, p, lambda there: there is not None))
    wanted = identity(value)
    return (p for p in found if scope.holds(document, p, lambda there: identity(there) == wanted))


def _may_make(place: Place, position: Position) -> bool:
    """A home may get what it lacks, a copy only a missing part of an object that stands there."""
    if place.placement.home:
        return True
    return bool(place.placement.parts) and position.depth >= len(place.placement.path.steps)


def _change(  # noqa: PLR0913 - as above
    place: Place,
    leaf: Leaf,
    document: Any,
    position: Position,
    *,
    owner: Owner,
    new: Any,
    draft: Draft,
) -> bool:
    if new is None:
        if position.value in (MISSING, None):
            return False
        draft.drop(position)
    else:
        before = _before(place, leaf, position.value, owner)
        made = restore_type(before, new, zone=leaf.zone, convert=convert)
        already = not place.placement.sealed or isinstance(position.value, bytes)
        if made == before and already:
            return False
        draft.put(position, sealed(place, leaf, made, owner))
    guard(leaf, document, position, draft)
    if leaf.blind is not None:
        index(place, leaf, document, position, owner=owner, new=new, draft=draft)
    return True


def _before(place: Place, leaf: Leaf, stored: Any, owner: Owner) -> Any:
    """What stands there, in clear; None where nothing does, or nothing that opens."""
    if stored is MISSING:
        return None
    try:
        return opened(place, leaf, stored, owner)
    except SealBroken:
        return None
