"""A process's lines to the broker after the broker was away: built anew, without a restart."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import aio_pika
import pytest

from schemas.errors import Unreachable
from workers.adapters import amqp_lines
from workers.adapters.amqp_link import Link
from workers.adapters.broker import RabbitBroker
from workers.local.stack import Stack
from workers.ports import Envelope, Publication, Subscription
from workers.runtime.topology import Queue

pytestmark = pytest.mark.faults


def letter(body: bytes) -> Publication:
    return Publication("", "kept", body, mandatory=True)


async def published(broker: RabbitBroker, body: bytes) -> None:
    """Publish, again and again until the broker has it."""
    async with asyncio.timeout(40):
        while True:
            try:
                return await broker.publisher.publish(letter(body))
            except Unreachable:
                await asyncio.sleep(0.1)


async def arrived(subscription: Subscription, body: bytes) -> Envelope:
    """Take messages until this one comes; what came before may come again, its ack being lost."""
    async with asyncio.timeout(40):
        while True:
            envelope = await subscription.next()
            subscription.ack([envelope])
            if envelope.body == body:
                return envelope


async def test_publisher_and_consumer_come_back_after_the_broker_was_away(doomed: Stack) -> None:
    vhost = f"links-{uuid4().hex[:8]}"
    await doomed.rabbit.add_vhosts(vhost)
    async with RabbitBroker(doomed.rabbit.url_of(vhost)) as broker:
        await broker.declare([], [Queue("kept", arguments={"x-queue-type": "quorum"})])
        losses: list[None] = []
        subscription = broker.subscribe("kept", 10, lambda: losses.append(None))
        # In good order first: a queue that is killed at its birth never confirms again.
        for number, end in enumerate((doomed.rabbit.stop, doomed.rabbit.kill)):
            await published(broker, b"before %d" % number)
            await arrived(subscription, b"before %d" % number)
            await end()
            with pytest.raises(Unreachable):
                await broker.publisher.publish(letter(b"nobody there"))
            await doomed.rabbit.start()
            await published(broker, b"after %d" % number)
            await arrived(subscription, b"after %d" % number)
        assert len(losses) >= 2, "each loss is told"
        await subscription.stop()


async def test_what_waits_to_be_sent_to_a_silent_broker_holds_up_no_new_line(
    doomed: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver would wait until the system gives the line up, a quarter of an hour later."""
    monkeypatch.setattr(amqp_lines, "CALL_TIMEOUT", 0.5)
    link = Link(doomed.rabbit.url, "a test")
    exchange = (await link.channel()).default_exchange
    doomed.rabbit.pause()
    try:
        # More than fits between two processes.
        sending = asyncio.create_task(exchange.publish(aio_pika.Message(bytes(20_000_000)), "none"))
        await asyncio.wait({sending}, timeout=0.5)
        assert not sending.done()
        async with asyncio.timeout(5):
            await link.close()
    finally:
        doomed.rabbit.resume()
    await asyncio.wait({sending}, timeout=10)
    assert sending.done()
    async with asyncio.timeout(40):
        await link.channel()
        await link.close()
