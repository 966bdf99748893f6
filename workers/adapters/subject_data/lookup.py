"""Finding the one person to whom all identifiers of a submission lead.

The most telling identifier is asked of the database, in every spelling that databases hold, for all
concurrent callers in one `$in` query per field; the others are compared on what was read. Somebody
who is on record and somebody who is not cost the same queries.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pymongo.collation import Collation

from schemas.request import SubjectRef
from workers.adapters.coalesce import Coalesced
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.contacts import contact_places, contact_tops, contacts
from workers.adapters.subject_data.identifying import SHARED, TELLING, Wanted, wanted
from workers.adapters.subject_data.items import owner
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.sealing import Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Document
from workers.adapters.subject_data.ties import keys_in
from workers.ports import Person

ANY_CASE: Final = Collation(locale="en", strength=2)
"""Letter case and width do not count; what it finds is compared exactly afterwards."""

_SMALL: Final = 5_000
"""Documents up to which a collection is searched in any letter case without an index for it."""
_PER_PERSON: Final = 8
_FEW: Final = 20
_INDEXES_KEPT: Final = 300.0
_NOBODY: Final = "subject:nobody:0"

Asked = tuple[tuple[str, str], ...]


_Record = tuple[str, Document]
"""A subject's key, and the document in which it is at home."""


