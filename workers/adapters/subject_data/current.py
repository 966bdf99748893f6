"""Values as they stand now, for whoever is to be told; nothing that others have restricted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson import Decimal128

from schemas.datamap import DataMap
from schemas.errors import DsrError, PutOff, ValueRefused
from schemas.notice import SUBJECT_GONE
from schemas.request import SubjectRef
from schemas.values import check
from workers.adapters.coalesce import Coalesced
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data import owners as owning
from workers.adapters.subject_data.changes import Owner, Test, leaf_positions, opened
from workers.adapters.subject_data.control import COLLECTION, Control, control_id
from workers.adapters.subject_data.items import known_id, owner
from workers.adapters.subject_data.keys import key_text, parse_key
from workers.adapters.subject_data.owners import Needles
from workers.adapters.subject_data.places import Leaf, Place, SubjectModel
from workers.adapters.subject_data.positions import MISSING
from workers.adapters.subject_data.sealing import Tokens, Vault, key_name
from workers.adapters.subject_data.sessions import Document, Snapshot, snapshot

Asked = tuple[str, str, tuple[str, ...], str | None]
"""Type, key, fields, and the request on whose behalf."""


@dataclass(frozen=True, slots=True)
class CurrentValues:
    """Canonical values as they stand, and the subject's sequence number at that same moment."""

    values: Mapping[str, Any]
    seq: int
    keys: Mapping[str, str]
    """Per recipient what it knows the person by."""
    withheld: frozenset[str] = frozenset()
    """Fields whose use the person has suspended, by another request: they have no value here."""

    def key_for(self, recipient: str) -> str:
        """What this recipient knows the person by; PutOff where the record does not have it."""
        if recipient not in self.keys:
            raise PutOff("no_recipient_key")
        return self.keys[recipient]


class CurrentReader:
    """`current`, for as many subjects at once as are asked for."""

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
        self._asked: Coalesced[Asked, CurrentValues] = Coalesced(self._read, limit=64)
        self._standing: Coalesced[Asked, Mapping[str, Any]] = Coalesced(self._stands, limit=64)

    async def current(
        self, subject: SubjectRef, fields: Sequence[str], request: str | None = None
    ) -> CurrentValues:
        """The fields' values, read at one moment on a majority.

        With `request`, a recipient who knows the person by a field that this very request changed
        is told the value before. `PutOff` with `restricted` where another request restricts a
        field, with `subject_gone` where there is no such subject any more.
        """
        return await self._asked.load((subject.type, subject.key, tuple(fields), request))

    async def standing(self, subject: SubjectRef, fields: Sequence[str]) -> Mapping[str, Any]:
        """The fields' values for a decision of ours, restricted or not; empty for nobody."""
        return await self._standing.load((subject.type, subject.key, tuple(fields), None))

    async def _stands(self, asked: Sequence[Asked]) -> Mapping[Asked, Mapping[str, Any]]:
        with reaching("The company's database"):
            owners = await self._owners(asked)
            async with snapshot(self._db) as reader:
                homes = await self._homes(reader, asked)
        return {
            one: {
                name: standing(self._models[one[0]], name, homes[one[:2]], owners[one[:2]])
                for name in one[2]
            }
            if one[:2] in homes
            else {}
            for one in asked
        }

    async def _read(self, asked: Sequence[Asked]) -> Mapping[Asked, CurrentValues | Exception]:
        with reaching("The company's database"):
            owners = await self._owners(asked)
            async with snapshot(self._db) as reader:
                controls = await self._controls(reader, asked)
                homes = await self._homes(reader, asked)
        made: dict[Asked, CurrentValues | Exception] = {}
        for one in asked:
            try:
                made[one] = self._values(one, owners[one[:2]], controls, homes)
            except DsrError as error:
                made[one] = error
        return made

    async def _owners(self, asked: Sequence[Asked]) -> dict[tuple[str, str], Owner]:
        subjects = {one[:2] for one in asked}
        sealed = {
            (kind, key): key_name(SubjectRef(type=kind, key=key), self._tokens.pseudonym(kind, key))
            for kind, key in subjects
            if any(field.sealed for field in self._models[kind].fields.values())
        }
        keys = await self._vault.data_keys(sealed.values()) if sealed else {}
        return {
            subject: owner(
                self._models[subject[0]],
                subject[1],
                self._tokens,
                keys.get(sealed.get(subject, "")),
            )
            for subject in subjects
        }

    async def _controls(self, reader: Snapshot, asked: Sequence[Asked]) -> dict[Any, Control]:
        ids = [control_id(kind, self._raw(kind, key)) for kind, key, _, _ in asked]
        requests = {request for *_, request in asked if request}
        fields = ["seq", "restricted", "standing", *(f"slots.{request}" for request in requests)]
        read = await reader.find(COLLECTION, {"_id": {"$in": ids}}, fields)
        found = {known_id(document["_id"]): document for document in read}
        return {known_id(id_): Control.read(id_, found.get(known_id(id_))) for id_ in ids}

    async def _homes(
        self, reader: Snapshot, asked: Sequence[Asked]
    ) -> dict[tuple[str, str], Document]:
        by_type: dict[str, list[Asked]] = defaultdict(list)
        for one in asked:
            by_type[one[0]].append(one)
        homes: dict[tuple[str, str], Document] = {}
        for kind, group in by_type.items():
            model, wanted = self._models[kind], Needles()
            for number, (_, key, _, _) in enumerate(group):
                if (raw := self._raw(kind, key)) is not None:
                    wanted.add(raw, (number,))
            query = wanted.query(model.key)
            names = model.known_by.union(*(fields for _, _, fields, _ in group))
            tops = sorted(model.reading(names).home_tops)
            read = await reader.find(model.home.collection, query, tops) if query else []
            for document in read:
                for number in owning.owners_of(document, model.key, wanted):
                    homes[group[number][:2]] = document
        return homes

    def _values(
        self,
        asked: Asked,
        subject: Owner,
        controls: Mapping[Any, Control],
        homes: Mapping[tuple[str, str], Document],
    ) -> CurrentValues:
        kind, key, fields, request = asked
        model = self._models[kind]
        home = homes.get((kind, key))
        if home is None:
            raise PutOff(SUBJECT_GONE)
        control = controls[known_id(control_id(kind, self._raw(kind, key)))]
        if control.restricted_by_others(request, fields):
            raise PutOff("restricted")
        was = control.slots.get(request or "", {}).get("was", {})
        keys = {}
        for name, recipient in self._datamap.recipients.items():
            if recipient.subject != kind:
                continue
            by = recipient.subject_key
            known = key if by == "key" else standing(model, by, home, subject, stored=was.get(by))
            if known is not None and not control.restricted_by_others(request, (by,)):
                keys[name] = str(known)
        withheld = control.suspended(request, fields)
        values = {
            name: standing(model, name, home, subject) for name in fields if name not in withheld
        }
        return CurrentValues(values, control.seq, keys, withheld)

    def _raw(self, kind: str, key: str) -> Any:
        return parse_key(key, self._models[kind].key_type)


