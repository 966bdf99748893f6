"""A subject with 200,000 log entries is deleted in flat memory, and the timeline shows how far."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.benchmarks.measure import peak_memory
from tests.town import Town
from tests.town.company import Deletion
from tests.town.processes import WorkerProcess

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

ENTRIES = 200_000
TOGETHER = 10_000
MOST = 150.0
"""Megabytes that a worker may ever have in use."""
MORE = 25.0
"""Megabytes that it may have in use beyond one that deletes a small subject."""


async def deleted(town: Town, wish: Deletion) -> float:
    """Have it deleted by a worker of its own; the most memory that this had in use, in MB."""
    worker: WorkerProcess = await town.work()
    await town.submit(wish)
    await town.prove(wish)
    await town.until_completed([wish], within=1000)
    peak = peak_memory(worker.process.pid)
    assert await worker.stop() == 0
    return peak


async def log(town: Town, key: int) -> None:
    """So many entries of this member, as an application writes them, none older than a month."""
    now = datetime.now(UTC).replace(microsecond=0)
    for start in range(0, ENTRIES, TOGETHER):
        await town.company["access_logs"].insert_many(
            {
                "_id": f"large-{start + n}",
                "member_id": key,
                "at": now - timedelta(minutes=(start + n) % 40_000),
                "ip": "203.0.113.7",
                "request": {"action": "login", "agent": "Mozilla/5.0 (X11; Linux x86_64)"},
            }
            for n in range(TOGETHER)
        )


async def test_a_subject_with_200_000_log_entries_is_deleted_in_flat_memory(town: Town) -> None:
    usual = await deleted(town, town.deletion(3))
    wish = town.deletion(5)
    few = await town.company["access_logs"].count_documents({"member_id": wish.key})
    await log(town, wish.key)
    began = time.monotonic()
    large = await deleted(town, wish)
    took = time.monotonic() - began
    request = await town.request(wish)
    (logs,) = (c for c in request["certificate"]["counts"] if c["collection"] == "access_logs")
    assert logs["archived"] == ENTRIES + few
    assert await town.company["access_logs"].count_documents({"member_id": wish.key}) == 0
    archive = town.mongo[town.env["DSR_ARCHIVE_DB"]]["documents"]
    held = {"pseudonym": request["subject"], "collection": "access_logs"}
    assert await archive.count_documents(held) == ENTRIES + few
    progress = [e for e in request["history"] if e["what"].startswith("deleted_in_part:")]
    assert len(progress) > 10
    print(f"{took:.0f} s, {len(progress)} entries, {large:.0f} MB after {usual:.0f}")  # noqa: T201
    assert large < MOST
    assert large - usual < MORE
