"""The data map made ready for use: per subject type its places, and per link one site to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from schemas.datamap import (
    EACH,
    DataField,
    DataMap,
    Hop,
    KeyedObjectLink,
    KeyLink,
    KeyType,
    Link,
    Path,
    Placement,
    TieLink,
    anchor,
)
from schemas.datamap.base import Scalar
from schemas.values import ValueSpec, zone_of
from schemas.values.specs import ObjectSpec, TextSpec
from workers.adapters.subject_data.positions import Scope, Steps
from workers.adapters.subject_data.purposes import Withdrawal, purpose_key, withdrawn_places

_CACHED_READINGS: Final = 512


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One path that is read and written: a whole place, or one part of an object's place."""

    path: Path
    part: str | None
    spec: ValueSpec
    zone: str
    link: Scope
    where: tuple[tuple[Scope, Scalar], ...]
    guards: tuple[Scope, ...]
    """Where single values stand that make it the subject's; an `_id` never changes."""
    blind: Path | None

    @property
    def steps(self) -> Steps:
        """The steps of its path."""
        return self.path.steps


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One placement of a field, with its leaves."""

    placement: Placement
    leaves: tuple[Leaf, ...]
    tops: frozenset[str]
    """The top-level names that must be read to judge and change it."""
    withdrawal: Withdrawal | None = None
    """Of a purpose: what a withdrawn consent does here."""

    @property
    def field(self) -> str:
        """The field's name."""
        return self.placement.field


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The documents of one collection that belong to subjects by one link."""

    collection: str
    link: Link
    hops: tuple[Hop, ...]
    end: Link
    """The link that ends the hops, or the one link there is."""

    @property
    def anchor(self) -> Path:
        """The path in the documents themselves by which the link holds."""
        return anchor(self.link)

    @property
    def end_anchor(self) -> Path:
        """The path by which the last link holds, in the documents at the far end of the hops."""
        return anchor(self.end)

    @property
    def tie(self) -> str | None:
        """The field whose value ties these documents, None for other links."""
        return self.end.tie.field if isinstance(self.end, TieLink) else None


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What is to be read, and then changed, where some fields of a subject are concerned."""

    home: tuple[Place, ...]
    home_tops: frozenset[str]
    sites: tuple[tuple[Site, tuple[Place, ...]], ...]
    """Everything but the home; what is reached over most hops first."""
    ties: frozenset[str]
    sealed: bool
    """Whether a subject's key is needed."""


@dataclass(slots=True, eq=False)
class SubjectModel:
    """One subject type."""

    name: str
    home: Site
    key: Path
    key_type: KeyType
    key_types: tuple[KeyType, ...]
    """The forms in which documents name a subject; the first is the home's."""
    fields: dict[str, DataField]
    places: dict[str, tuple[tuple[Site, Place], ...]]
    """Per field all its places: the home first, where it has one there."""
    purposes: dict[str, tuple[tuple[Site, Place], ...]]
    """The same per purpose, by `purpose_key`: no field has such a name."""
    known_by: frozenset[str]
    """The fields by which some recipient knows the person."""
    identifying: frozenset[str]
    """These, and the fields whose values tie documents to the person."""
    _readings: dict[tuple[frozenset[str], bool], Reading] = field(default_factory=dict)

    def home_place(self, name: str) -> Place | None:
        """The field's own place in the home; None for records of another collection."""
        return next((p for _, p in self.places[name] if p.placement.home), None)

    def ties_of(self, name: str) -> frozenset[str]:
        """The fields whose values tie some place of this field."""
        return frozenset(site.tie for site, _ in self.places[name] if site.tie)

    def reading(self, names: Iterable[str], *, follow_only: bool = True) -> Reading:
        """What to read for these fields; without `follow_only` also what must stay as it was."""
        wanted = (frozenset(names), follow_only)
        if wanted not in self._readings:
            if len(self._readings) >= _CACHED_READINGS:
                self._readings.clear()
            self._readings[wanted] = self._read(wanted[0], follow_only=follow_only)
        return self._readings[wanted]

    def _read(self, names: frozenset[str], *, follow_only: bool) -> Reading:
        home: list[Place] = []
        sites: dict[Site, list[Place]] = {}
        for name in sorted(names):
            for site, place in self.places[name] if name in self.places else self.purposes[name]:
                if place.placement.home:
                    home.append(place)
                elif place.placement.follow or not follow_only:
                    sites.setdefault(site, []).append(place)
        ties = frozenset(site.tie for site in sites if site.tie)
        also = [tied for tie in ties if (tied := self.home_place(tie)) is not None]
        contacts = (self.fields[p.field].contact for p in home if p.field in self.fields)
        since = {c.since.steps[0] for c in contacts if c is not None and c.since is not None}
        tops = frozenset({self.key.steps[0]}.union(since, *(p.tops for p in (*home, *also))))
        ordered = sorted(sites.items(), key=lambda item: -len(item[0].hops))
        places = (*home, *(place for found in sites.values() for place in found))
        return Reading(
            home=tuple(home),
            home_tops=tops,
            sites=tuple((site, tuple(found)) for site, found in ordered),
            ties=ties,
            sealed=any(place.placement.sealed for place in places),
        )


