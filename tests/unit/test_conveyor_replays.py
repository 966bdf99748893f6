"""Every message five times, in any order, late or early: the end is the same as of each once."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from schemas.lifecycle import Status
from schemas.messages import EVENTS
from tests.cast import NEW_HOBBIES, proof_content, submission_content, withdrawal
from tests.world import HOUR, MINUTE, World
from workers.pipeline import PIPELINE
from workers.ports import OutboundResult

SEEDS = range(25)
CARRIER = "hanbit-delivery"


def shuffle_what_waits(world: World, random: Random, times: int) -> None:
    """Each message that waits in any queue, so many times and in another order."""
    for queue in world.broker.queues.values():
        copies = [replace(e, tag=e.tag * 1000 + n) for e in queue for n in range(times)]
        random.shuffle(copies)
        queue.clear()
        queue.extend(copies)


class Town:
    """Messages come once and in order; with a seed, so many times and in any order."""

    def __init__(self, seed: int | None = None, times: int = 1) -> None:
        self.world = World()
        self._random = Random(seed)
        self._rough = seed is not None
        self._times = times

    async def hears(self, word: str, *bodies: dict[str, Any]) -> None:
        """Channels publish, and the workers do all that they can."""
        for body in bodies:
            self.world.publish(word, body)
        if not self._rough:
            await self.world.work()
            return
        shuffle_what_waits(self.world, self._random, self._times)
        # A stage at a time, so that what it sends is there to be repeated and shuffled.
        stages = [station.name for station in PIPELINE if station.listens]
        while any(self.world.broker.queues.values()):
            self._random.shuffle(stages)
            for stage in stages:
                self._repeat(stage)
                shuffle_what_waits(self.world, self._random, 1)
                await self.world.work(stage)

    def _repeat(self, stage: str) -> None:
        """Now and then, old commands to this stage come once more."""
        old = [p for p in self.world.broker.published if p.routing_key == stage]
        for p in old[: self._times] if self._random.random() < 0.3 else []:
            self.world.broker.arrive(p.exchange, p.routing_key, p.body)


async def play(seed: int | None = None, times: int = 1) -> World:
    """Four corrections of two members; one is withdrawn, and one is never proven."""
    town = Town(seed, times)
    world = town.world
    world.join("2002", login_id="jiho.lee")
    world.subjects.ledger["2002"] = {CARRIER: ("hobbies",)}
    hobbies = [{"field": "hobbies", "value": NEW_HOBBIES}]
    contents = [
        submission_content(),
        submission_content(subject={"login_id": "jiho.lee"}, changes=hobbies),
        submission_content(changes=hobbies),
        submission_content(subject={"login_id": "jiho.lee"}),
    ]
    await town.hears("submission", *contents)
    for _ in range(4):
        await world.tick(5 * MINUTE)
    requests = [world.request(content["submission_id"]) for content in contents]
    right = [proof_content(request.tracking, world.code(request)) for request in requests]
    await town.hears("proof", *right[:2])
    back = withdrawal(requests[2].tracking, world.code(requests[2]))
    said = back.model_dump(mode="json", by_alias=True, exclude_none=True)
    await town.hears("withdrawal", said)
    await town.hears("proof", right[2])
    await world.tick(74 * HOUR)
    await world.tick(MINUTE)
    return world


async def test_the_end_is_two_completed_one_withdrawn_one_expired() -> None:
    world = await play()
    assert world.outcome()["statuses"] == sorted(
        [Status.COMPLETED, Status.COMPLETED, Status.WITHDRAWN, Status.EXPIRED]
    )
    assert world.outcome()["offences"] == []
    assert sorted(world.outbound.purposes()) == [
        *["acknowledgement"] * 4,
        *["challenge"] * 4,
        *["completion"] * 2,
        *("expiry", "withdrawal"),
    ]


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_message_five_times_in_any_order_ends_the_same(seed: int) -> None:
    once, often = await play(), await play(seed, times=5)
    assert often.outcome() == once.outcome()


async def test_every_message_ever_sent_comes_again_at_the_end_and_nothing_happens() -> None:
    world = await play()
    before = world.outcome()
    versions = {i: world.request(i).version for i in world.requests.documents}
    for published in list(world.broker.published):
        if published.exchange and published.exchange != EVENTS:
            world.broker.arrive(published.exchange, published.routing_key, published.body)
    shuffle_what_waits(world, Random(0), 5)
    await world.work()
    assert world.outcome() == before
    assert {i: world.request(i).version for i in world.requests.documents} == versions


@pytest.mark.parametrize("seed", SEEDS)
async def test_several_workers_that_get_the_same_messages_at_once_change_nothing_twice(
    seed: int,
) -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    shuffle_what_waits(world, Random(seed), 5)
    commands = [
        message
        for envelope in world.broker.queues["dsr.correction"]
        for message in world.decoded("correction", envelope)
    ]
    world.broker.queues["dsr.correction"].clear()
    await world.at_once("correction", *commands, seed=seed)
    await world.work()
    assert world.subjects.changed == [(request.id, "home_address")]
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []
    assert len(world.outbound.notices) == 1


@pytest.mark.parametrize("seed", SEEDS)
async def test_several_workers_that_tell_one_recipient_at_once_leave_a_mark_for_each(
    seed: int,
) -> None:
    world = World()
    world.outbound.answers[CARRIER] = [OutboundResult("put_off", "503")] * 2
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification", "correction")
    (envelope,) = world.broker.queues["dsr.propagation"]
    world.broker.queues["dsr.propagation"].clear()
    commands = world.decoded("propagation", envelope) * 3
    await world.at_once("propagation", *commands, seed=seed)
    for _ in range(4):
        await world.tick(10 * MINUTE)
    notice = world.request(request.id).notices[CARRIER]
    assert len({told.notice_id for told in world.outbound.notices}) == 1
    assert len(world.outbound.notices) <= notice.marks
    assert world.request(request.id).status is Status.COMPLETED
    assert world.outbound.purposes().count("completion") == 1
    assert world.offences() == []
