"""What is to be turned from plain to sealed, or back, and how one document changes by it: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import bson
from bson.errors import InvalidBSON

from schemas.datamap import SUBJECT_KEY
from schemas.errors import SealBroken, ValueRefused
from schemas.values import check
from workers.adapters.subject_data.changes import (
    Owner,
    Test,
    guard,
    index,
    leaf_positions,
    narrowed,
    opened,
    sealed,
)
from workers.adapters.subject_data.current import plain
from workers.adapters.subject_data.owners import Found
from workers.adapters.subject_data.places import Leaf, Place, Site, SubjectModel
from workers.adapters.subject_data.positions import MISSING, Position, positions, values
from workers.adapters.subject_data.sessions import Document
from workers.adapters.subject_data.ties import Ties
from workers.adapters.subject_data.updates import Draft
from workers.ports.conversion import Converted


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value of the field stands in one document."""

    place: Place
    leaf: Leaf
    position: Position

    @property
    def is_sealed(self) -> bool:
        """Whether bytes stand there: in a sealed place they are taken for a sealed value."""
        return isinstance(self.position.value, bytes)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One field of one subject type, and in which direction."""

    model: SubjectModel
    field: str
    undo: bool
    dry_run: bool
    sites: tuple[tuple[Site, tuple[Place, ...]], ...]
    tallies: Mapping[str, Converted]

    def tally(self, site: Site) -> Converted:
        """The counts of the site's collection."""
        return self.tallies[site.collection]


@dataclass(frozen=True, slots=True)
class Group:
    """Some people of a page, by number: who they are, and who of them is left alone, and why."""

    keys: Mapping[int, str]
    ties: Ties
    blocked: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Work:
    """What is to change in one document for one person."""

    number: int
    document: Document
    spots: tuple[Spot, ...]


def spots(place: Place, document: Document, key: str, holds: Test) -> Iterator[Spot]:
    """All values of one subject that stand there, in whichever form."""
    for leaf in place.leaves:
        for position in leaf_positions(leaf, document, key, holds):
            if position.value is not MISSING and position.value is not None:
                yield Spot(place, leaf, position)


def seal_spot(spot: Spot, document: Document, owner: Owner, draft: Draft) -> bool:
    """Seal the value in the type it has; whether it has (or needs) no digest to be found by.

    `ValueRefused("not_kept")` where it would not be opened as the same value again.
    """
    place, leaf, position = spot.place, spot.leaf, spot.position
    made = sealed(place, leaf, position.value, owner)
    try:
        again = bson.encode({"": opened(place, leaf, made, owner)})
    except (InvalidBSON, OverflowError, ValueError):
        raise ValueRefused("not_kept") from None
    if again != bson.encode({"": position.value}):
        raise ValueRefused("not_kept")
    draft.put(position, made)
    guard(leaf, document, position, draft)
    if leaf.blind is None:
        return True
    value = _canonical(leaf, position.value)
    index(place, leaf, document, position, owner=owner, new=value, draft=draft)
    return owner.blind_index(place.field, value) is not None


def open_spot(spot: Spot, document: Document, owner: Owner, draft: Draft) -> None:
    """Write back what was sealed, without its digest; `ValueRefused` where it does not open."""
    place, leaf, position = spot.place, spot.leaf, spot.position
    if owner.seal is None:
        raise ValueRefused("no_key")
    try:
        value = opened(place, leaf, position.value, owner)
    except SealBroken:
        raise ValueRefused("not_ours") from None
    draft.put(position, value)
    guard(leaf, document, position, draft)
    if leaf.blind is not None:
        index(place, leaf, document, position, owner=owner, new=None, draft=draft)


def stands_anywhere(place: Place, document: Document, *, sealed: bool) -> bool:
    """Whether a value in that form is left in the document, whoever's it is."""
    return any(
        position.value not in (MISSING, None) and isinstance(position.value, bytes) is sealed
        for leaf in place.leaves
        for name in _names(leaf, document)
        for position in narrowed(leaf, document, positions(document, leaf.steps, name))
    )


def judge(run: Run, read: Found, group: Group, tally: Converted) -> list[Work]:
    """What is to change, the rest counted."""
    work = []
    for number, documents in read.by_owner().items():
        holds = read.needles.test(number)
        for document in documents:
            found = [
                spot
                for place in read.places
                for spot in spots(place, document, group.keys[number], holds)
            ]
            due = tuple(spot for spot in found if spot.is_sealed is run.undo)
            if due and number in group.blocked:
                tally.skip(group.blocked[number])
            elif due:
                work.append(Work(number, document, due))
            else:
                tally.already += bool(found)
    return work


def halves(group: Group) -> list[Group]:
    """The same people in two groups."""
    numbers = sorted(group.keys)
    middle = len(numbers) // 2
    return [
        replace(group, keys={number: group.keys[number] for number in half})
        for half in (numbers[:middle], numbers[middle:])
    ]


def _names(leaf: Leaf, document: Document) -> list[str]:
    """All that may stand for the subject's key in the path."""
    if SUBJECT_KEY not in leaf.steps:
        return [""]
    above = leaf.steps[: leaf.steps.index(SUBJECT_KEY)]
    return [name for held in values(document, above) if isinstance(held, dict) for name in held]


def _canonical(leaf: Leaf, value: Any) -> Any:
    """As look-ups take it: a date stands as a moment, a phone number maybe as a number."""
    try:
        return check(leaf.spec, plain(value, leaf.zone))
    except ValueRefused:
        return value
