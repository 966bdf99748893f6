"""10,000 announcements under `kill -9`: each once, in memory that does not grow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from tests.town import Town, open_town
from tests.town.announcing import assert_each_once, delivered, running, until_delivered
from tests.town.place import place
from workers.local.stack import Stack

pytestmark = [pytest.mark.soak, pytest.mark.faults]

MEMBERS = 10_000
STRIKES = 5
MAY_GROW = 16 * 1024
"""Kilobytes from the first mails of a run to its end."""


@pytest.fixture
async def town(doomed: Stack, tmp_path: Path) -> AsyncIterator[Town]:
    """Ten thousand members who have nothing but a name and an address."""
    await doomed.up()

    async def seed(town: Town) -> None:
        await town.company["members"].insert_many(
            {"_id": n, "name": f"회원 {n}", "email": f"m{n}@members.example"}
            for n in range(1, MEMBERS + 1)
        )

    async with open_town(tmp_path, await place(doomed), seed=seed) as made:
        yield made


async def test_ten_thousand_announcements_are_each_sent_once_in_flat_memory(town: Town) -> None:
    random = Random(20_261_123)
    before = delivered(town)
    for strike in range(STRIKES):
        async with running(town, "--rate", "10000") as doomed:
            await until_delivered(town, before + strike * 800 + random.randint(200, 800))
            await doomed.kill()
    last = delivered(town) - before
    assert last < MEMBERS * 0.6
    async with running(town, "--rate", "10000") as command:
        done = asyncio.create_task(command.report())
        await until_delivered(town, before + last + 500)
        while not done.done():
            command.look()
            await asyncio.wait({done}, timeout=0.25)
    assert done.result()["ok"]
    addresses = [f"m{n}@members.example" for n in range(1, MEMBERS + 1)]
    await assert_each_once(town, addresses, strikes=STRIKES, batch=50)
    assert max(command.resident) - command.resident[0] < MAY_GROW
