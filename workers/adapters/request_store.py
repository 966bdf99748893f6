"""Requests in MongoDB: one document each, every change one conditional update (D1).

A group is written in one unordered bulk: each transition is atomic on its own document, so a
neighbour that moved on, or whose lock is held, fails alone, and a stamp tells which were ours. One
transaction for the group would promise nothing more, and costs more with each index: inside of one,
mongod reads the catalogue anew for every index of every update.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, IndexModel, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError
from pymongo.write_concern import WriteConcern

from schemas.destruction import BY_AGE
from schemas.lifecycle import Advance, Debtor, Status
from schemas.request import Request, RequestRecord, to_document
from workers.adapters.database_clock import DatabaseClock
from workers.adapters.mongo import DUPLICATE_KEY, Database, ensure_indexes, reaching, write_errors
from workers.adapters.request_counts import RequestCounts
from workers.adapters.standing import AT_RISK
from workers.ports import Committed

LISTS = {"history": 0}
"""Not loaded for the work: it grows, and no stage reads it."""

INDEXES = [
    IndexModel([("tracking", ASCENDING)], name="tracking", unique=True),
    IndexModel([("next_due", ASCENDING)], name="next_due"),
    IndexModel([("outbox.at", ASCENDING)], name="outbox"),
    IndexModel([("unlogged", ASCENDING)], name="unlogged", sparse=True),
    IndexModel([("notice_ids", ASCENDING)], name="notice"),
    IndexModel([("subject", ASCENDING), ("challenges", ASCENDING)], name="challenges"),
    IndexModel([("status", ASCENDING), ("created_at", ASCENDING)], name="status"),
    IndexModel([("sender", ASCENDING), ("created_at", ASCENDING)], name="sender"),
    IndexModel([("likeness", ASCENDING), ("created_at", ASCENDING)], name="likeness"),
    IndexModel(
        [("jti", ASCENDING)],
        name="jti",
        unique=True,
        partialFilterExpression={"jti": {"$type": "string"}},
    ),
    IndexModel(
        [("tasks", ASCENDING)],
        name="tasks",
        partialFilterExpression={"tasks.0": {"$exists": True}},
    ),
    IndexModel(
        [("waits_for", ASCENDING)],
        name="waits_for",
        partialFilterExpression={"waits_for.0": {"$exists": True}},
    ),
    IndexModel(
        [("escalations.recipient", ASCENDING), ("escalations.at", ASCENDING)],
        name="escalations",
        partialFilterExpression={"escalations.0": {"$exists": True}},
    ),
    IndexModel(
        [("sending", ASCENDING)],
        name="sending",
        unique=True,
        partialFilterExpression={"sending.0": {"$exists": True}},
    ),
]

EMPTY: tuple[Any, ...] = (None, (), {})
"""Not written with a new request: most of it is empty, and mongod reads past it at every write."""

AFTER_ALL = BY_AGE[:-1] + chr(ord(BY_AGE[-1]) + 1)
"""Greater than the id of every deletion that a rule has opened."""

Operation = InsertOne[dict[str, Any]] | UpdateOne


class RequestStore(RequestCounts):
    """Loads and commits requests; every method takes a group."""

    def __init__(self, db: Database) -> None:
        """Of the database that holds our own collections."""
        super().__init__(db["requests"])
        self._loose = db["requests"].with_options(write_concern=WriteConcern(w=1))
        self.clock = DatabaseClock(db)

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the indexes; returns those that were missing."""
        return await ensure_indexes(self._requests, INDEXES, plan=plan)

    def now(self) -> datetime:
        """The database's time."""
        return self.clock.now()

    async def sync(self) -> None:
        """Ask the database for its time again."""
        await self.clock.sync()

    async def load(self, ids: Iterable[str]) -> dict[str, Request]:
        """Those of the requests that exist, by id."""
        return await self._find("_id", "id", ids)

    async def load_by_tracking(self, codes: Iterable[str]) -> dict[str, Request]:
        """Those of the requests that exist, by tracking code."""
        return await self._find("tracking", "tracking", codes)

    async def load_by_notice(self, notice: str) -> Request | None:
        """The request that a notice belongs to."""
        with reaching("MongoDB"):
            found = await self._requests.find_one({"notice_ids": notice}, LISTS)
        return Request.model_validate(found) if found else None

    async def record(self, tracking: str) -> RequestRecord | None:
        """One request with its history and what it still owes the broker."""
        with reaching("MongoDB"):
            found = await self._requests.find_one({"tracking": tracking})
        return RequestRecord.model_validate(found) if found else None

    async def records(
        self, status: str | None, limit: int, *, at_risk: bool = False
    ) -> list[RequestRecord]:
        """The newest requests, all or of one status; `at_risk`: those due for an alarm or late."""
        query: dict[str, Any] = {"status": status} if status else {}
        if at_risk:
            query = {"$and": [query, AT_RISK]}
        order = ("deadline", 1) if at_risk else ("created_at", -1)
        with reaching("MongoDB"):
            found = await self._requests.find(query).sort(*order).to_list(limit)
        return [RequestRecord.model_validate(document) for document in found]

    async def waiting(self, limit: int) -> list[RequestRecord]:
        """What a person must decide, the soonest due first."""
        with reaching("MongoDB"):
            found = self._requests.find({"status": Status.IN_REVIEW}).sort("deadline", 1)
            return [RequestRecord.model_validate(one) for one in await found.to_list(limit)]

    async def with_tasks(self, limit: int) -> list[Request]:
        """Requests that wait for a call or a letter, the most urgent first."""
        with reaching("MongoDB"):
            cursor = self._requests.find({"tasks.0": {"$exists": True}}, LISTS)
            found = await cursor.sort("next_due", 1).to_list(limit)
        return list(map(Request.model_validate, found))

    async def waiting_for(self, recipient: str, limit: int) -> list[Request]:
        """Requests with a notice that this recipient has not settled, the oldest first."""
        with reaching("MongoDB"):
            query = {"waits_for": recipient, "waits_for.0": {"$exists": True}}
            cursor = self._requests.find(query, LISTS)
            found = await cursor.sort("created_at", 1).to_list(limit)
        return list(map(Request.model_validate, found))

    async def all_records(self) -> AsyncIterator[RequestRecord]:
        """Every request, whole, one after the other."""
        with reaching("MongoDB"):
            async for document in self._requests.find({}, batch_size=200):
                yield RequestRecord.model_validate(document)

    async def _find(self, path: str, key: str, values: Iterable[str]) -> dict[str, Request]:
        wanted = list(set(values))
        if not wanted:
            return {}
        with reaching("MongoDB"):
            found = await self._requests.find({path: {"$in": wanted}}, LISTS).to_list(None)
        requests = map(Request.model_validate, found)
        return {getattr(request, key): request for request in requests}

    async def commit(self, advances: Sequence[Advance]) -> list[Committed]:
        """Write a group; per advance whether it stands, and the stamp of what it owes."""
        if not advances:
            return []
        stamp = uuid4().hex
        operations = [_write(advance, stamp) for advance in advances]
        with reaching("MongoDB"):
            locked = await self._one_by_one(operations)
            if locked is None:
                return [Committed("stands", stamp)] * len(advances)
            ours = await self._stamped([advance.request.id for advance in advances], stamp)
        return [
            Committed(
                "stands" if a.request.id in ours else "locked" if n in locked else "moved", stamp
            )
            for n, a in enumerate(advances)
        ]

    async def _one_by_one(self, operations: list[Operation]) -> set[int] | None:
        """Each for itself: None if all stand, else those that a unique index refused."""
        try:
            result = await self._requests.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            # 11000: the id exists, or the lock on a recipient is held by another request.
            failed = write_errors(error)
            if any(item["code"] != DUPLICATE_KEY for item in failed):
                raise
            return {item["index"] for item in failed}
        all_stand = result.matched_count + result.inserted_count == len(operations)
        return None if all_stand else set()

    async def _stamped(self, ids: list[str], stamp: str) -> set[str]:
        cursor = self._requests.find({"_id": {"$in": ids}, "stamp": stamp}, {"_id": 1})
        return {document["_id"] async for document in cursor}

    async def strike(self, ids: Iterable[str], stamps: Iterable[str]) -> None:
        """Strike off what these commits owed for these requests, now that the broker has it.

        Loosely acknowledged: a strike that is lost costs a duplicate, which has no effect.
        """
        with reaching("MongoDB"):
            await self._loose.update_many(
                {"_id": {"$in": list(ids)}}, {"$pull": {"outbox": {"group": {"$in": list(stamps)}}}}
            )

    async def due(self, limit: int) -> list[str]:
        """Ids of requests with a step whose time has come, the longest overdue first."""
        with reaching("MongoDB"):
            found = (
                await self._requests.find(
                    {
                        "$expr": {
                            "$and": [
                                {"$gt": ["$next_due", None]},
                                {"$lte": ["$next_due", "$$NOW"]},
                            ]
                        }
                    },
                    {"_id": 1},
                )
                .sort("next_due", 1)
                .to_list(limit)
            )
        return [document["_id"] for document in found]

    async def unshredded(self, epoch: int, after: str, limit: int) -> list[str]:
        """Ids above `after` of deletions whose keys were wrapped before this epoch."""
        query = {
            "_id": {"$gt": after},
            "certificate.key_epoch": {"$lt": epoch},
            "steps.shredding": {"$exists": True},
        }
        with reaching("MongoDB"):
            found = self._requests.find(query, {"_id": 1}).sort("_id", 1)
            return [document["_id"] for document in await found.to_list(limit)]

    async def owing(self, older_than: timedelta, limit: int, skip: int) -> list[Debtor]:
        """Requests with messages that a crash or a broker away left unsent, the oldest first."""
        before = self.now() - older_than
        with reaching("MongoDB"):
            found = (
                await self._requests.find(
                    {"outbox.at": {"$lt": before}}, {"tracking": 1, "outbox": 1}
                )
                .sort("outbox.at", 1)
                .skip(skip)
                .to_list(limit)
            )
        return [Debtor.model_validate(document) for document in found]

    async def final_of(self, pseudonyms: Sequence[str]) -> dict[str, list[str]]:
        """Per person, the ids of the requests that are final: their particulars go with a deletion.

        A deletion is not among them: the person may still ask what became of it.
        """
        found: dict[str, list[str]] = {name: [] for name in pseudonyms}
        query = {
            "subject": {"$in": list(pseudonyms)},
            "status": {"$in": [status for status in Status if status.final]},
            "kind": {"$ne": "deletion"},
        }
        with reaching("MongoDB"):
            async for document in self._requests.find(query, {"subject": 1}):
                found[document["subject"]].append(document["_id"])
        return found

    async def ended(self, after: str, limit: int) -> list[str]:
        """Ids, in order, of deletions by a retention rule that are not done yet."""
        query = {
            "_id": {"$gt": max(after, BY_AGE), "$lt": AFTER_ALL},
            "status": Status.VERIFIED,
            "steps.deletion": {"$exists": True},
        }
        with reaching("MongoDB"):
            found = await self._requests.find(query, {"_id": 1}).sort("_id", 1).to_list(limit)
        return [row["_id"] for row in found]

    async def open_of(self, pseudonyms: Sequence[str]) -> set[str]:
        """Those of these people who have a request that is not final."""
        query = {
            "subject": {"$in": list(pseudonyms)},
            "status": {"$in": [status for status in Status if not status.final]},
        }
        with reaching("MongoDB"):
            return set(await self._requests.distinct("subject", query))


def _write(advance: Advance, stamp: str) -> Operation:
    # `vars`, where a model's own iterator takes twenty times as long.
    entries = [{**vars(entry)} for entry in advance.entries]
    owes = [{**vars(out), "group": stamp} for out in advance.owes]
    if advance.before == 0:
        whole = to_document(advance.request)
        document = {name: value for name, value in whole.items() if value not in EMPTY}
        lists = {"history": entries, "outbox": owes}
        return InsertOne({**document, "stamp": stamp, **lists, "unlogged": entries[0]["at"]})
    changed = to_document(advance.request, tuple(advance.changed))
    push: dict[str, Any] = {"history": {"$each": entries}}
    if advance.paid_before:
        changed["outbox"] = owes
    elif owes:
        push["outbox"] = {"$each": owes}
    return UpdateOne(
        {"_id": advance.request.id, "version": advance.before},
        # The mark for the notary: the time of the first transition that the log lacks.
        {
            "$set": {**changed, "stamp": stamp},
            "$push": push,
            "$min": {"unlogged": entries[0]["at"]},
        },
    )
