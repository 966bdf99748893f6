"""The disclosure gate: may these fields go to this recipient, and the record that they did.

Asked and recorded in one transaction that also moves the subject's control document: a restriction
or a deletion that comes at the same moment is either before it, and refuses it, or after it, and
finds it in the ledger. The ledger is the company's own, at the paths that the data map gives.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pymongo import InsertOne
from pymongo.errors import PyMongoError

from schemas.datamap import DataMap, DisclosureLedger, KeyLink, Path, Purpose, SubjectType
from schemas.disclosure import DisclosureWish, Hindrance, Permission
from schemas.errors import Unreachable
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.control import COLLECTION, Control, control_id, projection
from workers.adapters.subject_data.keys import identity, parse_key
from workers.adapters.subject_data.sessions import Transaction, is_conflict, transaction

TRIES: Final = 8
_HERE: Final = "The company's database"


class Moved(Exception):
    """Somebody changed what was read; the same again may well succeed."""


class Gate:
    """Of one company database."""

    def __init__(self, db: Database, datamap: DataMap) -> None:
        self._db = db
        self._datamap = datamap

    async def ask(self, wish: DisclosureWish, now: datetime) -> Permission:
        """Whether it may be; where the wish says so, it is recorded as done."""
        if hindrances := tuple(self._by_map(wish)):
            return Permission(hindrances)
        with reaching(_HERE):
            for attempt in range(TRIES):
                try:
                    async with transaction(self._db, commit=wish.record) as tx:
                        return await self._decide(tx, wish, now)
                except Moved:
                    pass
                except PyMongoError as error:
                    if not is_conflict(error):
                        raise
                await asyncio.sleep(random.uniform(0.005, 0.02) * (attempt + 1))  # noqa: S311
        raise Unreachable("somebody else keeps changing this person's data; ask again")

    def _by_map(self, wish: DisclosureWish) -> Iterable[Hindrance]:
        """What the data map alone forbids."""
        recipient = self._datamap.recipients.get(wish.recipient)
        if recipient is None or recipient.subject != wish.subject.type:
            yield Hindrance("unknown_recipient")
            return
        yield from (
            Hindrance("not_for_recipient", name)
            for name in wish.fields
            if name not in recipient.fields
        )
        if ledger_of(self._datamap, wish.subject.type) is None:
            yield Hindrance("no_ledger")
        if wish.basis.kind == "consent":
            purposes = self._datamap.subjects[wish.subject.type].purposes
            purpose = purposes.get(wish.basis.reference)
            if purpose is None:
                yield Hindrance("unknown_purpose")
            elif wish.recipient not in purpose.recipients:
                yield Hindrance("not_for_purpose")

    async def _decide(self, tx: Transaction, wish: DisclosureWish, now: datetime) -> Permission:
        subject = self._datamap.subjects[wish.subject.type]
        ledger = ledger_of(self._datamap, wish.subject.type)
        assert ledger is not None and ledger.record is not None, "the map was asked before"
        if (earlier := await _earlier(tx, ledger, wish)) is not None:
            return _repeated(ledger, wish, earlier)
        raw = parse_key(wish.subject.key, subject.key_type)
        homes = [] if raw is None else await tx.find(subject.home, *_home(subject, raw), limit=1)
        if not homes:
            return Permission((Hindrance("unknown_person"),))
        id_ = control_id(wish.subject.type, raw)
        found = await tx.find(COLLECTION, {"_id": id_}, projection(()))
        control = Control.read(id_, found[0] if found else None)
        if control.deletion is not None:
            return Permission((Hindrance("deleted"),))
        hindrances = [
            Hindrance("restricted", name) for name in wish.fields if control.restricted.get(name)
        ]
        if wish.basis.kind == "consent":
            purpose = subject.purposes[wish.basis.reference]
            if not await self._consented(tx, subject, wish.subject.type, purpose, homes[0], raw):
                hindrances.append(Hindrance("no_consent"))
        if hindrances or not wish.record:
            return Permission(tuple(hindrances))
        done = await tx.write(COLLECTION, [control.touch()])
        if done.matched_count + done.upserted_count != 1:
            raise Moved
        at = wish.at or now
        await tx.write(ledger.collection, [InsertOne(entry(ledger, wish, raw, at))])
        return Permission(recorded=at)

    async def _consented(  # noqa: PLR0913, PLR0917 - whose consent, and where it stands
        self,
        tx: Transaction,
        subject: SubjectType,
        kind: str,
        purpose: Purpose,
        home: Mapping[str, Any],
        raw: Any,
    ) -> bool:
        """Whether it stands in at least one place, and is withdrawn in none."""
        given = False
        for consent in purpose.consents:
            collection = consent.collection or subject.home
            if collection == subject.home:
                value = _at(home, consent.path)
                if value is None or identity(value) == identity(consent.withdrawn):
                    return False
                given = True
                continue
            link = self._datamap.collections[collection].links.get(kind)
            if isinstance(link, KeyLink):
                theirs = parse_key(str(raw), link.key_type or subject.key_type)
                said = {link.key.query: theirs, consent.path.query: consent.withdrawn}
                if await tx.find(collection, said, {}, limit=1):
                    return False
        return given


def _home(subject: SubjectType, raw: Any) -> tuple[dict[str, Any], list[str]]:
    """How the person's own record is found, and what is read of it."""
    consents = (c.path for p in subject.purposes.values() for c in p.consents if not c.collection)
    return {subject.key.query: raw}, _tops([subject.key, *consents])


