"""Which requests have transitions that the log lacks: each commit leaves a mark, `unlogged`.

The mark is the time of the first of them, so that the oldest come first; only marked requests are
in its index. It is taken off where nothing was committed meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError
from pymongo import UpdateOne

from schemas.lifecycle import Status
from schemas.receipts import Logged
from workers.adapters.audit_log.store import REQUESTS
from workers.adapters.migrations.batches import in_batches
from workers.adapters.mongo import Database, reaching

_READS: Final = dict.fromkeys(
    [*(field.alias or name for name, field in Logged.model_fields.items())], 1
)


_FINAL: Final = [status.value for status in Status if status.final]
QUIET: Final = timedelta(seconds=2)
"""How long a request that is done waits for what is still recorded of it."""
OPEN: Final = timedelta(minutes=1)
"""The same of one that is not: most are done by then, and taken to the log once and not thrice."""


class Pending:
    """Reads and writes the marks."""

    def __init__(self, db: Database) -> None:
        self._requests = db[REQUESTS]

    async def take(self, now: datetime, limit: int) -> list[Logged]:
        """Those that have waited long enough at this time of the database, the oldest first."""
        ripe: Mapping[str, Any] = {
            "unlogged": {"$lte": now - QUIET},
            "$or": [{"status": {"$in": _FINAL}}, {"unlogged": {"$lte": now - OPEN}}],
        }
        with reaching("MongoDB"):
            cursor = self._requests.find(ripe, _READS).sort("unlogged", 1)
            found = await cursor.to_list(limit)
        return [*_readable(found)]

    async def all(self, together: int) -> AsyncIterator[list[Logged]]:
        """Every request, marked or not, so many at a time."""
        with reaching("MongoDB"):
            cursor = self._requests.find({}, _READS, batch_size=together)
            while found := await cursor.to_list(together):
                yield [*_readable(found)]

    async def done(self, requests: Sequence[Logged]) -> None:
        """The log has these as they were read; whoever moved on keeps its mark."""
        if not requests:
            return
        updates = [
            UpdateOne(
                {"_id": one.id, "version": one.version},
                {"$set": {"logged": one.version}, "$unset": {"unlogged": ""}},
            )
            for one in requests
        ]
        with reaching("MongoDB"):
            await self._requests.bulk_write(updates, ordered=False)

    async def mark_missed(self) -> int:
        """Mark what was committed without a mark, by an older version; returns how many."""
        marked = 0
        unmarked: Mapping[str, Any] = {
            "unlogged": {"$exists": False},
            "$expr": {"$gt": ["$version", {"$ifNull": ["$logged", 0]}]},
        }
        with reaching("MongoDB"):
            async for ids in in_batches(self._requests, None):
                result = await self._requests.update_many(
                    {"_id": {"$in": ids}, **unmarked}, {"$currentDate": {"unlogged": True}}
                )
                marked += result.modified_count
        return marked


def _readable(found: Iterable[Mapping[str, Any]]) -> Iterator[Logged]:
    """Without those that only a newer version can read: its own notary takes them."""
    for document in found:
        with suppress(ValidationError):
            yield Logged.model_validate(document)
