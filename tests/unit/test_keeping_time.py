"""The loops by the clock end for nothing but the end of their worker."""

from __future__ import annotations

import asyncio

import pytest

from schemas.errors import KeyFolderBehind
from tests.cast import submission
from tests.world import DAY, World
from workers.pipeline import STATIONS
from workers.runtime import clock
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.runtime.topology import DEAD


async def until(world: World, loop: asyncio.Task[None], name: str, times: int) -> None:
    """It has passed this point so often."""
    async with asyncio.timeout(10):
        while world.faults.passed.count(name) < times:
            assert not loop.done(), "it ends for nothing but the end of its worker"
            await asyncio.sleep(0)
    loop.cancel()
    await asyncio.wait([loop])


@pytest.mark.parametrize("job", ["requests.due", "requests.owing"])
async def test_whatever_one_look_meets_there_is_another(job: str) -> None:
    world = World()
    world.faults.raises[job] = [ValueError("a document that nobody can read")]
    loop = asyncio.create_task(clock.keep_time(world.house, 0.001))
    await until(world, loop, job, 2)


async def test_a_request_that_nobody_here_can_read_holds_up_no_other() -> None:
    world = World()
    items = [Item(submission()) for _ in range(2)]
    await carry(world.house, STATIONS["registration"], items)
    unread, read = world.requests.documents
    world.requests.documents[unread]["status"] = "of_a_newer_version"
    before = world.request(read).version
    world.clock.now += DAY
    assert await clock.due_steps(world.house) == 1, "what cannot be done is no reason to hurry"
    assert world.request(read).version > before


async def test_a_dead_letter_waits_for_a_key_folder_that_is_behind() -> None:
    world = World()
    world.faults.raises["parked.park before"] = [KeyFolderBehind("restore it")]
    world.broker.queues[DEAD].append(
        world.broker.envelope(DEAD, "dsr.intake", "submission.web", b"given up", {})
    )
    loop = asyncio.create_task(clock.bury_dead(world.house, world.broker.subscribe(DEAD, 1)))
    await until(world, loop, "ack after", 1)
    assert len(world.parked.messages) == 1
