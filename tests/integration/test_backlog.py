"""What waits is counted as it stands, by indexes alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from schemas.lifecycle import Status
from tests.conftest import Names
from workers.adapters import mongo
from workers.adapters.request_store import RequestStore
from workers.adapters.telemetry.backlog import OF_NOTICES, OF_TASKS, Backlogs, of_status
from workers.ports.telemetry import Backlog

DAY = timedelta(days=1)


def request(number: int, status: str, age: timedelta, **other: Any) -> dict[str, Any]:
    """As little of a request as is counted; its time is ten days."""
    now = datetime.now(UTC)
    return {
        "_id": f"r{number}",
        "tracking": f"DSR-{number}",
        "status": status,
        "kind": "correction",
        "created_at": now - age,
        "received_at": now - age,
        "deadline": now - age + 10 * DAY,
        "mails": {},
        "notices": {},
        **other,
    }


def mail(status: str, code: str) -> dict[str, Any]:
    return {"status": status, "code": code}


@pytest.fixture
async def db(names: Names) -> AsyncIterator[mongo.Database]:
    client = mongo.connect(names.mongo_url)
    db = mongo.database(client, names.db)
    await RequestStore(db).init()
    await db["parked"].create_index([("due", 1)], name="due")
    await db["parked"].create_index([("status", 1), ("parked_at", 1)], name="status")
    yield db
    await client.drop_database(names.db)
    client.close()


async def test_an_empty_house_has_nothing_that_waits(db: mongo.Database) -> None:
    read = await Backlogs(db).read()
    assert read == Backlog({}, {}, {}, 0, 0, {}, [], {}, 0, 0, 0.0, 0.0, 0.0)


async def test_what_waits_is_counted_by_what_it_waits_for(db: mongo.Database) -> None:
    now = datetime.now(UTC)
    overdue = {"korea-pay": {"status": "overdue"}, "hanbit": {"status": "applied"}}
    await db["requests"].insert_many(
        [
            request(1, "received", DAY, next_due=now - timedelta(seconds=90), unlogged=now - DAY),
            request(2, "verified", 8 * DAY, next_due=None),
            request(3, "in_review", 12 * DAY, next_due=now + DAY, review={"why": ["disowned"]}),
            request(
                4,
                "applied",
                DAY,
                notices=overdue,
                waits_for=["korea-pay"],
                outbox=[{"at": now - timedelta(seconds=30)}, {"at": now}],
                mails={"interim": mail("undeliverable", "550"), "challenge-1": mail("sent", "250")},
            ),
            request(8, "verified", DAY, review={"why": ["disowned"]}),
            request(5, "completed", 30 * DAY, mails={"completion": mail("undeliverable", "550")}),
            request(6, "received", DAY, mails={"interim": mail("undeliverable", "overtaken")}),
            request(7, "awaiting_proof", DAY, tasks=["call:challenge-1", "letter:interim"]),
        ]
    )
    await db["parked"].insert_many(
        [
            {"status": "parked", "due": now - DAY},
            {"status": "parked", "due": now + DAY},
            {"status": "dropped"},
        ]
    )
    await db["recipients"].insert_one({"_id": "dain", "disabled_at": now})

    read = await Backlogs(db).read()
    assert read.open == {
        ("received", "correction"): 2,
        ("awaiting_proof", "correction"): 1,
        ("in_review", "correction"): 1,
        ("verified", "correction"): 2,
        ("applied", "correction"): 1,
    }
    assert (read.at_risk, read.late) == ({"correction": 1}, {"correction": 1})
    assert (read.unreachable, read.disowned) == (1, 1)
    assert read.notices == {("korea-pay", "overdue"): 1}
    assert read.tasks == {"call": 1, "letter": 1}
    assert (read.parked, read.parked_overdue) == (2, 1)
    assert read.disabled == ["dain"]
    assert 30 <= read.outbox_age < 90 <= read.step_overdue < 150
    assert 0 <= read.log_behind - DAY.total_seconds() < 60


async def test_no_collection_is_scanned_for_it(db: mongo.Database, names: Names) -> None:
    await db["requests"].insert_many([request(n, "received", DAY) for n in range(50)])
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(names.mongo_url)
    try:
        plain = client[names.db]
        hints = [(of_status(Status.RECEIVED.value), "status"), (OF_NOTICES, "waits_for")]
        for pipeline, hint in [*hints, (OF_TASKS, "tasks")]:
            command: dict[str, Any] = {
                "aggregate": "requests",
                "pipeline": pipeline,
                "cursor": {},
                "hint": hint,
            }
            plan = json.dumps(await plain.command("explain", command), default=str)
            assert "IXSCAN" in plan
            assert "COLLSCAN" not in plan
            assert '"SORT"' not in plan
        for path in ("outbox.at", "next_due"):
            query = {path: {"$gt": datetime(1, 1, 1, tzinfo=UTC)}}
            command = {"find": "requests", "filter": query, "sort": {path: 1}, "limit": 1}
            plan = json.dumps(await plain.command("explain", command), default=str)
            assert "COLLSCAN" not in plan
            assert '"SORT"' not in plan
    finally:
        await client.close()
