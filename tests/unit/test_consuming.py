"""What a consumer owes the broker: an ack when it is done, the message itself when it cannot be."""

from __future__ import annotations

import asyncio
import json

from tests.cast import submission_content
from tests.world import World
from workers.pipeline import STATIONS
from workers.ports import Publication
from workers.runtime.house import House


class Silent:
    """Takes no answer until it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.may = asyncio.Event()

    async def publish(self, publication: Publication) -> None:
        assert publication.routing_key.startswith("dsr.reply.")
        self.asked += 1
        await self.may.wait()


async def running(world: World, house: House, queue: str) -> asyncio.Task[None]:
    """The consumer of a stage, at work."""
    world.house = house
    return asyncio.create_task(world.consumer(STATIONS[queue]).run())


async def test_messages_are_acked_before_their_answers_and_answered_all_at_once() -> None:
    """A broker that is short of memory takes acks, and no answer: in ten seconds each, one says."""
    world = World()
    silent = Silent()
    world.house.answers = silent
    for number in range(5):
        world.publish(
            "submission", submission_content(), reply_to="dsr.reply.web", correlation_id=str(number)
        )
    loop = await running(world, world.house, "registration")
    async with asyncio.timeout(10):
        while silent.asked < 5 or world.broker.unacked:  # noqa: ASYNC110 - either may be last
            await asyncio.sleep(0)
    silent.may.set()
    loop.cancel()
    await asyncio.wait([loop])


async def test_what_only_a_newer_version_can_read_is_given_back() -> None:
    world = World()
    newer = json.dumps({"schema": "dsr.work/2", "items": []}).encode()
    world.broker.arrive("dsr.work", "verification", newer, content_type="application/json")
    loop = await running(world, world.house, "verification")
    async with asyncio.timeout(10):
        while not world.broker.given_back:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0)
    assert [envelope.body for envelope in world.broker.given_back] == [newer]
    assert not world.parked.messages
    loop.cancel()
    await asyncio.wait([loop])


async def test_what_a_bug_in_the_runtime_ended_is_given_back() -> None:
    world = World()
    world.faults.raises["ack before"] = [RuntimeError("a bug")]
    world.publish("submission", submission_content())
    loop = await running(world, world.house, "registration")
    async with asyncio.timeout(10):
        while not world.broker.given_back:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0)
    loop.cancel()
    await asyncio.wait([loop])
