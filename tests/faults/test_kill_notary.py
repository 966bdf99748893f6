"""`kill -9` of the notary inside a checkpoint: the log is whole, and has every transition once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults import dying_worker
from tests.town import Town, open_town
from tests.town.checks import assert_all_invariants
from tests.town.company import new_address
from tests.town.place import place
from workers.local.stack import Stack
from workers.pipeline import STATIONS

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(240)]

POINTS = (
    "before log",
    "before log, after log row",
    "before log, after log row, after log row",
    "before log, after log row, after log row, after log row",
    "after log",
    "after log, before logged",
    "after log, after logged",
)


@pytest.fixture
async def town(stack: Stack, tmp_path: Path) -> AsyncIterator[Town]:
    """Everybody is at work but upkeep, which keeps the log."""
    async with open_town(tmp_path, await place(stack), members=20) as made:
        await made.work(*(name for name in STATIONS if name != "upkeep"))
        yield made


@pytest.mark.parametrize("point", POINTS)
async def test_a_log_whose_notary_died_there_is_carried_on_by_another(
    town: Town, point: str
) -> None:
    wishes = [town.correction(n, home_address=new_address(n)) for n in range(1, 9)]
    await town.submit(*wishes)
    await town.prove_as_mail_arrives(wishes)
    await town.until_completed(wishes)
    log = town.folder / "dying.log"
    notary = await dying_worker.start(town.env, log, point, stage="upkeep")
    try:
        async with asyncio.timeout(40):
            assert await notary.wait() == -signal.SIGKILL, log.read_text()[-3000:]
    finally:
        notary.kill()
    await town.work("upkeep")

    async def all_logged() -> bool:
        waiting = await town.ours["requests"].count_documents({"unlogged": {"$exists": True}})
        return not waiting and await town.ours["receipts"].count_documents({}) == len(wishes)

    # What a killed transaction had locked MongoDB frees after ten seconds.
    await town.until(all_logged, "the log and the receipts")
    transitions = [request["version"] async for request in town.ours["requests"].find()]
    assert await town.ours["audit_entries"].count_documents({}) == sum(transitions)
    await assert_all_invariants(town)
