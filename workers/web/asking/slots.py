"""Which inputs a field of the data map needs, and the value that is made of what was typed.

An object has an input for each part, a list of texts one input with a line for each, a list of
objects a few rows. What is typed is checked by the very rules that registration checks it by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from schemas.datamap import DataMap
from schemas.datamap.fields import DataField
from schemas.submission import Kind
from schemas.values import (
    ChoiceSpec,
    DateSpec,
    EmailSpec,
    FlagSpec,
    ListSpec,
    NumberSpec,
    ObjectSpec,
    PhoneSpec,
    TextSpec,
    ValueSpec,
)

ROWS: Final = 4
"""Rows of a list of objects."""
_FLAGS: Final = ("true", "false")


@dataclass(frozen=True, slots=True)
class Slot:
    """One input: a value, or a part of one."""

    name: str
    part: str | None
    """The data map's name of the part; None where the value is one input."""
    row: int | None
    spec: ValueSpec
    required: bool
    mates: tuple[str, ...] = ()
    """Inputs of the same row: where one of them is filled in, this one must be as well."""

    @property
    def lines(self) -> bool:
        """Whether each line is a value of its own."""
        return isinstance(self.spec, ListSpec)

    @property
    def kind(self) -> str:
        """How a browser helps to type it."""
        match self.spec:
            case EmailSpec():
                return "email"
            case PhoneSpec():
                return "tel"
            case DateSpec():
                return "date"
            case ChoiceSpec() | FlagSpec():
                return "choice"
            case ListSpec() | TextSpec(multiline=True):
                return "lines"
        return "text"

    @property
    def numeric(self) -> bool:
        """Whether a phone shows digits to type it with."""
        return isinstance(self.spec, NumberSpec)

    @property
    def options(self) -> tuple[str, ...]:
        """What can be chosen."""
        if isinstance(self.spec, ChoiceSpec):
            return tuple(self.spec.options)
        return _FLAGS

    def raw(self, typed: str) -> Any:
        """What was typed, as a channel publishes it."""
        if self.lines:
            return [line.strip() for line in typed.splitlines() if line.strip()]
        return typed


def slots(name: str, spec: ValueSpec) -> tuple[Slot, ...]:
    """The inputs of a field."""
    match spec:
        case ObjectSpec():
            return tuple(_parts(name, spec, None))
        case ListSpec(of=ObjectSpec() as of):
            rows = range(min(ROWS, spec.max_items))
            return tuple(slot for row in rows for slot in _parts(name, of, row))
    return (Slot(name, None, None, spec, required=True),)


def value_of(name: str, spec: ValueSpec, typed: Callable[[str], str]) -> Any:
    """The value, from what stands in each input."""
    inputs = slots(name, spec)
    if isinstance(spec, ObjectSpec):
        return _object(inputs, typed)
    if isinstance(spec, ListSpec) and isinstance(spec.of, ObjectSpec):
        rows = dict.fromkeys(slot.row for slot in inputs)
        made = (_object([s for s in inputs if s.row == row], typed) for row in rows)
        return [row for row in made if any(row.values())]
    (slot,) = inputs
    return slot.raw(typed(slot.name))


def correctable(datamap: DataMap) -> dict[str, DataField]:
    """The fields of which a person can ask the correction, in the order of the map."""
    found: dict[str, DataField] = {}
    for subject in datamap.subjects.values():
        for name, field in subject.fields.items():
            if field.correctable != "no" and not field.hashed:
                found.setdefault(name, field)
    return found


def choices(datamap: DataMap, kind: Kind) -> list[str]:
    """What a request of that kind can name."""
    if kind == "correction":
        return list(correctable(datamap))
    if kind not in {"deletion", "restriction", "objection"}:
        return []
    of = (s.purposes if kind == "objection" else s.fields for s in datamap.subjects.values())
    return list(dict.fromkeys(name for names in of for name in names))


def _parts(name: str, spec: ObjectSpec, row: int | None) -> Iterator[Slot]:
    prefix = f"{name}." if row is None else f"{name}.{row}."
    names = tuple(f"{prefix}{part}" for part in spec.parts)
    for part, inner in spec.parts.items():
        mates = names if row is not None and inner.required else ()
        required = inner.required and row is None
        yield Slot(f"{prefix}{part}", part, row, inner.value, required, mates)


def _object(inputs: Any, typed: Callable[[str], str]) -> dict[str, Any]:
    values = {slot.part: slot.raw(typed(slot.name)) for slot in inputs}
    return {part: value for part, value in values.items() if value}