def standing(
    model: SubjectModel, field: str, home: Document, subject: Owner, *, stored: Any = None
) -> Any:
    """The field's canonical value as it stands at home; None where nothing does.

    `stored` takes the place of what stands there. A value that no longer fits its field is given
    as plain JSON.
    """
    place = model.home_place(field)
    if place is None:
        return None

    def holds(raw: Any) -> bool:
        return key_text(raw, model.key_type) == subject.text

    parts = {
        leaf.part: _leaf_value(place, leaf, home, subject, holds=holds, stored=stored)
        for leaf in place.leaves
    }
    if None in parts:
        return parts[None]
    return parts if any(part is not None for part in parts.values()) else None


def _leaf_value(  # noqa: PLR0913 - a leaf, and where it is read
    place: Place, leaf: Leaf, home: Document, subject: Owner, *, holds: Test, stored: Any
) -> Any:
    for position in leaf_positions(leaf, home, subject.text, holds):
        value = position.value if stored is None else stored
        if value is MISSING:
            return None
        value = plain(opened(place, leaf, value, subject), leaf.zone)
        try:
            return None if value is None else check(leaf.spec, value)
        except ValueRefused:
            return value
    return None


def plain(value: Any, zone: str) -> Any:  # noqa: PLR0911 - one line per type
    """A stored value as JSON has it: dates as days of the field's zone, numbers as numbers."""
    match value:
        case None | bool() | float() | str():
            return value
        case int():
            return int(value)
        case datetime():
            return value.astimezone(ZoneInfo(zone)).date().isoformat()
        case Decimal128():
            number = value.to_decimal()
            whole = number.is_finite() and number == number.to_integral_value()
            return int(number) if whole else float(number)
        case list():
            return [plain(item, zone) for item in value]
        case dict():
            return {name: plain(item, zone) for name, item in value.items()}
        case _:
            return str(value)
