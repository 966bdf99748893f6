"""Which documents belong to whom: every kind of link, followed for a whole group in one go.

A needle is a value by which documents name a subject: a key, a tied value, or what a document in
between is referred to by. Owners are numbers, the position of their item in the group.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bson import Regex

from schemas.datamap import KeyedObjectLink, KeyLink, Path, TieLink
from workers.adapters.subject_data.keys import identity, parse_key
from workers.adapters.subject_data.places import Place, Site, SubjectModel
from workers.adapters.subject_data.positions import Position, Scope, positions, resolve, values
from workers.adapters.subject_data.sessions import Document, Snapshot

MAX_BETWEEN: Final = 20_000
"""Documents in between (orders, files) that a group may lead through."""


class TooMany(Exception):
    """More documents than one transaction should hold; `owner` has too many alone, if known."""

    def __init__(self, owner: int | None = None) -> None:
        super().__init__()
        self.owner = owner


@dataclass(slots=True)
class Needles:
    """Values to look for, each with whom it stands for."""

    keyed: bool = False
    """Whether they are names in an object rather than values."""
    raws: dict[Hashable, Any] = field(default_factory=dict)
    owners: dict[Hashable, set[int]] = field(default_factory=dict)
    of: dict[int, set[Hashable]] = field(default_factory=dict)

    def add(self, raw: Any, owners: Iterable[int]) -> None:
        """One more value."""
        known = identity(raw)
        self.raws[known] = raw
        for owner in owners:
            self.owners.setdefault(known, set()).add(owner)
            self.of.setdefault(owner, set()).add(known)

    def at(self, value: Any) -> set[int]:
        """Whose value this is."""
        if not self.keyed:
            return self.owners.get(identity(value), set())
        names = value if isinstance(value, dict) else ()
        found = (self.owners.get(identity(name), set()) for name in names)
        return set().union(*found)

    def test(self, owner: int) -> Callable[[Any], bool]:
        """Whether a value at the anchor is this owner's."""
        mine = self.of.get(owner, set())
        if self.keyed:
            return lambda value: (
                isinstance(value, dict) and any(identity(name) in mine for name in value)
            )
        return lambda value: identity(value) in mine

    def query(self, anchor: Path) -> dict[str, Any] | None:
        """The query that finds the documents; None where there is nothing to look for."""
        # A pattern among values would match what it describes instead of what it is.
        raws = [raw for raw in self.raws.values() if not isinstance(raw, Regex)]
        if not raws:
            return None
        if not self.keyed:
            return {anchor.query: {"$in": raws}}
        return {"$or": [_has_name(anchor, str(name)) for name in raws]}


@dataclass(frozen=True, slots=True)
class Found:
    """The documents of one site that were read."""

    site: Site
    places: tuple[Place, ...]
    needles: Needles
    documents: list[Document]

    def by_owner(self) -> dict[int, list[Document]]:
        """Each owner's documents; one that belongs to several people is with each of them."""
        made: dict[int, list[Document]] = {}
        for document in self.documents:
            for owner in owners_of(document, self.site.anchor, self.needles):
                made.setdefault(owner, []).append(document)
        return made


async def needles(  # noqa: PLR0913 - whose, by what, and how many may lie between
    reader: Snapshot,
    model: SubjectModel,
    site: Site,
    keys: Mapping[int, str],
    ties: Mapping[tuple[int, str], Any],
    *,
    between: int = MAX_BETWEEN,
) -> Needles:
    """What this site's own documents name the subjects by, hops followed from their far end."""
    found = _end_needles(model, site, keys, ties)
    anchors = [site.anchor, *(hop.local for hop in site.hops[1:]), site.end_anchor]
    for number in range(len(site.hops) - 1, -1, -1):
        hop, anchor = site.hops[number], anchors[number + 1]
        query = found.query(anchor)
        if query is None:
            return Needles()
        tops = sorted({anchor.steps[0], hop.foreign.steps[0]})
        documents = await reader.find(hop.collection, query, tops, limit=between + 1)
        if len(documents) > between:
            raise TooMany
        found = _across(documents, hop.foreign, anchor, found)
    return found


async def documents(  # noqa: PLR0913 - what to read, whose, and how much of it
    reader: Snapshot,
    site: Site,
    places: tuple[Place, ...],
    wanted: Needles,
    *,
    limit: int,
    after: tuple[Any, ...] | None = None,
) -> Found:
    """The site's documents, at most one beyond the limit.

    With `after` they come in order of `_id`: from the first on, or from behind the one given.
    """
    query = wanted.query(site.anchor)
    if query is None:
        return Found(site, places, wanted, [])
    if after:
        query = behind(query, after[0])
    tops = sorted(frozenset[str]().union(*(place.tops for place in places)))
    read = await reader.find(
        site.collection, query, tops, limit=limit + 1, ordered=after is not None
    )
    return Found(site, places, wanted, read)


def behind(query: Mapping[str, Any], id_: Any) -> dict[str, Any]:
    """The query from behind this `_id` on; unlike a plain `$gt` from one type to the next."""
    return {"$and": [query, {"$expr": {"$gt": ["$_id", {"$literal": id_}]}}]}


def owners_of(document: Document, anchor: Path, wanted: Needles) -> set[int]:
    """Everybody whose key, tie or reference stands anywhere at the anchor."""
    found = [wanted.at(value) for value in values(document, anchor.steps)]
    return found[0] if len(found) == 1 else set().union(*found)


def _end_needles(
    model: SubjectModel,
    site: Site,
    keys: Mapping[int, str],
    ties: Mapping[tuple[int, str], Any],
) -> Needles:
    keyed = isinstance(site.end, KeyedObjectLink)
    made = Needles(keyed=keyed)
    for owner, text in keys.items():
        if isinstance(site.end, TieLink):
            if (owner, site.end.tie.field) in ties:
                made.add(ties[owner, site.end.tie.field], (owner,))
        elif keyed:
            made.add(text, (owner,))
        elif isinstance(site.end, KeyLink):
            raw = parse_key(text, site.end.key_type or model.key_type)
            if raw is not None:
                made.add(raw, (owner,))
    return made


def _across(documents: Iterable[Document], foreign: Path, anchor: Path, found: Needles) -> Needles:
    scope = Scope.between(foreign, anchor)
    made = Needles()
    for document in documents:
        for position in _there(document, foreign):
            above = resolve(document, position.at[: scope.shared])
            owners: set[int] = set().union(*(found.at(v) for v in values(above, scope.rest)))
            if owners and position.value is not None:
                made.add(position.value, owners)
    return made


def _there(document: Document, path: Path) -> Iterator[Position]:
    depth = len(path.steps)
    return (place for place in positions(document, path.steps) if place.depth == depth)


def _has_name(anchor: Path, name: str) -> dict[str, Any]:
    if "." not in name and not name.startswith("$"):
        return {f"{anchor.query}.{name}": {"$exists": True}}
    held = {"$getField": {"field": {"$literal": name}, "input": f"${anchor.query}"}}
    return {"$expr": {"$ne": [{"$type": held}, "missing"]}}
