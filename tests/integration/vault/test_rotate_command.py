"""`dsr keys rotate` as an operator runs it: progress, a result, and `kill -9` in the middle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Names
from tests.forked import Forked
from tests.integration.vault.house import PLACE
from tests.town.processes import start_dsr
from workers.adapters import mongo
from workers.adapters.intake_seal import IntakeKeys
from workers.adapters.mongo import Client, Collection
from workers.adapters.vault import KeyFolder, Tombstones, Vault

ROTATING = "a-rotation"
"""Others work on the same server."""
MANY = [f"subject:member:{number:05}" for number in range(2_500)]


@pytest.fixture
async def wrapped(client: Client, names: Names) -> AsyncIterator[Collection]:
    """The keys collection that the settings of this test lead to."""
    yield mongo.keys_collection(client, names.keys_db)
    await client.drop_database(names.keys_db)


@pytest.fixture(autouse=True)
def whole(folder: Path) -> None:
    """The key folder as `dsr init` makes it."""
    IntakeKeys.create(folder / "intake")
    Tombstones.create(folder / "tombstones")


async def held_by(client: Client) -> list[int]:
    """The updates of keys that the server holds back: numbers of operations."""
    stages: list[dict[str, object]] = [
        {"$currentOp": {"allUsers": True}},
        {"$match": {"command.update": "keys"}},
    ]
    return [operation["opid"] async for operation in client.admin.aggregate(stages)]


async def let_go(client: Client) -> None:
    """End them: a failpoint is not off before they are."""
    for operation in await held_by(client):
        await client.admin.command("killOp", op=operation)


async def start(names: Names, folder: Path, *options: str) -> Forked:
    url = f"{names.mongo_url}&appName={ROTATING}"
    settings = {**names.env(), "DSR_MONGO_URL": url, "DSR_KEYS": str(folder)}
    return await start_dsr("keys", "rotate", *options, settings=settings)


async def test_the_command_shows_progress_and_says_what_it_did(
    wrapped: Collection, names: Names, folder: Path
) -> None:
    await Vault(wrapped, KeyFolder.open(folder)).data_keys(MANY, create=True)
    process = await start(names, folder, "--json")
    out, progress = await process.communicate()
    assert process.returncode == 0, progress
    done = json.loads(out)
    assert done.pop("seconds") > 0
    assert done == {"epoch": 2, "rewrapped": 2_500, "destroyed_epochs": [1], "certificates": 0}
    assert "2500/2500" in progress.decode()


async def test_the_command_fails_with_one_sentence(names: Names, folder: Path) -> None:
    process = await start(names, folder)
    out, said = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    last = said.decode().splitlines()[-1]
    assert last.startswith(f"dsr: The database {names.keys_db} holds no keys: check DSR_MONGO_URL")


async def test_a_rotation_that_was_killed_is_finished_by_the_next_command(
    client: Client, wrapped: Collection, names: Names, folder: Path
) -> None:
    worker = Vault(wrapped, KeyFolder.open(folder))
    made = await worker.data_keys(MANY, create=True)
    sealed = {name: key.seal(b"x", PLACE) for name, key in made.items()}
    blocked = {
        "failCommands": ["update"],
        "appName": ROTATING,
        "blockConnection": True,
        # Longer than a slow machine takes to the kill; `let_go` ends it.
        "blockTimeMS": 60_000,
    }
    after_one = {"skip": 1}
    await client.admin.command("configureFailPoint", "failCommand", mode=after_one, data=blocked)
    try:
        killed = await start(names, folder)
        async with asyncio.timeout(60):
            while await wrapped.count_documents({"epoch": 2}) < 1_000 or not await held_by(client):  # noqa: ASYNC110 - another process's progress has no event
                await asyncio.sleep(0.02)
        killed.kill()
        await killed.communicate()
    finally:
        await let_go(client)
        await client.admin.command("configureFailPoint", "failCommand", mode="off")
    assert await wrapped.count_documents({"epoch": 2}) == 1_000
    assert (folder / "epochs" / "000001.key").exists()
    assert len(await worker.data_keys(MANY)) == 2_500
    again = await start(names, folder, "--json")
    out, said = await again.communicate()
    assert again.returncode == 0, said
    done = json.loads(out)
    assert (done["epoch"], done["rewrapped"], done["destroyed_epochs"]) == (2, 1_500, [1])
    read = await worker.data_keys(MANY)
    assert all(read[name].open(sealed[name], PLACE) == b"x" for name in MANY)
