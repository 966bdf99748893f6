"""A channel's submission is with the broker when the publisher says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue

from schemas.errors import Unreachable
from schemas.messages import INTAKE
from tests.cast import submission_content
from tests.conftest import Names
from workers.adapters import intake_publisher
from workers.adapters.intake_publisher import IntakePublisher
from workers.ports.intake import Outgoing


def submission() -> Outgoing:
    content = submission_content()
    return Outgoing(
        "submission.web",
        content["submission_id"],
        "application/json",
        json.dumps(content).encode(),
    )


@asynccontextmanager
async def queue_with_room_for_one(names: Names) -> AsyncIterator[AbstractQueue]:
    """As a quorum queue without a leader, it says no to what it does not take."""
    async with await aio_pika.connect(names.amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(INTAKE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(
            "small", arguments={"x-max-length": 1, "x-overflow": "reject-publish"}
        )
        await queue.bind(exchange, "submission.*")
        yield queue


async def test_what_the_broker_did_not_take_is_published_again(names: Names) -> None:
    async with queue_with_room_for_one(names) as queue, IntakePublisher(names.amqp_url) as channel:
        await channel.publish(first := submission())
        waiting = asyncio.create_task(channel.publish(second := submission()))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        assert (await queue.get(no_ack=True)).body == first.body
        await asyncio.wait_for(waiting, 10)
        assert (await queue.get(no_ack=True)).body == second.body


async def test_a_broker_that_never_takes_it_is_told_as_that(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_publisher, "NACK_PAUSES", (0.01,))
    async with queue_with_room_for_one(names), IntakePublisher(names.amqp_url) as channel:
        await channel.publish(submission())
        with pytest.raises(Unreachable, match="publish the same again"):
            await channel.publish(submission())


async def test_a_broker_without_our_queues_is_told_as_that(names: Names) -> None:
    async with queue_with_room_for_one(names) as queue, IntakePublisher(names.amqp_url) as channel:
        await queue.unbind(INTAKE, "submission.*")
        with pytest.raises(Unreachable, match="dsr init"):
            await channel.publish(submission())
