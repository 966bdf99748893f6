"""`dsr seal` as an operator runs it: what it tells, its exit code, and `kill -9` in the middle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Names
from tests.forked import Forked
from tests.integration.subject_data.company import member
from tests.town.processes import start_dsr
from workers.adapters import mongo

MANY = 3_000


@pytest.fixture
async def members(names: Names) -> AsyncIterator[mongo.Collection]:
    """The members of the company that the settings of this test lead to."""
    client = mongo.connect(names.mongo_url)
    yield mongo.database(client, names.subject_db)["members"]
    for name in (names.db, names.keys_db, names.subject_db, names.archive_db):
        await client.drop_database(name)
    client.close()


async def start(names: Names, folder: Path, *words: str) -> Forked:
    settings = {
        **names.env(),
        "DSR_KEYS": str(folder / "keys"),
        "DSR_SECRETS": str(folder / "secrets"),
    }
    return await start_dsr(*words, settings=settings)


async def ended(process: Forked) -> tuple[int | None, str, str]:
    out, said = await process.communicate()
    return process.returncode, out.decode(), said.decode()


async def test_a_sealing_that_was_killed_is_finished_by_the_next_and_can_be_undone(
    members: mongo.Collection, names: Names, tmp_path: Path
) -> None:
    assert (await ended(await start(names, tmp_path, "init")))[0] == 0
    await members.insert_many(
        [
            member(n, f"회원{n}", f"login{n}", f"m{n}@mail.example", f"010-1000-{n:04}")
            for n in range(1, MANY + 1)
        ]
    )
    plain = {"phones.home": {"$type": "string"}}
    process = await start(names, tmp_path, "seal", "home_phone")
    while await members.count_documents(plain) == MANY:
        assert process.returncode is None
        await asyncio.sleep(0)
    process.kill()
    await process.communicate()
    code, out, _ = await ended(
        await start(names, tmp_path, "seal", "home_phone", "--dry-run", "--json")
    )
    left = await members.count_documents(plain)
    assert 0 < left < MANY
    assert (code, json.loads(out)["collections"][0]["converted"]) == (0, left)
    code, out, progress = await ended(await start(names, tmp_path, "seal", "home_phone", "--json"))
    told = json.loads(out)
    assert told.pop("seconds") > 0
    line = {
        "subject": "member",
        "collection": "members",
        "converted": left,
        "already": MANY - left,
        "unfound": 0,
        "left": 0,
        "skipped": {},
    }
    assert (code, told.pop("collections")) == (0, [line])
    assert told == {
        "field": "home_phone",
        "undo": False,
        "dry_run": False,
        "people": MANY,
        "left": 0,
    }
    assert f"{MANY}/{MANY}" in progress
    assert await members.count_documents({"phones.home": {"$type": "binData"}}) == MANY
    code, out, _ = await ended(await start(names, tmp_path, "seal", "home_phone", "--undo"))
    assert code == 0
    assert str(MANY) in out
    assert await members.count_documents({"phones.home": "02-123-4567"}) == MANY


async def test_what_is_left_is_told_without_a_value_and_fails_the_command(
    members: mongo.Collection, names: Names, tmp_path: Path
) -> None:
    assert (await ended(await start(names, tmp_path, "init")))[0] == 0
    await members.database["deliveries"].insert_one(
        {"_id": "010-4040-0000", "order_id": 404, "receiver": {"phone": "010-4040-4040"}}
    )
    code, out, said = await ended(await start(names, tmp_path, "seal", "mobile_phone"))
    assert code == 1
    assert "1 unreached" in out
    assert "4040" not in out + said
    code, out, said = await ended(await start(names, tmp_path, "seal", "email"))
    assert (code, out) == (1, "")
    assert said.splitlines()[-1].startswith("dsr: data map, email: say `protection: sealed` first")
