"""Whose keys stand in the company's database: pseudonyms lead back to nobody but through these."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from schemas.datamap import DataMap, KeyedObjectLink, KeyLink, KeyType, Path
from schemas.request import SubjectRef
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.control import COLLECTION
from workers.adapters.subject_data.keys import key_text, parse_key
from workers.adapters.subject_data.places import Site, SubjectModel, compile_map
from workers.adapters.subject_data.positions import values
from workers.adapters.subject_data.rules import ErasureRules
from workers.adapters.subject_data.sessions import readable

_CHUNK: Final = 1_000

Pseudonym = Callable[[str, str], str]
"""Of a subject type and a key."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A path at which keys of one type stand."""

    subject_type: str
    collection: str
    path: Path
    key_type: KeyType
    names: bool = False
    """Whether they are the names of an object there."""

    def keys(self, document: Mapping[str, Any]) -> Iterator[str]:
        for value in values(document, self.path.steps):
            if not self.names:
                text = key_text(value, self.key_type)
                if text is not None:
                    yield text
            elif isinstance(value, dict):
                yield from (n for n in value if parse_key(n, self.key_type) is not None)


class People:
    """Looks through the home collections, all that names a key, and the control documents."""

    def __init__(self, db: Database, datamap: DataMap, pseudonym: Pseudonym) -> None:
        self._db = readable(db)
        self._pseudonym = pseudonym
        self._sources = tuple(dict.fromkeys(_sources(datamap)))

    async def find(self, pseudonyms: AbstractSet[str]) -> dict[str, SubjectRef]:
        """Those of these people that still stand anywhere; every document is looked at once."""
        found: dict[str, SubjectRef] = {}
        with reaching("The company's database"):
            for source in self._sources if pseudonyms else ():
                async for text in self._read(source):
                    name = self._pseudonym(source.subject_type, text)
                    if name in pseudonyms:
                        found[name] = SubjectRef(type=source.subject_type, key=text)
        return found

    async def _read(self, source: _Source) -> AsyncIterator[str]:
        query = {"type": source.subject_type} if source.collection == COLLECTION else {}
        wanted = {"_id": 0, source.path.query: 1} if source.path.query != "_id" else {"_id": 1}
        cursor = self._db[source.collection].find(query, wanted, batch_size=_CHUNK)
        last = None
        async for document in cursor:
            for text in source.keys(document):
                # Logs of one person often lie one behind the other.
                if text != last:
                    last = text
                    yield text


def _sources(datamap: DataMap) -> Iterator[_Source]:
    for name, model in compile_map(datamap).items():
        for erased in ErasureRules(datamap, model).plan(None):
            yield from _source(model, erased.site)
        yield _Source(name, COLLECTION, Path(("key",)), model.key_type)


def _source(model: SubjectModel, site: Site) -> Iterator[_Source]:
    far = site.hops[-1].collection if site.hops else site.collection
    match site.end:
        case KeyLink(key_type=key_type):
            yield _Source(model.name, far, site.end_anchor, key_type or model.key_type)
        case KeyedObjectLink():
            yield _Source(model.name, far, site.end_anchor, model.key_type, names=True)
