"""All documents that hold something of one person, one by one: however many, few are in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.datamap import EACH, Archive, DataField, DataMap, KeyedObjectLink, Path
from schemas.errors import PutOff
from schemas.package import PackagedRecord
from schemas.request import SubjectRef
from workers.adapters.mongo import Database, reaching
from workers.adapters.packages.values import record_of
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.changes import Owner
from workers.adapters.subject_data.items import owner
from workers.adapters.subject_data.keys import parse_key
from workers.adapters.subject_data.owners import Needles, TooMany
from workers.adapters.subject_data.places import Place, Site, SubjectModel, compile_map
from workers.adapters.subject_data.positions import values
from workers.adapters.subject_data.sealing import Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Document, Snapshot, readable, snapshot
from workers.adapters.subject_data.ties import tie_values

BATCH: Final = 200
"""Documents in memory at a time."""
_BETWEEN: Final = 100_000
"""Documents in between (orders, files) that one person may lead through."""
_ME: Final = 0
"""The one owner of all needles here."""


class NobodyThere(Exception):
    """There is no such subject any more."""


@dataclass(frozen=True, slots=True)
class _Read:
    """One site, and what is read there."""

    site: Site
    places: tuple[tuple[Place, DataField], ...]
    tops: tuple[str, ...]
    at: Path | None
    """What tells when it happened."""


class PersonalRecords:
    """Reads the company's database through the data map."""

    def __init__(self, db: Database, datamap: DataMap, vault: Vault, tokens: Tokens) -> None:
        self._db = readable(db)
        self._models = compile_map(datamap)
        self._plans = {name: _plan(datamap, model) for name, model in self._models.items()}
        self._vault = vault
        self._tokens = tokens

    async def of(self, subject: SubjectRef) -> AsyncGenerator[PackagedRecord, None]:
        """Every record, as all of them were at one moment; the person's own first.

        `NobodyThere` before the first one, where there is no such subject; `PutOff` where so many
        documents lie in between that they cannot be followed.
        """
        model = self._models.get(subject.type)
        raw = parse_key(subject.key, model.key_type) if model else None
        if model is None or raw is None:
            raise NobodyThere
        with reaching("The company's database"):
            person = await self._owner(model, subject)
            async with snapshot(self._db) as reader:
                ties = await _ties(reader, model, raw, person)
                for read in self._plans[model.name]:
                    async for record in _site(reader, model, read, person, ties=ties):
                        yield record

    async def _owner(self, model: SubjectModel, subject: SubjectRef) -> Owner:
        key = None
        if any(field.sealed for field in model.fields.values()):
            name = key_name(subject, self._tokens.pseudonym(subject.type, subject.key))
            key = (await self._vault.data_keys([name])).get(name)
        return owner(model, subject.key, self._tokens, key)


async def _ties(
    reader: Snapshot, model: SubjectModel, raw: Any, person: Owner
) -> Mapping[tuple[int, str], Any]:
    """The values that tie documents to the person, from the home record that must be there."""
    wanted = Needles()
    wanted.add(raw, (_ME,))
    reading = model.reading(model.fields, follow_only=False)
    found = await reader.find(
        model.home.collection, wanted.query(model.key) or {}, sorted(reading.home_tops)
    )
    if not found:
        raise NobodyThere
    return await tie_values(reader, model, {_ME: (person.text, found[0])}, sorted(reading.ties))


async def _site(
    reader: Snapshot,
    model: SubjectModel,
    read: _Read,
    person: Owner,
    *,
    ties: Mapping[tuple[int, str], Any],
) -> AsyncIterator[PackagedRecord]:
    site = read.site
    try:
        wanted = await owning.needles(
            reader, model, site, {_ME: person.text}, ties, between=_BETWEEN
        )
    except TooMany:
        raise PutOff("too_many_documents") from None
    query = wanted.query(site.anchor)
    if query is None:
        return
    holds = wanted.test(_ME)
    async for document in reader.stream(site.collection, query, read.tops, batch=BATCH):
        if not owning.owners_of(document, site.anchor, wanted):
            continue
        record = record_of(
            site.collection, read.places, document, person, holds, at=_at(document, read.at)
        )
        if record is not None:
            yield record


def _at(document: Document, path: Path | None) -> Any:
    return None if path is None else next(values(document, path.steps), None)


def _plan(datamap: DataMap, model: SubjectModel) -> tuple[_Read, ...]:
    """The home first, then in the order of the map; nothing of a field that may not leave."""
    found: dict[int, tuple[Site, list[tuple[Place, DataField]]]] = {
        id(model.home): (model.home, [])
    }
    for name, places in model.places.items():
        field = model.fields[name]
        if field.export == "never":
            continue
        for site, place in places:
            found.setdefault(id(site), (site, []))[1].append((place, field))
    return tuple(_read(datamap, model, site, tuple(places)) for site, places in found.values())


def _read(
    datamap: DataMap, model: SubjectModel, site: Site, places: tuple[tuple[Place, DataField], ...]
) -> _Read:
    rule = datamap.collections[site.collection].on_delete
    # A moment is this person's only where the whole document is.
    own = site.link == datamap.own_link(model.name, site.collection)
    sole = own and EACH not in site.anchor.steps and not isinstance(site.end, KeyedObjectLink)
    at = rule.since if isinstance(rule, Archive) and sole else None
    tops = {site.anchor.steps[0]}.union(*(place.tops for place, _ in places))
    if at is not None:
        tops.add(at.steps[0])
    return _Read(site, places, tuple(sorted(tops)), at)
