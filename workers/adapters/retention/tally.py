"""What a sweep comes to, and the record of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from schemas.evidence import Finding
from workers.adapters.mongo import Database, reaching
from workers.ports.retention import SweepReport, Swept, Tell


class Tally:
    """Counts one sweep; every batch is in the record before the next one begins."""

    def __init__(self, ours: Database, now: datetime, *, dry_run: bool, tell: Tell) -> None:
        self.id = str(uuid.uuid4())
        self.now = now
        self.dry_run = dry_run
        self.left_alone = 0
        self._sweeps = ours["sweeps"]
        self._tell = tell
        self._swept: dict[tuple[str, str, str], Swept] = {}
        self._findings: Counter[tuple[str, str, str]] = Counter()
        self._keys = 0

    async def add(self, swept: Iterable[Swept], *, keys: int = 0) -> None:
        """One batch; written down unless this is a dry run."""
        changed = False
        for one in swept:
            if not (one.documents or one.changed):
                continue
            changed = True
            where = (one.what, one.name, one.collection)
            known = self._swept.get(where)
            self._swept[where] = one if known is None else _sum(known, one)
            self._tell(one.name, self._swept[where].documents)
        self._keys += keys
        if (changed or keys) and not self.dry_run:
            await self._record()

    def find(self, *findings: Finding) -> None:
        """What is due and stays, because something is in the way."""
        for one in findings:
            self._findings[one.collection, one.path, one.why] += one.documents

    def report(self) -> SweepReport:
        """All of it."""
        return SweepReport(
            id=self.id,
            at=self.now,
            dry_run=self.dry_run,
            swept=tuple(self._swept.values()),
            keys_destroyed=self._keys,
            left_alone=self.left_alone,
            findings=tuple(
                Finding.model_validate(
                    {"collection": name, "path": path, "documents": number, "why": why}
                )
                for (name, path, why), number in sorted(self._findings.items())
            ),
        )

    async def _record(self) -> None:
        lines: list[dict[str, Any]] = [asdict(one) for one in self._swept.values()]
        made = {"at": self.now, "swept": lines, "keys_destroyed": self._keys}
        with reaching("MongoDB"):
            await self._sweeps.update_one({"_id": self.id}, {"$set": made}, upsert=True)


def _sum(one: Swept, other: Swept) -> Swept:
    times = [time for time in (one.oldest, other.oldest) if time is not None]
    return replace(
        one,
        documents=one.documents + other.documents,
        archived=one.archived + other.archived,
        changed=one.changed + other.changed,
        oldest=min(times, default=None),
    )
