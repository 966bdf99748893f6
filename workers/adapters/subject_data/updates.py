"""Changes of one document as one conditional update: pure.

Elements of arrays are told by what stands in them, not by their position: an application may have
put others before them, or sorted them, since they were read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import bson
from bson import ObjectId
from pymongo import UpdateOne

from schemas.errors import ValueRefused
from workers.adapters.subject_data.positions import MISSING, Concrete, Position

_PLAIN: Final = (str, int, float, bytes, datetime, ObjectId)
"""Values that a query compares as they are."""

BY_ID: Final[Mapping[str, int]] = {"_id": 1}
"""The index that finds it: else the server tries those of the other conditions first, each time."""

Condition = tuple[str, Any]
"""A path below an element (or the document), and what must stand there."""


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
        changed = [*self.sets, *self.unsets]
        names = [step for at in changed for step in at if isinstance(step, str)]
        if any("." in name or name.startswith("$") for name in names):
            return self._by_expression()
        in_arrays = len(names) < sum(map(len, changed))
        elements = _told_apart(changed, self.expects) if in_arrays else None
        path = elements.path if elements else dotted
        update: dict[str, Any] = {}
        if self.sets:
            update["$set"] = {path(at): value for at, value in self.sets.items()}
        if self.unsets:
            update["$unset"] = {path(at): True for at in self.unsets}
        if elements:
            query = _query(_below(self.expects, ()))
        else:
            query = {dotted(at): _stands(old) for at, old in self.expects.items()}
        query["_id"] = self.id
        filters = elements.filters if elements else None
        return UpdateOne(query, update, array_filters=filters, hint=BY_ID)

    def _by_expression(self) -> UpdateOne:
        """For names that a dotted path cannot say, such as an e-mail address as a key."""
        stands = [_equals(at, old) for at, old in self.expects.items()]
        changes: dict[str, Any] = {}
        for at, value in [*self.sets.items(), *((at, MISSING) for at in self.unsets)]:
            top = str(at[0])
            changes[top] = _with(changes.get(top, _field("$$ROOT", top)), at[1:], value)
        made: Any = "$$ROOT"
        for top, value in changes.items():
            made = {"$setField": {"field": {"$literal": top}, "input": made, "value": value}}
        query = {"_id": self.id, "$expr": {"$and": stands}}
        return UpdateOne(query, [{"$replaceWith": made}], hint=BY_ID)


def dotted(at: Sequence[str | int]) -> str:
    """A concrete place as text."""
    try:
        return ".".join(at)  # type: ignore[arg-type]  # names alone, nearly always
    except TypeError:
        return ".".join(map(str, at))


@dataclass(frozen=True, slots=True)
class _Elements:
    """The identifiers of the elements that change, and the filters that tell them."""

    names: Mapping[Concrete, str]
    filters: list[Mapping[str, Any]]

    def path(self, at: Concrete) -> str:
        """The place as an update names it."""
        return _path(at, self.names)


def _told_apart(changed: Sequence[Concrete], expects: Mapping[Concrete, Any]) -> _Elements | None:
    """None where there are no elements, or where one could pass for another.

    Two elements of one array that change differently are addressed by position, which the
    conditions still guard.
    """
    names: dict[Concrete, str] = {}
    known: dict[bytes, str] = {}
    arrays: dict[str, str] = {}
    filters: list[Mapping[str, Any]] = []
    for element in sorted({above for at in changed for above in _elements(at)}, key=len):
        array = _path(element[:-1], names)
        conditions = _below(expects, element)
        told = bson.encode({"array": array, "by": [list(one) for one in conditions]})
        name = known.setdefault(told, f"e{len(known)}")
        if not conditions or arrays.setdefault(array, name) != name:
            return None
        if len(filters) < len(known):
            filters.append(_query(conditions, name))
        names[element] = name
    return _Elements(names, filters) if names else None


def _elements(at: Concrete) -> Iterator[Concrete]:
    """Every array element that the place lies in, or is."""
    return (at[: depth + 1] for depth, step in enumerate(at) if isinstance(step, int))


def _path(at: Concrete, names: Mapping[Concrete, str]) -> str:
    elements = (at[: depth + 1] for depth in range(len(at)))
    steps = zip(at, elements, strict=True)
    return dotted([f"$[{names[above]}]" if above in names else step for step, above in steps])


def _below(expects: Mapping[Concrete, Any], above: Concrete) -> list[Condition]:
    """What must stand below this element, or below the document."""
    made: list[Condition] = []
    inner: dict[Concrete, None] = {}
    for at, old in expects.items():
        if at[: len(above)] != above:
            continue
        rest = at[len(above) :]
        cut = next((depth for depth, step in enumerate(rest) if isinstance(step, int)), None)
        if cut is None:
            made.append((dotted(rest), _stands(old)))
        else:
            inner[at[: len(above) + cut + 1]] = None
    for element in inner:
        conditions = _below(expects, element)
        itself = len(conditions) == 1 and not conditions[0][0]
        match = _as_operator(conditions[0][1]) if itself else _query(conditions)
        made.append((dotted(element[len(above) : -1]), {"$elemMatch": match}))
    return made


def _as_operator(stands: Any) -> Any:
    return {"$eq": stands} if isinstance(stands, _PLAIN) else stands


def _query(conditions: Sequence[Condition], name: str = "") -> dict[str, Any]:
    """All the conditions together, each path below the identifier `name`."""
    named = [(".".join(filter(None, (name, path))), stands) for path, stands in conditions]
    made = dict(named)
    return made if len(made) == len(named) else {"$and": [{path: one} for path, one in named]}


def _nest(made: Any, below: Concrete, value: Any) -> None:
    for step in below[:-1]:
        made = made.setdefault(step, {})
    made[below[-1]] = value


def _stands(old: Any) -> Any:
    if isinstance(old, _PLAIN):
        return old
    if old is MISSING:
        return {"$exists": False}
    return {"$type": "null"} if old is None else {"$eq": old}


def _equals(at: Concrete, old: Any) -> dict[str, Any]:
    there: Any = "$$ROOT"
    for step in at:
        in_array = isinstance(step, int)
        there = {"$arrayElemAt": [there, step]} if in_array else _field(there, str(step))
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
