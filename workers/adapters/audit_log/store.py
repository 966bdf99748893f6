"""The log in MongoDB: entries by their number, checkpoints by the size that they sign, receipts.

Whatever one round adds is one transaction, with a checkpoint under a unique previous size: of two
notaries that go on from the same checkpoint one adds everything, the other nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, UpdateOne
from pymongo.errors import PyMongoError

from schemas.audit_log import LogEntry
from schemas.errors import LogBroken
from workers.adapters.mongo import DUPLICATE_KEY, Database, ensure_indexes, reaching
from workers.adapters.subject_data.sessions import is_conflict, transaction

ENTRIES: Final = "audit_entries"
CHECKPOINTS: Final = "audit_checkpoints"
RECEIPTS: Final = "receipts"
REQUESTS: Final = "requests"

_ENTRY_INDEXES = [
    IndexModel([("request", ASCENDING), ("version", ASCENDING)], name="transition", unique=True)
]
_CHECKPOINT_INDEXES = [IndexModel([("previous", ASCENDING)], name="previous", unique=True)]


@dataclass(frozen=True, slots=True)
class Head:
    """The newest checkpoint: the tree as far as it is signed."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()
    root: bytes | None = None
    note: str = ""


class AuditLog:
    """Reads the log, and adds to it; nothing of it is ever changed."""

    def __init__(self, db: Database) -> None:
        """Of the database that holds our own collections."""
        self._db = db
        self._entries = db[ENTRIES]
        self._checkpoints = db[CHECKPOINTS]
        self._receipts = db[RECEIPTS]

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the indexes; returns those that were missing."""
        missing = await ensure_indexes(self._entries, _ENTRY_INDEXES, plan=plan)
        return missing + await ensure_indexes(self._checkpoints, _CHECKPOINT_INDEXES, plan=plan)

    async def head(self) -> Head:
        """The newest checkpoint."""
        with reaching("MongoDB"):
            found = await self._checkpoints.find_one(sort=[("_id", DESCENDING)])
        return _head(found) if found else Head()

    async def known(self, requests: Iterable[str]) -> dict[str, int]:
        """Per request that the log knows, the newest version that it has of it."""
        newest: dict[str, int] = {}
        wanted = {"request": {"$in": list(requests)}}
        with reaching("MongoDB"):
            # By the index alone.
            cursor = self._entries.find(wanted, {"_id": 0, "request": 1, "version": 1})
            async for row in cursor:
                newest[row["request"]] = max(row["version"], newest.get(row["request"], 0))
        return newest

    async def append(
        self,
        before: Head,
        after: Head,
        entries: Sequence[LogEntry],
        receipts: Mapping[str, dict[str, Any]],
    ) -> bool:
        """Add all of it, or nothing; False: another notary was faster.

        `LogBroken` where the log holds already, of nobody's adding, what would be added.
        """
        checkpoint = {
            "_id": after.size,
            "previous": before.size,
            "root": after.root,
            "peaks": list(after.peaks),
            "note": after.note,
        }
        rows = [
            InsertOne({"_id": before.size + n, **entry.model_dump()})
            for n, entry in enumerate(entries)
        ]
        kept = [
            UpdateOne({"_id": request}, {"$set": {"document": document}}, upsert=True)
            for request, document in receipts.items()
        ]
        with reaching("MongoDB"):
            try:
                async with transaction(self._db) as session:
                    await session.write(CHECKPOINTS, [InsertOne(checkpoint)])
                    await session.write(ENTRIES, rows)
                    if kept:
                        await session.write(RECEIPTS, kept)
            except PyMongoError as error:
                if is_conflict(error):
                    return False
                if not _is_there(error):
                    raise
                if await self.head() != before:
                    return False
                raise LogBroken(
                    "the log holds more than its newest checkpoint signs, or a history has the same"
                    " transition twice: `dsr audit verify` names it"
                ) from error
        return True

    async def receipts(self, requests: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The signed receipts of these requests, by id; of each the newest revision."""
        with reaching("MongoDB"):
            found = self._receipts.find({"_id": {"$in": list(requests)}})
            return {row["_id"]: row["document"] async for row in found}

    async def entries_of(self, requests: Iterable[str]) -> dict[str, list[tuple[int, LogEntry]]]:
        """Per request its entries, each with its number, in no order."""
        found: dict[str, list[tuple[int, LogEntry]]] = {}
        with reaching("MongoDB"):
            async for row in self._entries.find({"request": {"$in": list(requests)}}):
                if (entry := _entry(row)) is not None:
                    found.setdefault(entry.request, []).append((row["_id"], entry))
        return found

    async def checkpoints(self) -> AsyncIterator[tuple[int, Head]]:
        """All of them from the smallest on, each with the size that it says it follows."""
        with reaching("MongoDB"):
            async for row in self._checkpoints.find().sort("_id", ASCENDING):
                yield row["previous"], _head(row)

    async def entries(self, below: int) -> AsyncIterator[tuple[int, LogEntry]]:
        """All that can be read with a number below this, in order, each with its number."""
        with reaching("MongoDB"):
            async for row in self._entries.find({"_id": {"$lt": below}}).sort("_id", ASCENDING):
                if (entry := _entry(row)) is not None:
                    yield row["_id"], entry

    async def orphans(self, below: int) -> AsyncIterator[tuple[str, int]]:
        """The requests that are not there, and how many entries below this number are of them."""
        requests = {
            "from": REQUESTS,
            "localField": "_id",
            "foreignField": "_id",
            "pipeline": [{"$project": {"_id": 1}}],
            "as": "there",
        }
        pipeline: list[dict[str, Any]] = [
            {"$match": {"_id": {"$lt": below}}},
            {"$group": {"_id": "$request", "count": {"$sum": 1}}},
            {"$lookup": requests},
            {"$match": {"there": []}},
            {"$sort": {"_id": 1}},
        ]
        with reaching("MongoDB"):
            async for row in self._entries.aggregate(pipeline, allowDiskUse=True):
                yield str(row["_id"]), row["count"]

    async def strays(self) -> bool:
        """Whether there are entries beyond the newest checkpoint, which one notary never leaves."""
        with reaching("MongoDB"):
            beyond = {"_id": {"$gte": (await self.head()).size}}
            found = await self._entries.find_one(beyond, {"_id": 1}, sort=[("_id", DESCENDING)])
        return found is not None and found["_id"] >= (await self.head()).size


def _entry(row: Mapping[str, Any]) -> LogEntry | None:
    try:
        return LogEntry.model_validate(row)
    except ValidationError:
        return None


def _head(row: Mapping[str, Any]) -> Head:
    try:
        return Head(int(row["_id"]), tuple(row["peaks"]), row["root"], str(row["note"]))
    except (KeyError, TypeError, ValueError):
        raise LogBroken("a checkpoint of the log cannot be read: it was altered") from None


def _is_there(error: PyMongoError) -> bool:
    """Whether a unique index holds it already."""
    details = getattr(error, "details", None) or {}
    return any(one.get("code") == DUPLICATE_KEY for one in details.get("writeErrors", []))
