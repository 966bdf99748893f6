"""`dsr stack up --cluster`: three nodes and three members, which come back after a crash."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from tests.integration.test_stack import processes_of
from workers.adapters.amqp_nodes import Nodes
from workers.adapters.broker import RabbitBroker
from workers.local.ports import Ports
from workers.local.processes import StackError
from workers.local.stack import NODES, Stack
from workers.runtime.topology import Queue


def test_single_servers_do_not_become_a_cluster(tmp_path: Path) -> None:
    Ports(tmp_path / "stack.json").claim("rabbit", "mongo", "smtp")
    with pytest.raises(StackError, match="--dir"):
        Stack(tmp_path, cluster=True, environment={})
    assert len(Stack(tmp_path, environment={}).rabbits) == 1


def test_a_folder_stays_a_cluster_and_names_all_of_its_nodes(tmp_path: Path) -> None:
    names = [f"{kind}-{number}" for kind in ("rabbit", "mongo") for number in (1, 2, 3)]
    Ports(tmp_path / "stack.json").claim(*names)
    stack = Stack(tmp_path, environment={})
    assert [server.name for server in (*stack.rabbits, *stack.mongos)] == names
    assert stack.mongo.url.count(",") == stack.rabbit.url.count(",") == NODES - 1
    assert Nodes(stack.rabbit.url_of("a house", "a,b", "p@ss,amqp")).vhost == "a house"
    with pytest.raises(StackError, match="dsr stack up"):
        stack.env()


def test_external_addresses_are_shown_without_their_passwords(tmp_path: Path) -> None:
    named = {"DSR_AMQP_URL": "amqp://u:secret@one,amqp://u:secret@two/v", "DSR_MONGO_URL": "m://x"}
    seen = Stack(tmp_path, cluster=True, environment=named).status()
    assert [status.server for status in seen] == ["rabbit-1", "mongo-1", "smtp"]
    assert seen[0].address == "amqp://one,amqp://two"


@pytest.mark.soak
@pytest.mark.faults
async def test_after_a_crash_of_everything_the_cluster_stands_again(tmp_path: Path) -> None:
    stack = Stack(tmp_path, cluster=True, environment={})
    names = {f"{kind}-{n}" for kind in ("rabbit", "mongo") for n in (1, 2, 3)} | {"smtp"}
    try:
        assert await stack.up() == names
        before = stack.env()
        await _use(stack)
        for pid in processes_of(tmp_path):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        again = Stack(tmp_path, environment={})
        assert await again.up() == names
        assert again.env() == before
        await _use(again)
        await again.rabbits[0].kill()
        assert again.env() == before
        assert await again.up() == {"rabbit-1"}
        await _use(again)
    finally:
        await Stack(tmp_path, environment={}).down()
    assert not processes_of(tmp_path)


async def _use(stack: Stack) -> None:
    async with RabbitBroker(stack.rabbit.url) as broker:
        await broker.declare([], [Queue("kept", arguments={"x-queue-type": "quorum"})])
    told = await stack.rabbit.ctl("list_queues", "name", "members")
    assert told.count("@localhost") == NODES
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongo.url, w=NODES)
    async with client:
        await client.people.members.insert_one({})
