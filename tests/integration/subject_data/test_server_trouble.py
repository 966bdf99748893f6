"""Conflicts, lost answers and absent servers: everything once, nothing half, never for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from schemas.errors import PutOff, Unreachable
from schemas.request import SubjectRef
from tests.integration.subject_data.company import JIHO, MINJI, NEW, OURS, PATRON, Company
from workers.adapters import mongo
from workers.adapters.subject_data import SubjectData, effects
from workers.adapters.tokens import Tokens
from workers.adapters.vault import KeyFolder, Vault
from workers.ports import Correct


@asynccontextmanager
async def failing(company: Company, times: int | str, **data: Any) -> AsyncIterator[None]:
    """The server fails these commands as told."""
    admin = company.db.client.admin
    mode = {"times": times} if isinstance(times, int) else times
    data["appName"] = OURS
    await admin.command("configureFailPoint", "failCommand", mode=mode, data=data)
    try:
        yield
    finally:
        await admin.command("configureFailPoint", "failCommand", mode="off")


async def was_corrected_once(shop: Company) -> None:
    member = await shop.one("members", 1)
    assert member["profile"]["address"]["road"] == NEW["road"]
    control = await shop.db["dsr_subjects"].find_one({"_id": {"t": "member", "k": 1}})
    assert control is not None
    assert control["seq"] == 1
    assert control["slots"]["r1"]["places"] == {"home_address": 4}


@pytest.mark.parametrize("command", ["find", "update", "commitTransaction"])
async def test_a_write_conflict_is_tried_again(shop: Company, command: str) -> None:
    async with failing(
        shop, 3, failCommands=[command], errorCode=112, errorLabels=["TransientTransactionError"]
    ):
        result = await shop.correct("r1", MINJI, home_address=NEW)
    assert result.outcome == "done"
    await was_corrected_once(shop)


@pytest.mark.parametrize("times", [1, 4])
async def test_a_lost_answer_to_the_commit_changes_nothing_twice(shop: Company, times: int) -> None:
    async with failing(shop, times, failCommands=["commitTransaction"], closeConnection=True):
        result = await shop.correct("r1", MINJI, home_address=NEW)
    assert result.outcome in {"done", "already"}
    assert result.places == {"home_address": 4}
    await was_corrected_once(shop)


async def test_a_commit_that_was_made_but_not_confirmed_is_found_by_its_slot(
    shop: Company,
) -> None:
    async with failing(
        shop,
        12,
        failCommands=["commitTransaction"],
        writeConcernError={"code": 64, "errmsg": "waiting for replication timed out"},
    ):
        result = await shop.correct("r1", MINJI, home_address=NEW)
    assert result.outcome == "already"
    await was_corrected_once(shop)


async def test_one_bad_item_does_not_hold_up_a_large_group(shop: Company) -> None:
    await shop.db["members"].create_index("email", unique=True)
    people = [SubjectRef(type="member", key=str(n)) for n in range(100, 164)]
    await shop.fill(
        {"members": [{"_id": int(p.key), "email": f"m{p.key}@x.kr", "name": "x"} for p in people]}
    )
    results = await shop.data.apply(
        [
            Correct(f"r{p.key}", p, {"email": "jiho@mail.example" if bad else f"n{p.key}@x.kr"})
            for number, p in enumerate(people)
            for bad in (number % 20 == 7,)
        ]
    )
    outcomes = [result.outcome for result in results]
    assert [number for number, outcome in enumerate(outcomes) if outcome == "refused"] == [
        7,
        27,
        47,
    ]
    assert outcomes.count("done") == 61
    assert await shop.db["members"].count_documents({"email": {"$regex": "^n1"}}) == 61


async def test_a_server_that_is_away_is_reported_within_bounds(
    shop: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "BUDGET", 2.0)
    started = time.monotonic()
    async with failing(shop, "alwaysOn", failCommands=["update"], closeConnection=True):
        with pytest.raises(Unreachable) as raised:
            await shop.correct("r1", MINJI, home_address=NEW)
    assert time.monotonic() - started < 10
    assert "세종대로" not in str(raised.value)
    assert await shop.db["dsr_subjects"].count_documents({}) == 0
    assert (await shop.correct("r1", MINJI, home_address=NEW)).outcome == "done"
    await was_corrected_once(shop)


async def test_a_server_that_never_was_there_is_unreachable_for_reads_too(
    shop: Company, keys: KeyFolder, unused_tcp_port: int
) -> None:
    client: mongo.Client = AsyncIOMotorClient(
        f"mongodb://127.0.0.1:{unused_tcp_port}/?serverSelectionTimeoutMS=200"
    )
    vault = Vault(mongo.database(client, "keys")["keys"], keys)
    data = SubjectData(mongo.database(client, "gone"), shop.datamap, vault, Tokens(keys))
    calls = (
        data.find({"email": "minji@mail.example"}),
        data.recipients(MINJI, ("name",)),
        data.current(MINJI, ("name",)),
        data.plan(MINJI, ("name",)),
        data.init(),
    )
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(outcome, Unreachable)
    client.close()


async def test_a_document_that_others_never_leave_alone_is_put_off_not_half_done(
    shop: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "BUDGET", 2.0)
    async with failing(
        shop,
        "alwaysOn",
        failCommands=["commitTransaction"],
        errorCode=112,
        errorLabels=["TransientTransactionError"],
    ):
        with pytest.raises(PutOff):
            await shop.data.apply(
                [
                    Correct("r1", MINJI, {"home_address": NEW}),
                    Correct("r2", JIHO, {"home_address": NEW}),
                ]
            )
    assert await shop.db["dsr_subjects"].count_documents({}) == 0
    assert (await shop.correct("r1", MINJI, home_address=NEW)).outcome == "done"


async def test_a_caller_who_gives_up_leaves_no_lock_behind(shop: Company) -> None:
    async with failing(
        shop, 1, failCommands=["commitTransaction"], blockConnection=True, blockTimeMS=300
    ):
        task = asyncio.create_task(shop.correct("r1", MINJI, home_address=NEW))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with asyncio.timeout(5):
        result = await shop.correct("r1", MINJI, home_address=NEW)
    assert result.outcome in {"done", "already"}
    await was_corrected_once(shop)


async def test_a_trial_leaves_nothing(library: Company) -> None:
    before = await library.everything()
    await library.data.survey()
    assert await library.everything() == before
    assert await library.db["dsr_subjects"].count_documents({}) == 0
    assert (await library.correct("r1", PATRON, card="L-000999")).outcome == "done"
