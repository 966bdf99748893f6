"""A cluster loses one node after the other, leaders included, while corrections are in flight.

And workers come and go under a burst: BURST names its size, 5,000 by default.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from schemas.errors import Unreachable
from tests.faults.conftest import MEMBERS
from tests.town import Correction, Town, open_town
from tests.town.chaos import MAILS_EACH, in_flight, wishes
from tests.town.checks import assert_all_invariants
from tests.town.cluster import bring_back, leader_first, step_down
from tests.town.crew import Crew
from tests.town.place import folder_for_servers, place
from workers.adapters.amqp_link import Link
from workers.adapters.amqp_publisher import ConfirmingPublisher, NotTaken
from workers.adapters.broker import RabbitBroker
from workers.local.server import Server
from workers.local.stack import Stack
from workers.ports import Publication
from workers.runtime.topology import Queue

pytestmark = [pytest.mark.faults, pytest.mark.soak]

SEED = 83
SOME = 80
BURST = int(os.environ.get("BURST", "5000"))
PATIENCE = 1800.0
LOOK_AGAIN = 0.2
QUORUM = {"x-queue-type": "quorum"}
FIRST_MOMENTS = 20
"""Channels that are opened one after the other while the queues have no leader."""


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[Stack]:
    with folder_for_servers("dsr-cluster-") as folder:
        async with Stack(Path(folder), cluster=True, environment={}) as servers:
            yield servers


@pytest.fixture(scope="module")
async def town(cluster: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    settings = {"DSR_STEP_TIMEOUT": "15", "DSR_CHALLENGES_A_DAY": "100"}
    async with open_town(folder, await place(cluster), members=MEMBERS, settings=settings) as made:
        yield made
        for worker in made.workers:
            assert worker.alive, worker.said()
            assert await worker.stop() == 0, worker.said()


@pytest.mark.parametrize("kind", ["rabbit", "mongo"])
async def test_losing_each_node_in_turn_loses_nothing(
    cluster: Stack, town: Town, kind: str
) -> None:
    nodes: list[Server] = [*cluster.rabbits]
    if kind == "mongo":
        nodes = [*await leader_first(cluster)]
    random = Random(SEED)
    if not town.workers:
        await asyncio.gather(town.work(), town.work())
    for node in nodes:
        # All of them are completed before it comes back.
        await in_flight(town, SOME, random, node.kill, strikes=1)
        await bring_back(town, cluster, node)
    await assert_all_invariants(town)


async def test_a_primary_that_steps_down_again_and_again_loses_nothing(
    cluster: Stack, town: Town
) -> None:
    """Nobody dies, and open transactions end; whoever leads next knows all that was confirmed."""
    print(f"seed {SEED}")  # noqa: T201
    if not town.workers:
        await asyncio.gather(town.work(), town.work())

    async def strike() -> None:
        await step_down(cluster)

    await in_flight(town, SOME, Random(SEED), strike, strikes=3)
    await assert_all_invariants(town)


@pytest.mark.parametrize("losses", [0, 6], ids=["calm", "nodes_lost"])
async def test_a_burst_while_workers_come_and_go(
    cluster: Stack, tmp_path: Path, losses: int
) -> None:
    """One process a stage, three, one again; meanwhile each node of the cluster goes, in turn."""
    settings = {"DSR_CHALLENGES_A_DAY": "100"}
    members = BURST * 41 // 40 + 1  # every fortieth is a child
    async with open_town(
        tmp_path, await place(cluster), members=members, settings=settings
    ) as town:
        crew = Crew(town)
        await crew.scale(1)
        nodes = [*await leader_first(cluster), *cluster.rabbits][:losses]
        began = time.monotonic()
        burst = wishes(town, BURST)
        work = asyncio.create_task(all_through(town, burst))
        struck = asyncio.create_task(lose_in_turn(town, cluster, nodes))
        try:
            await mails(town, 0.2)
            await crew.scale(3)
            await mails(town, 0.5)
            await crew.scale(1)
            await struck
            await work
            await crew.scale(3)  # nobody is left out who comes when all is done
            print(f"{BURST} corrections, {losses} nodes lost: {time.monotonic() - began:.0f} s")  # noqa: T201
            await crew.scale(1)
            await assert_all_invariants(town)
            await crew.scale(0)
        finally:
            work.cancel()
            struck.cancel()


async def all_through(town: Town, burst: Sequence[Correction]) -> None:
    """Published at once; each challenge is answered when it has come."""
    sending = asyncio.create_task(town.channel.submit_all([each.submission() for each in burst]))
    read, waiting = 0, {each.id for each in burst}
    try:
        while waiting:
            there = town.spool.all()
            new = [mail for mail in there[read:] if mail.purpose.startswith("challenge-")]
            read = len(there)
            waiting -= {mail.request for mail in new}
            await asyncio.gather(*(town.channel.prove(mail.tracking, mail.code) for mail in new))
            await asyncio.sleep(LOOK_AGAIN)
        await sending
    finally:
        sending.cancel()
    await town.until_completed(burst, within=PATIENCE)


async def mails(town: Town, share: float) -> None:
    """Until this share of all mails has arrived."""
    wanted = share * MAILS_EACH * BURST
    await town.until(lambda: len(town.spool.all()) >= wanted, f"{wanted} mails", PATIENCE)


async def lose_in_turn(town: Town, cluster: Stack, nodes: Sequence[Server]) -> None:
    """One node at a time, evenly over the time that the burst takes."""
    for number, node in enumerate(nodes, start=1):
        await mails(town, number / (len(nodes) + 2))
        await node.kill()
        await mails(town, (number + 0.3) / (len(nodes) + 2))
        await bring_back(town, cluster, node)


async def test_a_channel_from_between_two_leaders_is_given_up(cluster: Stack) -> None:
    """It would take no message before the lost node is back, though the next one leads by then."""
    vhost = f"leaders-{uuid4().hex[:8]}"
    await cluster.rabbit.add_vhosts(vhost)
    urls = cluster.rabbit.url_of(vhost)
    async with RabbitBroker(urls) as broker:
        await broker.declare([], [Queue(f"q{n}", arguments=QUORUM) for n in range(9)])
    told = await cluster.rabbit.ctl("list_queues", "--vhost", vhost, "name", "leader")
    led = dict(line.split() for line in told.splitlines() if "@" in line)
    (most, _), *_ = Counter(led.values()).most_common()
    lost = next(node for node in cluster.rabbits if node.node == most)
    headless = [queue for queue, leader in led.items() if leader == most]
    link = Link(next(url for url in urls.split(",") if str(lost.port) not in url), "a test")
    refused: list[tuple[ConfirmingPublisher, Publication]] = []
    try:
        await link.connection()
        await lost.kill()
        for turn in range(FIRST_MOMENTS):
            publisher = ConfirmingPublisher(link)
            letter = Publication("", headless[turn % len(headless)], b"{}", mandatory=True)
            try:
                await publisher.publish(letter)
            except NotTaken:
                refused.append((publisher, letter))
        assert refused, "no channel was opened in time"
        async with asyncio.timeout(60):
            for publisher, letter in refused:
                while True:
                    with contextlib.suppress(Unreachable):
                        await publisher.publish(letter)
                        break
    finally:
        await link.close()
        await lost.start()
