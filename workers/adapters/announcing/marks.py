"""Who got which announcement: one small document for each, by pseudonym, never an address.

The attempt is marked before a mail leaves, its outcome after, as for every mail (I8). A run that
was killed leaves marks without an outcome: those people are sent the same bytes once more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from pymongo import ASCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from schemas.announcement import Announcement
from schemas.errors import AnnouncementError
from workers.adapters.mongo import DUPLICATE_KEY, Database, ensure_indexes, reaching, write_errors
from workers.ports import MailResult

_SETTLED: Final = ("sent", "undeliverable")
_BECAME: Final = {"sent": "sent", "refused": "undeliverable", "put_off": "put_off"}

INDEXES: Final = [
    IndexModel([("announcement", ASCENDING), ("status", ASCENDING)], name="status"),
]


class MongoMarks:
    """In our own database: `announcements`, and a mark for each person in `announcement_marks`."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._announcements = db["announcements"]
        self._marks = db["announcement_marks"]
        self._now = now

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the indexes; returns those that were missing."""
        return await ensure_indexes(self._marks, INDEXES, plan=plan)

    async def begin(self, announcement: Announcement, run: str) -> datetime:
        """Its first beginning, the date of every mail; `AnnouncementError` for other words."""
        begin = partial(
            self._announcements.find_one_and_update,
            {"_id": announcement.id, "fingerprint": announcement.fingerprint},
            {
                "$setOnInsert": {
                    "effective": announcement.effective.isoformat(),
                    "begun_at": self._now(),
                },
                "$set": {"run": run},
            },
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        with reaching("MongoDB"):
            try:
                try:
                    begun = await begin()
                except DuplicateKeyError:
                    # Of two runs that begin at once one inserts, and the other finds it now.
                    begun = await begin()
            except DuplicateKeyError:
                raise AnnouncementError(
                    f"{announcement.id} was begun with other words: give the changed text an id"
                    " of its own, or go on with the file as it was"
                ) from None
        begun_at: datetime = begun["begun_at"]
        return begun_at

    async def is_ours(self, announcement: str, run: str) -> bool:
        """Whether no other run has taken over."""
        query = {"_id": announcement, "run": run}
        with reaching("MongoDB"):
            return await self._announcements.find_one(query, {"_id": 1}) is not None

    async def settled(self, announcement: str, people: Collection[str]) -> set[str]:
        """Those who have it, or cannot get it."""
        query = {"_id": {"$in": _ids(announcement, people)}, "status": {"$in": _SETTLED}}
        with reaching("MongoDB"):
            return {mark["person"] async for mark in self._marks.find(query, {"person": 1})}

    async def mark(self, announcement: str, people: Collection[str]) -> set[str]:
        """Mark an attempt at each; those who have it by now are not among the answer."""
        with reaching("MongoDB"):
            refused = await self._mark(announcement, people)
            if refused:
                # By a mark that another run made since we looked, or by one that is settled: only
                # the second is refused again.
                refused = await self._mark(announcement, refused)
        return set(people) - refused

    async def _mark(self, announcement: str, people: Collection[str]) -> set[str]:
        """Those for whom it could neither change a mark nor make one."""
        attempt = {"status": "marked", "at": self._now()}
        asked = sorted(people)
        updates = [
            UpdateOne(
                {"_id": id_, "status": {"$nin": _SETTLED}},
                {
                    "$inc": {"marks": 1},
                    "$set": attempt,
                    "$setOnInsert": {"announcement": announcement, "person": person},
                },
                upsert=True,
            )
            for id_, person in zip(_ids(announcement, asked), asked, strict=True)
        ]
        try:
            await self._marks.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            failed = write_errors(error)
            if any(item["code"] != DUPLICATE_KEY for item in failed):
                raise
            return {asked[item["index"]] for item in failed}
        return set()

    async def record(self, announcement: str, results: Mapping[str, MailResult]) -> None:
        """What became of the attempts."""
        now = self._now()
        updates = [
            UpdateOne(
                # Of two copies that left, one that the server took counts.
                {"_id": id_, "status": {"$ne": "sent"}},
                {"$set": {"status": _BECAME[result.status], "code": result.code, "at": now}},
            )
            for id_, result in zip(_ids(announcement, results), results.values(), strict=True)
        ]
        if updates:
            with reaching("MongoDB"):
                await self._marks.bulk_write(updates, ordered=False)

    async def undeliverable(self, announcement: str, limit: int) -> list[str]:
        """The pseudonyms of those who cannot get it."""
        query = {"announcement": announcement, "status": "undeliverable"}
        with reaching("MongoDB"):
            found = self._marks.find(query, {"person": 1}).sort("_id", 1).limit(limit)
            return [mark["person"] async for mark in found]


def _ids(announcement: str, people: Collection[str]) -> list[str]:
    return [f"{announcement}:{person}" for person in people]
