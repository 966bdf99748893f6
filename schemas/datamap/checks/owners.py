"""No value belongs to two fields: otherwise a correction of one would silently change the other."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from schemas.datamap.placements import Placement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.datamap.base import Scalar
    from schemas.datamap.map import DataMap
    from schemas.path import Path

    Fault = tuple[str, str]


def owner_faults(datamap: DataMap) -> Iterator[Fault]:
    """Compare every two places in each collection, blind indexes included."""
    for collection in datamap.collections:
        places = datamap.placements_in(collection)
        for one, other in combinations(places, 2):
            if _same_owner(one, other):
                if _same_place(one, other):
                    yield _name(other), f"the copy in {collection!r} at '{other.path}' stands twice"
            elif overlap(one.paths, other.paths) and not _apart(one, other):
                yield _name(other), f"'{other.path}' in {collection!r} belongs to {_name(one)} too"
    for subject, declared in datamap.subjects.items():
        owned = [(path, place) for place in datamap.placements_in(declared.home)
                 for path in place.paths]  # fmt: skip
        for name, field in declared.fields.items():
            index = field.blind_index
            for path, place in owned:
                if index is not None and overlap((index,), (path,)):
                    where = f"subjects.{subject}.fields.{name}.blind_index"
                    yield where, f"'{index}' belongs to {_name(place)} too"
                    break


def _name(place: Placement) -> str:
    return f"subjects.{place.subject}.fields.{place.field}"


def _same_owner(one: Placement, other: Placement) -> bool:
    return (one.subject, one.field) == (other.subject, other.field)


def _same_place(one: Placement, other: Placement) -> bool:
    if one.part != other.part:
        return one.path == other.path
    return (one.path, one.link, one.where) == (other.path, other.link, other.where)


def overlap(ones: tuple[Path, ...], others: tuple[Path, ...]) -> bool:
    """Whether one of these paths is one of those, or lies above or below it."""
    return any(one.starts_with(two) or two.starts_with(one) for one in ones for two in others)


def _apart(one: Placement, other: Placement) -> bool:
    """Whether conditions or links keep two places from ever being the same value."""
    if one.subject != other.subject and one.link != other.link:
        return True
    return _contradict(one.where, other.where)


def _contradict(one: Mapping[Path, Scalar], other: Mapping[Path, Scalar]) -> bool:
    return any(path in other and other[path] != value for path, value in one.items())
