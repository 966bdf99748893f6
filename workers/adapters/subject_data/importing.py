"""Disclosures that were made before there was a gate: recorded as they were, in groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pymongo.errors import BulkWriteError

from schemas.datamap import DataMap
from schemas.disclosure import DisclosureWish
from workers.adapters.mongo import DUPLICATE_KEY, Database, reaching
from workers.adapters.subject_data.gate import entry, ledger_of
from workers.adapters.subject_data.keys import identity, parse_key

Imported = Literal["imported", "already", "unknown_recipient", "unknown_person", "unknown_field"]
_HERE = "The company's database"


class Importer:
    """Writes into the ledgers of the data map. What is a fact is not judged: no basis is asked."""

    def __init__(self, db: Database, datamap: DataMap) -> None:
        self._db = db
        self._datamap = datamap

    async def record(self, wishes: Sequence[DisclosureWish], now: datetime) -> list[Imported]:
        """What became of each: an id that stands already is not written again."""
        fates: list[Imported] = [self._fate(wish) for wish in wishes]
        by_type: dict[str, list[int]] = defaultdict(list)
        for number, wish in enumerate(wishes):
            if fates[number] == "imported":
                by_type[wish.subject.type].append(number)
        with reaching(_HERE):
            for kind, numbers in by_type.items():
                await self._write(kind, numbers, wishes, fates, now)
        return fates

    def _fate(self, wish: DisclosureWish) -> Imported:
        recipient = self._datamap.recipients.get(wish.recipient)
        if recipient is None or recipient.subject != wish.subject.type:
            return "unknown_recipient"
        if ledger_of(self._datamap, wish.subject.type) is None:
            return "unknown_recipient"
        # What it received may be more than it may receive today: a fact is recorded all the same.
        known = self._datamap.subjects[wish.subject.type].fields
        return "imported" if known.keys() >= set(wish.fields) else "unknown_field"

    async def _write(
        self,
        kind: str,
        numbers: Sequence[int],
        wishes: Sequence[DisclosureWish],
        fates: list[Imported],
        now: datetime,
    ) -> None:
        subject, ledger = self._datamap.subjects[kind], ledger_of(self._datamap, kind)
        assert ledger is not None, "asked before"
        raws = {n: parse_key(wishes[n].subject.key, subject.key_type) for n in numbers}
        query = {subject.key.query: {"$in": [raw for raw in raws.values() if raw is not None]}}
        there = await self._db[subject.home].distinct(subject.key.query, query)
        known = {identity(raw) for raw in there}
        rows: list[dict[str, Any]] = []
        written: list[int] = []
        for number, raw in raws.items():
            if raw is None or identity(raw) not in known:
                fates[number] = "unknown_person"
                continue
            wish = wishes[number]
            rows.append(entry(ledger, wish, raw, wish.at or now))
            written.append(number)
        if not rows:
            return
        try:
            await self._db[ledger.collection].insert_many(rows, ordered=False)
        except BulkWriteError as error:
            for failed in (error.details or {})["writeErrors"]:
                if failed["code"] != DUPLICATE_KEY:
                    raise
                fates[written[failed["index"]]] = "already"