def ledger_of(datamap: DataMap, subject: str) -> DisclosureLedger | None:
    """The ledger that disclosures of these people are recorded in."""
    return next((one for one in datamap.disclosures if one.subject == subject and one.record), None)


def entry(ledger: DisclosureLedger, wish: DisclosureWish, raw: Any, at: datetime) -> dict[str, Any]:
    """The ledger's document, in the company's own names."""
    record = ledger.record
    assert record is not None, "only such ledgers are written"
    key = parse_key(str(raw), ledger.key_type) if ledger.key_type else raw
    recipients = {ours: stored for stored, ours in ledger.recipient_names.items()}
    fields = {ours: stored for stored, ours in ledger.field_names.items()}
    made: dict[str, Any] = {}
    for path, value in (
        (record.id, wish.id),
        (ledger.subject_key, key),
        (ledger.recipient, recipients.get(wish.recipient, wish.recipient)),
        (ledger.fields, [fields.get(name, name) for name in wish.fields]),
        (ledger.at, at),
        (record.basis, wish.basis.kind),
        (record.reference, wish.basis.reference),
    ):
        _set(made, path, value)
    return made


async def _earlier(
    tx: Transaction, ledger: DisclosureLedger, wish: DisclosureWish
) -> Mapping[str, Any] | None:
    assert ledger.record is not None, "only such ledgers are written"
    query = {ledger.record.id.query: wish.id}
    found = await tx.find(ledger.collection, query, _tops(_written(ledger)), limit=1)
    return found[0] if found else None


def _repeated(
    ledger: DisclosureLedger, wish: DisclosureWish, earlier: Mapping[str, Any]
) -> Permission:
    """The same again is the same answer; the same id for something else is refused."""
    first = _at(earlier, ledger.at)
    raw = _at(earlier, ledger.subject_key)
    same = entry(ledger, wish, raw, first)
    if str(raw) != wish.subject.key or any(
        _at(earlier, p) != _at(same, p) for p in _written(ledger)
    ):
        return Permission((Hindrance("id_used_otherwise"),))
    return Permission(recorded=first)


def _written(ledger: DisclosureLedger) -> tuple[Path, ...]:
    """Every path that an entry has."""
    record = ledger.record
    assert record is not None, "only such ledgers are written"
    ours = (ledger.subject_key, ledger.recipient, ledger.fields, ledger.at)
    return (record.id, *ours, record.basis, record.reference)


def _tops(paths: Iterable[Path]) -> list[str]:
    return sorted({path.steps[0] for path in paths})


def _at(document: Mapping[str, Any], path: Path) -> Any:
    value: Any = document
    for step in path.steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _set(document: dict[str, Any], path: Path, value: Any) -> None:
    *above, last = path.steps
    for step in above:
        document = document.setdefault(step, {})
    document[last] = value