def compile_map(datamap: DataMap) -> dict[str, SubjectModel]:
    """Every subject type of the map."""
    return {name: _subject(datamap, name) for name in datamap.subjects}


def _subject(datamap: DataMap, name: str) -> SubjectModel:
    declared = datamap.subjects[name]
    key_link = KeyLink(key=declared.key, key_type=declared.key_type)
    home = Site(declared.home, key_link, (), key_link)
    sites: dict[tuple[str, Link], Site] = {}

    def site_of(placement: Placement) -> Site:
        if placement.home:
            return home
        hops, end = datamap.hops(name, placement.link)
        made = Site(placement.collection, placement.link, hops, end)
        return sites.setdefault((placement.collection, placement.link), made)

    places = {
        field_name: tuple(
            (site_of(placement), _place(placement, site_of(placement), data_field))
            for placement in datamap.placements(name, field_name)
        )
        for field_name, data_field in declared.fields.items()
    }
    purposes = {
        purpose_key(purpose): tuple(
            (site_of(place.placement), place)
            for place in withdrawn_places(
                datamap,
                name,
                purpose,
                fields=lambda field_name: (place for _, place in places[field_name]),
                make=lambda placement: _place(placement, site_of(placement), None),
            )
        )
        for purpose in declared.purposes
    }
    known_by = frozenset(
        recipient.subject_key
        for recipient in datamap.recipients.values()
        if recipient.subject == name and recipient.subject_key != "key"
    )
    return SubjectModel(
        name=name,
        home=home,
        key=declared.key,
        key_type=declared.key_type,
        key_types=_key_types(declared.key_type, sites.values()),
        fields=dict(declared.fields),
        places=places,
        purposes=purposes,
        known_by=known_by,
        identifying=known_by.union(site.tie for site in sites.values() if site.tie),
    )


def _key_types(home: KeyType, sites: Iterable[Site]) -> tuple[KeyType, ...]:
    used = [home]
    for site in sites:
        if isinstance(site.end, KeyedObjectLink):
            used.append(KeyType.STRING)  # the names in an object are text
        elif isinstance(site.end, KeyLink) and site.end.key_type is not None:
            used.append(site.end.key_type)
    return tuple(dict.fromkeys(used))


def _place(placement: Placement, site: Site, data_field: DataField | None) -> Place:
    value = data_field.value if data_field else TextSpec()
    leaves = []
    for part, path in _leaf_paths(placement):
        spec = _leaf_spec(value, part or placement.part)
        link = Scope.between(path, site.anchor)
        where = tuple(
            (Scope.between(path, other), value) for other, value in placement.where.items()
        )
        leaves.append(
            Leaf(
                path=path,
                part=part,
                spec=spec,
                zone=zone_of(spec),
                link=link,
                where=where,
                guards=tuple(
                    scope
                    for scope in (link, *(scope for scope, _ in where))
                    if EACH not in scope.rest and scope.rest != ("_id",)
                ),
                blind=data_field.blind_index if data_field and placement.home else None,
            )
        )
    paths = [leaf.path for leaf in leaves] + [site.anchor, *placement.where]
    paths += [leaf.blind for leaf in leaves if leaf.blind is not None]
    return Place(placement, tuple(leaves), frozenset(path.steps[0] for path in paths))


def _leaf_paths(placement: Placement) -> list[tuple[str | None, Path]]:
    if not placement.parts:
        return [(None, placement.path)]
    return [(part, placement.path.join(below)) for part, below in placement.parts.items()]


def _leaf_spec(spec: ValueSpec, part: str | None) -> ValueSpec:
    if part is not None and isinstance(spec, ObjectSpec):
        return spec.parts[part].value
    return spec
