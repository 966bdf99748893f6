"""What one document holds of one person, as a package shows it: pure, documents in, records out.

Only mapped paths are read, and of a document that belongs to several people only this person's
elements: whatever else stands there is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from schemas.datamap import DataField
from schemas.errors import SealBroken
from schemas.package import PackagedRecord, PackagedValue
from schemas.values import ChoiceSpec, DateSpec, ListSpec, ObjectSpec, ValueSpec, mask
from workers.adapters.subject_data.changes import Owner, Test, leaf_positions, opened
from workers.adapters.subject_data.current import plain
from workers.adapters.subject_data.places import Leaf, Place
from workers.adapters.subject_data.positions import MISSING, Concrete, values
from workers.adapters.subject_data.sessions import Document

_SEALED: Final = object()
"""Stands for a value that does not open."""


def record_of(  # noqa: PLR0913 - a document, whose it is, and by what map
    collection: str,
    places: Iterable[tuple[Place, DataField]],
    document: Document,
    owner: Owner,
    holds: Test,
    *,
    at: Any = None,
) -> PackagedRecord | None:
    """The person's part of the document; None where there is nothing of it."""
    found = tuple(
        value
        for place, field in places
        for value in _values(place, field, document, owner, holds=holds)
    )
    if not found:
        return None
    moment = _moment(at) if isinstance(at, datetime) else None
    return PackagedRecord(collection=collection, at=moment, values=found)


def _values(
    place: Place, field: DataField, document: Document, owner: Owner, *, holds: Test
) -> Iterator[PackagedValue]:
    """One for each place to which the path leads; the parts of an object come together."""
    depth = len(place.placement.path.steps)
    found: dict[Concrete, dict[str | None, Any]] = {}
    for leaf in place.leaves:
        for position in leaf_positions(leaf, document, owner.text, holds):
            if position.value is not MISSING and position.value is not None:
                value = _shown(place, leaf, position.value, owner, masked=field.export == "masked")
                found.setdefault(position.at[:depth], {})[leaf.part] = value
    path = str(place.placement.path)
    for parts in found.values():
        broken = _SEALED in parts.values()
        value = parts.get(None) if None in parts else parts
        yield PackagedValue(
            field=place.field, path=path, value=None if broken else value, unreadable=broken
        )


def _shown(place: Place, leaf: Leaf, stored: Any, owner: Owner, *, masked: bool) -> Any:
    try:
        value = opened(place, leaf, stored, owner)
    except SealBroken:
        return _SEALED
    if place.placement.sealed and isinstance(value, bytes):
        return _SEALED
    told = _told(leaf.spec, value, leaf.zone)
    return mask(leaf.spec, told, part=leaf.part is not None) if masked else told


def _told(spec: ValueSpec, value: Any, zone: str) -> Any:
    """As JSON has it: days for dates, words for choices, of objects what the map declares."""
    match spec, value:
        case DateSpec(), datetime():
            return plain(value, spec.zone)
        case _, datetime():
            return _moment(value)
        case ChoiceSpec(), _:
            return next((word for word, stored in spec.options.items() if stored == value), value)
        case ListSpec(), list():
            return [_told(spec.of, element, zone) for element in value]
        case ObjectSpec(), dict():
            return {
                name: _told(part.value, below, zone)
                for name, part in spec.parts.items()
                for below in values(value, part.path.steps)
                if below is not None
            }
        case _:
            return plain(value, zone or "UTC")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