class _Index(NamedTuple):
    """Whether a path has one, and in which collation it is asked best."""

    there: bool
    collation: Collation | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    model: SubjectModel
    key: str
    document: Document


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What one caller looks for in one subject type."""

    model: SubjectModel
    driver: str
    wanted: Mapping[str, list[Wanted]]

    def candidates(self, records: Iterable[_Record]) -> dict[str, _Candidate]:
        """The subjects of these records, which fit the driver, that fit the rest as well."""
        others = [
            ways for by, ways in self.wanted.items() if by != self.driver or self.driver in SHARED
        ]
        return {
            key: _Candidate(self.model, key, document)
            for key, document in records
            if all(any(one.matches(document, key) for one in ways) for ways in others)
        }


class PersonFinder:
    """`find`, for as many callers at once as there are."""

    def __init__(
        self, db: Database, models: Mapping[str, SubjectModel], vault: Vault, tokens: Tokens
    ) -> None:
        self._db = db
        self._models = models
        self._vault = vault
        self._tokens = tokens
        self._asked: Coalesced[Asked, Person | None] = Coalesced(self._find, limit=64)
        self._tops = {name: dict.fromkeys(_tops(model), 1) for name, model in models.items()}
        self._indexes: dict[tuple[str, str], tuple[float, _Index]] = {}

    async def find(self, identifiers: Mapping[str, str]) -> Person | None:
        """The one person whom every identifier fits; None for nobody, several, or none given."""
        return await self._asked.load(tuple(sorted(identifiers.items())))

    async def is_held(self, identifiers: Mapping[str, str], subject: SubjectRef) -> bool:
        """Whether they lead to anybody else of that type, one or many."""
        searches = [s for s in self._searches(identifiers) if s.model.name == subject.type]
        with reaching("The company's database"):
            documents = await self._read(searches)
        return any(
            key != subject.key
            for search in searches
            for key in search.candidates(documents[search])
        )

    async def _find(self, asked: Sequence[Asked]) -> Mapping[Asked, Person | None]:
        searches = {one: self._searches(dict(one)) for one in asked}
        with reaching("The company's database"):
            documents = await self._read([s for found in searches.values() for s in found])
            matches = {
                one: [
                    candidate
                    for search in found
                    for candidate in search.candidates(documents[search]).values()
                ]
                for one, found in searches.items()
            }
            return await self._persons(matches)

    def _searches(self, identifiers: Mapping[str, str]) -> list[_Search]:
        driver = next((by for by in TELLING if by in identifiers), None)
        if driver is None or not identifiers.keys() <= set(TELLING):
            return []
        found = ((m, wanted(m, identifiers, self._tokens)) for m in self._models.values())
        return [_Search(model, driver, ways) for model, ways in found if ways is not None]

    async def _read(self, searches: Sequence[_Search]) -> dict[_Search, list[_Record]]:
        """Per search the records that its driver leads to, in one query per field for all."""
        together: dict[tuple[int, str], list[Wanted]] = defaultdict(list)
        alone: list[_Search] = []
        for search in searches:
            if search.driver in SHARED:
                alone.append(search)
                continue
            for one in await self._affordable(search.wanted[search.driver]):
                together[id(one.place), one.path].append(one)
        read = await asyncio.gather(
            *(self._by_field(ways) for ways in together.values()),
            *(self._by_all(search) for search in alone),
        )
        found = {
            search: [
                (key, document) for document in part for key in keys_in(search.model, document)
            ]
            for search, part in zip(alone, read[len(together) :], strict=True)
        }
        marked = {
            place: _by_mark(ways[0], part)
            for (place, ways), part in zip(together.items(), read, strict=False)
        }
        for search in searches:
            if search not in found:
                found[search] = [
                    record
                    for one in search.wanted[search.driver]
                    for mark in one.marks
                    for record in marked.get((id(one.place), one.path), {}).get(mark, ())
                ]
        return found

    async def _by_field(self, ways: Sequence[Wanted]) -> list[Document]:
        limit = _PER_PERSON * len(ways) + _FEW
        found = await self._query(ways[0], ways, limit)
        if len(found) < limit:
            return found
        # A value that many records share crowds the others out: each on its own, then.
        each = await asyncio.gather(*(self._query(one, [one], _FEW) for one in ways))
        return [document for part in each for document in part]

    async def _query(self, one: Wanted, ways: Sequence[Wanted], limit: int) -> list[Document]:
        """The records in which any of these stands; all are of one field."""
        collation = await self._collation(one)
        forms: dict[Hashable, Any] = {}
        for way in ways:
            forms |= way.folded if collation else way.forms
        return await self._fetch(
            one.model, {one.path: {"$in": list(forms.values())}}, limit, collation
        )

    async def _by_all(self, search: _Search) -> list[Document]:
        """Nothing but names and birth dates: only together are they telling."""
        collation = await self._collation(search.wanted[search.driver][0])
        query = [
            {
                "$or": [
                    {one.path: {"$in": list(one.forms.values())}}
                    for one in await self._affordable(ways)
                ]
            }
            for ways in search.wanted.values()
        ]
        return await self._fetch(search.model, {"$and": query}, _FEW, collation)

    async def _fetch(
        self,
        model: SubjectModel,
        query: Mapping[str, Any],
        limit: int,
        collation: Collation | None,
    ) -> list[Document]:
        cursor = self._db[model.home.collection].find(query, self._tops[model.name], limit=limit)
        if collation is not None:
            cursor = cursor.collation(collation)
        found: list[Document] = await cursor.to_list(None)
        return found

    async def _affordable(self, ways: Sequence[Wanted]) -> list[Wanted]:
        """What is asked of the database: plain values of a sealed field only by an index.

        Somebody whose value is not sealed yet is found while the index from before stands; for the
        rest of its life the field costs no scan.
        """
        return [one for one in ways if not one.beside or (await self._index(one)).there]

    async def _collation(self, one: Wanted) -> Collation | None:
        """Any letter case where an index knows it, or there is little to search."""
        return (await self._index(one)).collation if one.any_case else None

    async def _index(self, one: Wanted) -> _Index:
        place = (one.model.home.collection, one.path)
        known = self._indexes.get(place)
        if known is None or known[0] < time.monotonic():
            until = time.monotonic() + _INDEXES_KEPT
            known = self._indexes[place] = (until, await self._best_index(*place))
        return known[1]

    async def _best_index(self, name: str, path: str) -> _Index:
        indexes = (await self._db[name].index_information()).values()
        leading = [index for index in indexes if index["key"][0][0] == path]
        for index in leading:
            collation = index.get("collation")
            if collation is not None and collation["strength"] <= ANY_CASE.document["strength"]:
                kept = {k: v for k, v in collation.items() if k != "version"}
                return _Index(there=True, collation=Collation(**kept))
        small = await self._db[name].estimated_document_count() <= _SMALL
        return _Index(bool(leading), ANY_CASE if small or not leading else None)

    async def _persons(
        self, matches: Mapping[Asked, list[_Candidate]]
    ) -> dict[Asked, Person | None]:
        one_each = {asked: found[0] for asked, found in matches.items() if len(found) == 1}
        names = {
            asked: key_name(ref, self._tokens.pseudonym(ref.type, ref.key))
            for asked, found in one_each.items()
            for ref in (SubjectRef(type=found.model.name, key=found.key),)
        }
        keys = {}
        if any(
            place.placement.sealed for m in self._models.values() for place in contact_places(m)
        ):
            # Also where nobody was found: the time that an answer takes tells nothing.
            keys = await self._vault.data_keys([*names.values(), _NOBODY])
        return {
            asked: self._person(one_each[asked], keys.get(names[asked]))
            if asked in one_each
            else None
            for asked in matches
        }

    def _person(self, found: _Candidate, data_key: Any | None) -> Person:
        subject = owner(found.model, found.key, self._tokens, data_key)
        return Person(
            ref=SubjectRef(type=found.model.name, key=found.key),
            pseudonym=self._tokens.pseudonym(found.model.name, found.key),
            contacts=contacts(found.model, found.document, subject),
        )


def _by_mark(one: Wanted, documents: Iterable[Document]) -> dict[Hashable, list[_Record]]:
    """The records of one field's query, to be found by what their value may be told by."""
    made: dict[Hashable, list[_Record]] = defaultdict(list)
    for document in documents:
        for key in keys_in(one.model, document):
            for mark in one.marks_of(document, key):
                made[mark].append((key, document))
    return made


def _tops(model: SubjectModel) -> set[str]:
    looked_up = [name for name, field in model.fields.items() if field.lookup]
    places = (place for name in looked_up if (place := model.home_place(name)) is not None)
    return {model.key.steps[0]}.union(contact_tops(model), *(place.tops for place in places))
