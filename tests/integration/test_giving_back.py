"""A message that nobody can do anything with just now goes back to its queue, after a while."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Names
from workers.adapters import amqp_subscription
from workers.adapters.broker import RabbitBroker
from workers.ports import Publication
from workers.runtime.topology import Queue


async def test_what_is_given_back_comes_again_and_its_place_is_free_meanwhile(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp_subscription, "GIVE_BACK_AFTER", 0.1)
    async with RabbitBroker(names.amqp_url) as broker, asyncio.timeout(30):
        await broker.declare([], [Queue("given", arguments={"x-queue-type": "quorum"})])
        for body in (b"not now", b"now"):
            await broker.publisher.publish(Publication("", "given", body, mandatory=True))
        subscription = broker.subscribe("given", 1)
        first = await subscription.next()
        subscription.give_back([first])
        second = await subscription.next()
        subscription.ack([second])
        third = await subscription.next()
        subscription.ack([third])
        assert not first.redelivered
        assert {second.body, third.body} == {b"not now", b"now"}
        assert second.redelivered or third.redelivered
        await subscription.stop()
