"""A cluster whose nodes are lost one after the other, while the house works."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from tests.town import Town
from workers.local.rabbit import Rabbit
from workers.local.server import Server
from workers.local.stack import Stack

LOOK_AGAIN = 0.5


async def bring_back(town: Town, stack: Stack, node: Server) -> None:
    """Starts a node that was killed; returns once it has caught up with the others."""
    await node.start()
    if isinstance(node, Rabbit):
        await _replicas_are_back(stack, town.env["DSR_AMQP_URL"].rpartition("/")[2])


async def leader_first(stack: Stack) -> Sequence[Server]:
    """The members of the replica set, its primary first."""
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(stack.mongo.url)
    async with client:
        hello = await client.admin.command("hello")
    return sorted(stack.mongos, key=lambda each: hello["primary"] != f"127.0.0.1:{each.port}")


async def step_down(stack: Stack) -> None:
    """The primary gives up its place, and another member takes it."""
    led = (await leader_first(stack))[0]
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(stack.mongo.url)
    async with client, asyncio.timeout(120):
        while True:
            # Under load the others may be too far behind to take over, and it says no.
            with contextlib.suppress(PyMongoError):
                # Not for long: in the end it may be asked to lead again.
                await client.admin.command("replSetStepDown", 10, secondaryCatchUpPeriodSecs=5)
            if (await leader_first(stack))[0] is not led:
                return
            await asyncio.sleep(LOOK_AGAIN)


async def _replicas_are_back(stack: Stack, vhost: str) -> None:
    """Each queue has a replica on every node again."""
    async with asyncio.timeout(120):
        while True:
            told = await stack.rabbit.ctl("list_queues", "--vhost", vhost, "name", "online")
            rows = [line for line in told.splitlines() if "@" in line]
            if rows and all(row.count("@") == len(stack.rabbits) for row in rows):
                return
            await asyncio.sleep(LOOK_AGAIN)
