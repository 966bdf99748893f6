"""A correction as it changes one document: pure, documents in, conditional updates out.

Only mapped paths are `$set` or `$unset`, each with its old value in the filter, array elements by a
position whose key is in the filter as well: what an application changes beside us is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bson import Decimal128, Int64
from pymongo import UpdateOne

from schemas.errors import SealBroken, ValueRefused
from schemas.values import restore_type
from workers.adapters.subject_data.places import Leaf, Place
from workers.adapters.subject_data.positions import (
    MISSING,
    Concrete,
    Position,
    Scope,
    positions,
    resolve,
)
from workers.adapters.subject_data.sealing import Seal

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Owner:
    """The subject whose places are judged: its key as text, and what opens its sealed values."""

    text: str
    seal: Seal | None = None
    blind_index: Callable[[str, Any], bytes | None] = lambda _field, _value: None


@dataclass(slots=True)
class Draft:
    """What is to change in one document, and what must still stand there when it does."""

    id: Any
    sets: dict[Concrete, Any] = field(default_factory=dict)
    unsets: set[Concrete] = field(default_factory=set)
    expects: dict[Concrete, Any] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)

    def put(self, position: Position, value: Any) -> None:
        """Replace what stands there; below a null the whole object is written."""
        if not position.null:
            self.expects[position.at] = position.value
            self.sets[position.at] = value
            return
        above = position.at[: position.depth]
        self.expects[above] = None
        _nest(self.sets.setdefault(above, {}), position.at[position.depth :], value)

    def drop(self, position: Position) -> None:
        """Take away what stands there."""
        self.expects[position.at] = position.value
        self.unsets.add(position.at)

    def update(self) -> UpdateOne:
        """The conditional update; it matches nothing where an expectation fails."""
        names = (str(step) for at in (*self.sets, *self.unsets) for step in at)
        if any("." in name or name.startswith("$") for name in names):
            return self._update_by_expression()
        update: dict[str, Any] = {}
        if self.sets:
            update["$set"] = {dotted(at): value for at, value in self.sets.items()}
        if self.unsets:
            update["$unset"] = {dotted(at): True for at in self.unsets}
        expected = {dotted(at): _stands(old) for at, old in self.expects.items()}
        return UpdateOne({"_id": self.id, **expected}, update)

    def _update_by_expression(self) -> UpdateOne:
        """For names that a dotted path cannot say, such as an e-mail address as a key."""
        stands = [_equals(at, old) for at, old in self.expects.items()]
        changes: dict[str, Any] = {}
        for at, value in [*self.sets.items(), *((at, MISSING) for at in self.unsets)]:
            top = str(at[0])
            changes[top] = _with(changes.get(top, _field("$$ROOT", top)), at[1:], value)
        return UpdateOne(
            {"_id": self.id, "$expr": {"$and": stands}},
            [{"$replaceWith": _merged(changes)}],
        )


def correct(  # noqa: PLR0913 - a place, a document, and whose it is
    place: Place, document: Any, owner: Owner, holds: Test, value: Any, draft: Draft
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
            changed |= _change(place, leaf, document, position, owner, new, draft)
        if not found and new is not None and place.placement.home:
            raise ValueRefused("no_place")
    if changed:
        draft.fields.add(place.field)


def leaf_positions(leaf: Leaf, document: Any, key: str, holds: Test) -> list[Position]:
    """The leaf's positions in this document that are the subject's, by link and by `where`."""
    return [
        position
        for position in positions(document, leaf.steps, key)
        if leaf.link.holds(document, position, holds, key)
        and all(_where(scope, document, position, value) for scope, value in leaf.where)
    ]


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


def convert(existing: Any, new: Any) -> Any:
    """The driver's own number types; an ObjectId or a binary is never replaced by a text."""
    if isinstance(existing, Int64):
        return Int64(restore_type(0, new))
    if isinstance(existing, Decimal128):
        return Decimal128(str(new if isinstance(new, int | float) else restore_type(0, new)))
    raise ValueRefused("type_mismatch")


def dotted(at: Concrete) -> str:
    """A concrete place as an update names it."""
    return ".".join(map(str, at))


def _where(scope: Scope, document: Any, position: Position, value: Any) -> bool:
    if value is None:
        return not scope.holds(document, position, lambda found: found is not None)
    return scope.holds(
        document,
        position,
        lambda found: found == value and (type(found) is bool) == (type(value) is bool),
    )


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
    _guard_element(leaf, document, position, draft)
    if leaf.blind is not None:
        _index(place, leaf, document, position, owner, new, draft)
    return True


def _before(place: Place, leaf: Leaf, stored: Any, owner: Owner) -> Any:
    """What stands there, in clear; None where nothing does, or nothing that opens."""
    if stored is MISSING:
        return None
    try:
        return opened(place, leaf, stored, owner)
    except SealBroken:
        return None


def _guard_element(leaf: Leaf, document: Any, position: Position, draft: Draft) -> None:
    """An element of an array is addressed by number: it must still be that person's element."""
    if not leaf.link.shared:
        return
    above = position.at[: leaf.link.shared]
    for anchor in positions(resolve(document, above), leaf.link.rest):
        if anchor.value is not MISSING and not isinstance(anchor.value, dict | list):
            draft.expects.setdefault((*above, *anchor.at), anchor.value)


def _index(  # noqa: PLR0913 - as above
    place: Place,
    leaf: Leaf,
    document: Any,
    position: Position,
    owner: Owner,
    new: Any,
    draft: Draft,
) -> None:
    assert leaf.blind is not None
    scope = Scope.between(leaf.path, leaf.blind)
    above = position.at[: scope.shared]
    digest = None if new is None else owner.blind_index(place.field, new)
    for index in positions(resolve(document, above), scope.rest):
        there = Position((*above, *index.at), index.value, len(above) + index.depth, index.null)
        if digest is not None:
            draft.put(there, digest)
        elif index.value is not MISSING:
            draft.drop(there)


def _nest(made: Any, below: Concrete, value: Any) -> None:
    for step in below[:-1]:
        made = made.setdefault(step, {})
    made[below[-1]] = value


def _stands(old: Any) -> Mapping[str, Any]:
    if old is MISSING:
        return {"$exists": False}
    return {"$type": "null"} if old is None else {"$eq": old}


def _equals(at: Concrete, old: Any) -> dict[str, Any]:
    there: Any = "$$ROOT"
    for step in at:
        if isinstance(step, int):
            there = {"$arrayElemAt": [there, step]}
        else:
            there = _field(there, step)
    if old is MISSING:
        return {"$eq": [{"$type": there}, "missing"]}
    return {"$eq": [there, {"$literal": old}]}


def _field(of: Any, name: str) -> dict[str, Any]:
    return {"$getField": {"field": {"$literal": name}, "input": of}}


def _with(node: Any, below: Concrete, value: Any) -> Any:
    """An expression for `node` with that value below it; the rest of it is the document's own."""
    if not below:
        return {"$literal": value}
    step, *rest = below
    if isinstance(step, int):
        raise ValueRefused("no_place")  # such a name inside an array: no operator writes that
    name = {"$literal": step}
    if value is MISSING and not rest:
        return {"$unsetField": {"field": name, "input": node}}
    inner = _with(_field(node, step), tuple(rest), value)
    return {"$setField": {"field": name, "input": node, "value": inner}}


def _merged(changes: Mapping[str, Any]) -> Any:
    made: Any = "$$ROOT"
    for top, value in changes.items():
        made = {"$setField": {"field": {"$literal": top}, "input": made, "value": value}}
    return made
