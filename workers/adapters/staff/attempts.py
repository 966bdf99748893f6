"""How often something was tried within a time, counted by the database's own clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from workers.adapters.mongo import Database, ensure_indexes, reaching

INDEXES = [IndexModel([("ends_at", ASCENDING)], name="ends_at", expireAfterSeconds=0)]


class Attempts:
    """The collection `attempts`: `{_id, n, ends_at}`. Nothing is locked for ever: a time ends."""

    def __init__(self, db: Database) -> None:
        self._attempts = db["attempts"]

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the index; returns it where it was missing."""
        return await ensure_indexes(self._attempts, INDEXES, plan=plan)

    async def count(self, name: str, within: timedelta) -> int:
        """One more; how many there were within this time. Many at once count as many."""
        return (await self.add(name, within, 1))[0]

    async def add(self, name: str, within: timedelta, n: int) -> tuple[int, float]:
        """So many more; how many there are in this window, and in how many seconds it ends."""
        over = {"$lte": [{"$ifNull": ["$ends_at", "$$NOW"]}, "$$NOW"]}
        ends = {"$add": ["$$NOW", int(within.total_seconds() * 1000)]}
        change: list[dict[str, Any]] = [
            {
                "$set": {
                    "n": {"$cond": [over, n, {"$add": ["$n", n]}]},
                    "ends_at": {"$cond": [over, ends, "$ends_at"]},
                }
            }
        ]
        with reaching("MongoDB"):
            try:
                return await self._changed(name, change)
            except DuplicateKeyError:
                # Somebody else was the first to count at the same moment.
                return await self._changed(name, change)

    async def _changed(self, name: str, change: list[dict[str, Any]]) -> tuple[int, float]:
        found = await self._attempts.find_one_and_update(
            {"_id": name},
            change,
            projection={"n": 1, "left": {"$subtract": ["$ends_at", "$$NOW"]}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return int(found["n"]), found["left"] / 1000
