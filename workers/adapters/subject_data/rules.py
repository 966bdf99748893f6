"""What a deletion does in each collection, by the data map's rules: pure, compiled once.

Of the whole subject, a document or array element that belongs to it by its collection's own link
follows the collection's rule. Wherever a document stays, each mapped value follows the rule of its
own place, and what names the subject is taken out too: `anonymise` says by what it is replaced,
without that it is unset. An entry of an object with subject keys for names always goes, since a
name cannot be anonymised in its place. Of named fields, only the values go; a value that would be
unset in a document that a law keeps is archived first on that document's basis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from schemas.datamap import (
    EACH,
    AnonymiseDocument,
    AnonymiseValue,
    Archive,
    DataMap,
    Delete,
    KeyedObjectLink,
    Path,
)
from schemas.values.specs import TextSpec
from workers.adapters.subject_data.places import Leaf, Place, Site, SubjectModel
from workers.adapters.subject_data.positions import Scope

ID: Final = "_id"
HOME: Final = -1
"""The level of the home: after everything else."""
_CACHED: Final = 256


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """One path whose value is taken out, and how.

    `place` is None for what a document's rule names, and for what makes it the subject's.
    """

    leaf: Leaf
    rule: Delete | AnonymiseValue | Archive
    place: Place | None = None
    always: bool = False
    """Whether the value is written also where none stands."""


@dataclass(frozen=True, slots=True, eq=False)
class ErasureSite:
    """The documents of one collection that are the subject's by one link, and what becomes of them.

    `whole` is None where only values go. `element` is what goes instead of the document where that
    belongs to several people: the path of an array's elements.
    """

    number: int
    site: Site
    home: bool
    whole: Delete | AnonymiseDocument | Archive | None
    element: Path | None
    spots: tuple[Spot, ...]
    sealed: tuple[tuple[Place, Leaf], ...]
    """What is opened before it goes to the archive: its key will not exist any more."""
    tops: tuple[str, ...] | None
    """The top-level names to read; None: the whole document."""
    vanishes: bool
    """Whether a document is not found again by this link once it is done."""
    just_goes: bool
    """Whether its documents are deleted without a look into them: most are."""

    @property
    def level(self) -> int:
        """How many collections it is away; what leads to others goes after them, the home last."""
        return HOME if self.home else len(self.site.hops)

    @property
    def keyed(self) -> bool:
        """Whether entries of an object go, named by the subject's key."""
        return isinstance(self.site.link, KeyedObjectLink)

    @property
    def archives(self) -> bool:
        """Whether anything of it is handed to the archive."""
        return isinstance(self.whole, Archive) or any(
            isinstance(spot.rule, Archive) for spot in self.spots
        )


@dataclass(slots=True, eq=False)
class ErasureRules:
    """The rules for one subject type: what to look at, in order."""

    datamap: DataMap
    model: SubjectModel
    _plans: dict[frozenset[str] | None, tuple[ErasureSite, ...]] = field(default_factory=dict)

    @property
    def created(self) -> Path | None:
        """When the home record came to be."""
        return self.datamap.subjects[self.model.name].created

    @property
    def ties(self) -> frozenset[str]:
        """The fields whose values tie documents to the subject."""
        links = (site.tie for places in self.model.places.values() for site, _ in places)
        return frozenset(tie for tie in links if tie)

    @property
    def blind(self) -> tuple[tuple[str, Leaf], ...]:
        """The leaves at home beside which a digest stands, by field."""
        return tuple(
            (name, leaf)
            for name in self.model.fields
            if (place := self.model.home_place(name)) is not None
            for leaf in place.leaves
            if leaf.blind is not None
        )

    def plan(self, fields: tuple[str, ...] | None) -> tuple[ErasureSite, ...]:
        """All sites, those over most hops first and the home last; `fields` None: everything."""
        wanted = None if fields is None else frozenset(fields)
        if wanted not in self._plans:
            if len(self._plans) >= _CACHED:
                self._plans.clear()
            self._plans[wanted] = tuple(self._compile(wanted))
        return self._plans[wanted]

    def _compile(self, fields: frozenset[str] | None) -> Iterator[ErasureSite]:
        home = self.model.home
        found: dict[tuple[str, object], tuple[Site, list[Place]]] = {}
        if fields is None:
            found[home.collection, home.link] = (home, [])
            for name in self.datamap.collections:
                link = self.datamap.own_link(self.model.name, name)
                if link is not None and name != home.collection:
                    hops, end = self.datamap.hops(self.model.name, link)
                    found[name, link] = (Site(name, link, hops, end), [])
        for name, places in self.model.places.items():
            if fields is None or name in fields:
                for site, place in places:
                    known = found.setdefault((site.collection, site.link), (site, []))
                    known[1].append(place)
        # The compiled home is one object; its link may equal a copy's, but it comes last.
        ordered = sorted(found.values(), key=lambda one: -_level(one[0], home))
        for number, (site, placed) in enumerate(ordered):
            yield self._site(number, site, placed, whole=fields is None)

    def _site(self, number: int, site: Site, places: list[Place], *, whole: bool) -> ErasureSite:
        home = _level(site, self.model.home) == HOME
        own = home or (
            site.collection != self.model.home.collection
            and site.link == self.datamap.own_link(self.model.name, site.collection)
        )
        rule = self.datamap.collections[site.collection].on_delete if own else None
        element = _element(site)
        sole = _is_sole(site)
        keeps = rule if isinstance(rule, Archive) and sole else None
        spots = [
            Spot(leaf, _value_rule(place, None if whole else keeps), place)
            for place in places
            for leaf in place.leaves
        ]
        if not whole or not (sole or element is not None or _is_keyed(site)):
            rule = None
        elif rule is None and _is_keyed(site):
            rule = Delete()
        if whole:
            spots = list(_with_names(site, rule, element, spots))
        return ErasureSite(
            number=number,
            site=site,
            home=home,
            whole=rule,
            element=element if rule is not None else None,
            spots=tuple(spots),
            sealed=self._sealed(site),
            tops=None if isinstance(rule, Archive) else _tops(site, spots),
            just_goes=isinstance(rule, Delete) and sole and not spots,
            vanishes=whole and (isinstance(rule, Delete | Archive) or not site.hops),
        )

    def _sealed(self, site: Site) -> tuple[tuple[Place, Leaf], ...]:
        return tuple(
            (place, leaf)
            for places in self.model.places.values()
            for other, place in places
            if other.collection == site.collection and place.placement.sealed
            for leaf in place.leaves
        )


