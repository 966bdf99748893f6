"""`dsr retention run` as an operator runs it, and a worker that sweeps by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Names
from tests.forked import Forked
from tests.integration.retention.house import NOW
from tests.town.processes import WorkerProcess, start_dsr
from workers.adapters import mongo

LOG = {"member_id": 1, "at": NOW - timedelta(days=200)}


@pytest.fixture
async def logs(names: Names) -> AsyncIterator[mongo.Collection]:
    """Access logs of the company that the settings of this test lead to."""
    client = mongo.connect(names.mongo_url)
    yield mongo.database(client, names.subject_db)["access_logs"]
    for name in (names.db, names.keys_db, names.subject_db, names.archive_db):
        await client.drop_database(name)
    client.close()


def settings(names: Names, folder: Path) -> dict[str, str]:
    folders = {"DSR_KEYS": str(folder / "keys"), "DSR_SECRETS": str(folder / "secrets")}
    return names.env() | folders


async def start(names: Names, folder: Path, *words: str) -> Forked:
    return await start_dsr(*words, settings=settings(names, folder))


async def done(names: Names, folder: Path, *words: str) -> tuple[str, str]:
    process = await start(names, folder, *words)
    out, said = await process.communicate()
    assert process.returncode == 0, said
    return out.decode(), said.decode()


async def test_the_command_tells_what_is_due_and_then_destroys_it(
    logs: mongo.Collection, names: Names, tmp_path: Path
) -> None:
    await done(names, tmp_path, "init")
    await logs.insert_many([{**LOG, "_id": n} for n in range(5)])
    out, _ = await done(names, tmp_path, "retention", "run", "--dry-run", "--json")
    told = json.loads(out)
    line: dict[str, Any] = {
        "what": "documents",
        "name": "old_access_logs",
        "collection": "access_logs",
        "documents": 5,
        "archived": 0,
        "changed": 0,
        "oldest": LOG["at"].isoformat(),  # type: ignore[attr-defined]
    }
    assert (told["dry_run"], told["swept"]) == (True, [line])
    assert await logs.count_documents({}) == 5
    table, progress = await done(names, tmp_path, "retention", "run")
    assert "old_access_logs" in table
    assert "old_access_logs: 5" in progress
    assert await logs.count_documents({}) == 0
    out, _ = await done(names, tmp_path, "retention", "run", "--json")
    assert json.loads(out)["swept"] == []
    assert (await done(names, tmp_path, "retention", "run"))[0] == "Nothing is due.\n"


async def test_upkeep_sweeps_by_itself(
    logs: mongo.Collection, names: Names, tmp_path: Path
) -> None:
    await done(names, tmp_path, "init")
    await logs.insert_one({**LOG, "_id": 1})
    often = settings(names, tmp_path) | {"DSR_RETENTION_HOURS": "0.0001"}
    worker = await WorkerProcess.start(often, tmp_path / "log", ["upkeep"])
    try:
        async with asyncio.timeout(30):
            while '"event": "swept"' not in worker.said():
                assert worker.alive, "it ended"
                await asyncio.sleep(0.02)
    finally:
        assert await worker.stop() == 0
    assert await logs.count_documents({}) == 0
