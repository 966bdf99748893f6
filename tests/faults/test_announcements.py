"""10,000 announcements under `kill -9`: each once, in memory that does not grow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from tests.town import Town, open_town
from tests.town.announcing import arrived, assert_each_once, running
from tests.town.place import place
from workers.local.stack import Stack

pytestmark = [pytest.mark.soak, pytest.mark.faults]

MEMBERS = 10_000
STRIKES = 5
MAY_GROW = 16 * 1024
"""Kilobytes from the first quarter of a run to its end."""


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
    for strike in range(STRIKES):
        upto = random.randint(strike * 800 + 200, strike * 800 + 800)
        async with running(town, "--rate", "10000") as doomed:
            await town.until(lambda upto=upto: len(arrived(town)) >= upto, "mails", within=120)
            await doomed.kill()
    last = len(arrived(town))
    async with running(town, "--rate", "10000") as command:
        done = asyncio.create_task(command.report())
        while not done.done():
            await asyncio.wait({done}, timeout=0.25)
            if command.process.returncode is None:
                command.look()
        report = done.result()
    print(f"{last} before the last run, {report['sent']} in {report['seconds']} s")
    print(f"resident: {command.resident[:: max(1, len(command.resident) // 20)]} KB")
    copies = arrived(town)
    print(f"copies beyond one: {sum(copies.values()) - len(copies)}")
    assert report["ok"]
    addresses = [f"m{n}@members.example" for n in range(1, MEMBERS + 1)]
    await assert_each_once(town, addresses, strikes=STRIKES, batch=50)
    quarter = len(command.resident) // 4
    assert max(command.resident[quarter:]) - command.resident[quarter] < MAY_GROW
