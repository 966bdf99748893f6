"""Everybody of a segment, with the address and the language on file: what announcements read.

People come in pages by `_id`, so memory is flat whatever their number. What a segment asks is
compared here with canonical values and not in a query: a sealed value, or one that stands in any of
its spellings, is compared like any other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas.datamap import DataMap
from schemas.errors import AnnouncementError, SealBroken, ValueRefused
from schemas.request import SubjectRef
from schemas.values import ListSpec, ObjectSpec, check
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.changes import Owner
from workers.adapters.subject_data.contacts import contact_places, contact_tops, contacts
from workers.adapters.subject_data.control import COLLECTION, Control, control_id, projection
from workers.adapters.subject_data.current import standing
from workers.adapters.subject_data.items import known_id, owner
from workers.adapters.subject_data.keys import parse_key
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.sealing import Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Document
from workers.adapters.subject_data.ties import keys_in
from workers.ports.announcements import Addressee, Hold, Segment

PAGE: Final = 200
_HERE: Final = "The company's database"
_LANGUAGES: Final = ("ko", "en")


@dataclass(frozen=True, slots=True)
class _Part:
    """A subject type as far as a segment reaches into it."""

    model: SubjectModel
    where: Mapping[str, Any]
    """Per field, the canonical value that is asked for."""
    language: str | None

    @property
    def fields(self) -> set[str]:
        """What is read beside the contacts."""
        return {*self.where, *([self.language] if self.language else [])}

    @property
    def tops(self) -> dict[str, int]:
        """The top-level names to read."""
        places = (self.model.home_place(name) for name in self.fields)
        held = (place.tops for place in places if place is not None)
        return dict.fromkeys({self.model.key.steps[0]}.union(contact_tops(self.model), *held), 1)

    @property
    def sealed(self) -> bool:
        """Whether a person's key is needed to read it."""
        model = self.model
        return any(place.placement.sealed for place in contact_places(model)) or any(
            model.fields[name].sealed for name in self.fields
        )

    def asks_for(self, document: Document, person: Owner) -> bool:
        """Whether that person has every value that is asked for."""
        return all(
            _has(self._value(name, document, person), wanted) for name, wanted in self.where.items()
        )

    def speaks(self, document: Document, person: Owner) -> str | None:
        """The language on file, None where there is none that we know."""
        value = self._value(self.language, document, person) if self.language else None
        said = str(value)[:2].lower()
        return said if said in _LANGUAGES else None

    def _value(self, name: str, document: Document, person: Owner) -> Any:
        try:
            return standing(self.model, name, document, person)
        except SealBroken:
            return None


class AudienceReader:
    """`workers.ports.announcements.Audience` of one company database."""

    def __init__(
        self,
        db: Database,
        datamap: DataMap,
        models: Mapping[str, SubjectModel],
        vault: Vault,
        tokens: Tokens,
    ) -> None:
        self._db = db
        self._datamap = datamap
        self._models = models
        self._vault = vault
        self._tokens = tokens

    async def size(self, segment: Segment) -> int:
        """About how many there are, before `where`; `AnnouncementError` for what is no segment."""
        counts = 0
        with reaching(_HERE):
            for part in self._parts(segment):
                home = self._db[part.model.home.collection]
                counts += await home.estimated_document_count()
        return counts

    async def pages(self, segment: Segment) -> AsyncIterator[Sequence[Addressee]]:
        """Everybody of the segment, page by page."""
        for part in self._parts(segment):
            query: dict[str, Any] = {}
            while True:
                with reaching(_HERE):
                    home = self._db[part.model.home.collection]
                    cursor = home.find(query, part.tops).sort("_id", 1).limit(PAGE)
                    found = await cursor.to_list(None)
                    if not found:
                        break
                    query = owning.behind({}, found[-1]["_id"])
                    page = await self._page(part, found)
                yield page

    def _parts(self, segment: Segment) -> list[_Part]:
        if unknown := sorted(set(segment.types) - self._models.keys()):
            raise AnnouncementError(
                f"there is no type {unknown[0]!r}; the data map has {', '.join(self._models)}"
            )
        chosen = [self._models[name] for name in segment.types or self._models]
        # Who has no such field is not of the segment, unless nobody has it.
        having = [
            m
            for m in chosen
            if all(name in m.fields and m.home_place(name) for name in segment.where)
        ]
        if not having:
            raise AnnouncementError(
                f"no type has {' and '.join(sorted(segment.where))} in its own record:"
                " name fields of the data map"
            )
        return [
            _Part(
                model,
                {name: _canonical(model, name, text) for name, text in segment.where.items()},
                self._datamap.subjects[model.name].language,
            )
            for model in having
        ]

    async def _page(self, part: _Part, documents: Sequence[Document]) -> list[Addressee]:
        model = part.model
        people = [(key, home) for home in documents for key in sorted(keys_in(model, home))]
        names = {key: self._tokens.pseudonym(model.name, key) for key, _ in people}
        key_names = {
            key: key_name(SubjectRef(type=model.name, key=key), name) for key, name in names.items()
        }
        data_keys: dict[str, Any] = {}
        if part.sealed:
            data_keys = await self._vault.data_keys(key_names.values())
        holds = await self._holds(model, names)
        made = []
        for key, document in people:
            person = owner(model, key, self._tokens, data_keys.get(key_names[key]))
            if not part.asks_for(document, person):
                continue
            mails = (c.value for c in contacts(model, document, person) if c.kind == "mail")
            made.append(
                Addressee(
                    names[key], next(mails, None), part.speaks(document, person), holds.get(key)
                )
            )
        return made

    async def _holds(self, model: SubjectModel, people: Mapping[str, str]) -> dict[str, Hold]:
        """Whose address is disputed, and who is being deleted."""
        ids = {key: control_id(model.name, parse_key(key, model.key_type)) for key in people}
        cursor = self._db[COLLECTION].find({"_id": {"$in": list(ids.values())}}, projection(()))
        found = {known_id(document["_id"]): document for document in await cursor.to_list(None)}
        mails = {n for n, f in model.fields.items() if f.contact and f.contact.kind == "mail"}
        made: dict[str, Hold] = {}
        for key, id_ in ids.items():
            control = Control.read(id_, found.get(known_id(id_)))
            if control.deletion is not None:
                made[key] = "deleting"
            elif mails & control.restricted.keys():
                made[key] = "restricted"
        return made


def _canonical(model: SubjectModel, name: str, text: str) -> Any:
    spec = model.fields[name].value
    spec = spec.of if isinstance(spec, ListSpec) else spec
    if isinstance(spec, ObjectSpec):
        raise AnnouncementError(f"{name} has parts: a segment asks for fields of a single value")
    try:
        return check(spec, text)
    except ValueRefused as refused:
        raise AnnouncementError(f"{name} cannot have that value: {refused.code}") from None


def _has(value: Any, wanted: Any) -> bool:
    return wanted in value if isinstance(value, list) else bool(value == wanted)