def _level(site: Site, home: Site) -> int:
    return HOME if (site.collection, site.link) == (home.collection, home.link) else len(site.hops)


def _is_keyed(site: Site) -> bool:
    return isinstance(site.link, KeyedObjectLink)


def _is_sole(site: Site) -> bool:
    """Whether a document is one person's as a whole, through all that leads there."""
    if EACH in site.anchor.steps or isinstance(site.end, KeyedObjectLink):
        return False
    anchors = [*(hop.local for hop in site.hops[1:]), site.end_anchor]
    return all(
        EACH not in Scope.between(hop.foreign, anchor).rest
        for hop, anchor in zip(site.hops, anchors, strict=False)
    )


def _element(site: Site) -> Path | None:
    """The array elements that hold the anchor."""
    steps = site.anchor.steps
    if _is_keyed(site) or EACH not in steps:
        return None
    last = len(steps) - 1 - steps[::-1].index(EACH)
    return Path(steps[: last + 1])


def _value_rule(place: Place, keeps: Archive | None) -> Delete | AnonymiseValue | Archive:
    rule = place.placement.on_delete
    return keeps if keeps is not None and isinstance(rule, Delete) else rule


def _with_names(
    site: Site,
    rule: Delete | AnonymiseDocument | Archive | None,
    element: Path | None,
    spots: Iterable[Spot],
) -> Iterator[Spot]:
    """What is taken out by itself beside, or instead of, documents, elements and entries."""
    values = rule.values if isinstance(rule, AnonymiseDocument) else {}
    goes = None
    if rule is not None and _is_keyed(site):
        goes = site.anchor
    elif isinstance(rule, Delete | Archive):
        goes = element or Path(())
    for spot in spots:
        archived = isinstance(spot.rule, Archive) and isinstance(rule, Delete)
        below = goes is not None and spot.leaf.path.starts_with(goes)
        if spot.leaf.path not in values and (archived or not below):
            yield spot
    for path, value in values.items():
        if goes is None or not path.starts_with(goes):
            yield Spot(_leaf(path, site), AnonymiseValue(value=value), always=True)
    stays = rule is None or isinstance(rule, AnonymiseDocument)
    known = {spot.leaf.path for spot in spots} | values.keys()
    if stays and not site.hops and not _is_keyed(site) and site.anchor not in known:
        yield Spot(_leaf(site.anchor, site), Delete())


def _leaf(path: Path, site: Site) -> Leaf:
    link = Scope.between(path, site.anchor)
    told = EACH not in link.rest and link.rest != (ID,)
    return Leaf(
        path=path,
        part=None,
        spec=TextSpec(),
        zone="",
        link=link,
        where=(),
        guards=(link,) if told and not _is_keyed(site) else (),
        blind=None,
    )


def _tops(site: Site, spots: Iterable[Spot]) -> tuple[str, ...]:
    paths = [site.anchor]
    for spot in spots:
        paths.append(spot.leaf.path)
        if spot.leaf.blind is not None:
            paths.append(spot.leaf.blind)
        if isinstance(spot.rule, Archive) and spot.rule.since is not None:
            paths.append(spot.rule.since)
        if spot.place is not None:
            paths += spot.place.placement.where
    return tuple(sorted({path.steps[0] for path in paths}))
