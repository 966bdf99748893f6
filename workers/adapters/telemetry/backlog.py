"""What waits in MongoDB, counted by indexes alone, and only up to a bound (`MOST`).

Read while somebody scrapes, by workers that run `upkeep`, at most every 15 seconds: beyond the
bound a backlog is known to be large, and how large exactly would cost those who work on it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from schemas.lifecycle import Status
from schemas.notice import NoticeStatus
from schemas.review import Why
from workers.adapters.mongo import Collection, Database, reaching, server_time
from workers.adapters.standing import RISKY_AT
from workers.ports.telemetry import Backlog

MOST: Final = 10_000
"""Requests that are looked at in one status, the oldest first; parked messages that are counted."""
NOT_A_FAILURE: Final = ("overtaken", "told_already", "particulars_destroyed", "nobody_asked")
"""Why a mail is not sent at all that nobody has to hear of any more."""

_OPEN: Final = [status.value for status in Status if not status.final]
_OPEN_NOTICES: Final = [status.value for status in NoticeStatus if not status.answered]
Rows = list[dict[str, Any]]


class Backlogs:
    """Reads our own collections."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._requests = db["requests"]
        self._parked = db["parked"]
        self._recipients = db["recipients"]

    async def read(self) -> Backlog:
        """As it stands now; `Unreachable` where MongoDB does not answer."""
        with reaching("MongoDB"):
            now = await server_time(self._db)
            by_status, notices, tasks = await asyncio.gather(
                asyncio.gather(*(self._grouped(of_status(one)) for one in _OPEN)),
                self._grouped(OF_NOTICES, hint="waits_for"),
                self._grouped(OF_TASKS, hint="tasks"),
            )
            parked, overdue, owed, due, unlogged, disabled = await asyncio.gather(
                self._parked.count_documents({"status": "parked"}, limit=MOST),
                self._parked.count_documents(
                    {"status": "parked", "due": {"$lt": now}}, limit=MOST, hint="due"
                ),
                self._oldest("outbox.at"),
                self._oldest("next_due"),
                self._oldest("unlogged"),
                self._recipients.find({"disabled_at": {"$ne": None}}, {"_id": 1}).to_list(None),
            )
        rows = [row for rows in by_status for row in rows]
        return Backlog(
            open=_summed(rows, "n", "status", "kind"),
            at_risk={kind: n for (kind,), n in _summed(rows, "at_risk", "kind").items()},
            late={kind: n for (kind,), n in _summed(rows, "late", "kind").items()},
            disowned=sum(row["disowned"] for row in rows),
            unreachable=sum(row["unreachable"] for row in rows),
            notices=_summed(notices, "n", "recipient", "status"),
            disabled=[one["_id"] for one in disabled],
            tasks={route: n for (route,), n in _summed(tasks, "n", "route").items()},
            parked=parked,
            parked_overdue=overdue,
            outbox_age=_since(min(owed, default=now), now),
            step_overdue=_since(min(due, default=now), now),
            log_behind=_since(min(unlogged, default=now), now),
        )

    async def _grouped(self, pipeline: Rows, *, hint: str = "status") -> Rows:
        found = await self._requests.aggregate(pipeline, hint=hint).to_list(None)
        return [{**row["_id"], **row} for row in found]

    async def _oldest(self, path: str) -> list[datetime]:
        """When the first of them was, or is to be; empty where there is none."""
        return await oldest(self._requests, path)


async def oldest(requests: Collection, path: str) -> list[datetime]:
    """The least of these times, by their index."""
    # Without a bound below, the index begins with all the requests that have no such time.
    cursor = requests.find({path: {"$gt": datetime.min.replace(tzinfo=UTC)}}, {path: 1})
    found = await cursor.sort(path, 1).limit(1).to_list(None)
    head, _, tail = path.partition(".")
    return [each for one in found for each in _times(one[head], tail)]


def _times(value: Any, tail: str) -> list[datetime]:
    return [one[tail] for one in value] if tail else [value]


def of_status(status: str) -> Rows:
    """The oldest requests of a status, counted by kind, and by how they stand."""
    undelivered = {
        "$filter": {
            "input": {"$objectToArray": {"$ifNull": ["$mails", {}]}},
            "cond": {
                "$and": [
                    {"$eq": ["$$this.v.status", "undeliverable"]},
                    {"$not": {"$in": ["$$this.v.code", list(NOT_A_FAILURE)]}},
                ]
            },
        }
    }
    disowned = {"$in": [Why.DISOWNED.value, {"$ifNull": ["$review.why", []]}]}
    waits = {"$and": [{"$eq": ["$status", Status.IN_REVIEW.value]}, disowned]}
    late = {"$gte": ["$$NOW", "$deadline"]}
    risky = {"$and": [{"$gte": ["$$NOW", RISKY_AT]}, {"$not": late}]}
    return [
        {"$match": {"status": status}},
        {"$sort": {"created_at": 1}},
        {"$limit": MOST},
        {
            "$group": {
                "_id": {"status": "$status", "kind": "$kind"},
                "n": {"$sum": 1},
                "late": {"$sum": {"$cond": [late, 1, 0]}},
                "at_risk": {"$sum": {"$cond": [risky, 1, 0]}},
                "disowned": {"$sum": {"$cond": [waits, 1, 0]}},
                "unreachable": {"$sum": {"$cond": [{"$gt": [{"$size": undelivered}, 0]}, 1, 0]}},
            }
        },
    ]


OF_NOTICES: Final[Rows] = [
    {"$match": {"waits_for.0": {"$exists": True}}},
    {"$limit": MOST},
    {"$project": {"notice": {"$objectToArray": "$notices"}}},
    {"$unwind": "$notice"},
    {"$match": {"notice.v.status": {"$in": _OPEN_NOTICES}}},
    {
        "$group": {
            "_id": {"recipient": "$notice.k", "status": "$notice.v.status"},
            "n": {"$sum": 1},
        }
    },
]

OF_TASKS: Final[Rows] = [
    {"$match": {"tasks.0": {"$exists": True}}},
    {"$limit": MOST},
    {"$project": {"task": "$tasks"}},
    {"$unwind": "$task"},
    {
        "$group": {
            "_id": {"route": {"$first": {"$split": ["$task", ":"]}}},
            "n": {"$sum": 1},
        }
    },
]


def _summed(rows: Sequence[dict[str, Any]], name: str, *labels: str) -> dict[Any, int]:
    counted: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        counted[tuple(str(row[label]) for label in labels)] += row[name]
    return dict(counted)


def _since(then: datetime, now: datetime) -> float:
    return max(0.0, (now - then).total_seconds())
