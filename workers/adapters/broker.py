"""RabbitMQ through aio-pika: a connection each to consume, publish and answer, all reconnecting.

A memory alarm stops the reading of a connection that publishes, acks included; so they are two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import aio_pika

from schemas.errors import TopologyError, Unreachable
from workers.adapters.amqp_lines import AWAY, CALL_TIMEOUT, line_may_break
from workers.adapters.amqp_link import Link
from workers.adapters.amqp_publisher import ConfirmingPublisher
from workers.adapters.amqp_subscription import QueueSubscription


class RabbitBroker:
    """Consuming and publishing for one process; use as `async with`."""

    def __init__(self, urls: str) -> None:
        """Of one server, or of the nodes of a cluster (`Nodes`)."""
        self._consuming = Link(urls, "dsr consuming")
        self._publishing = Link(urls, "dsr publishing")
        self._answering = Link(urls, "dsr answering")
        self.user = self._publishing.user
        self.publisher = ConfirmingPublisher(self._publishing)
        self.answers = ConfirmingPublisher(self._answering)
        """By a connection of its own: RabbitMQ 3.10 ends the one by which something is sent to a
        direct reply-to whose node was lost, and all that is in flight there with it."""

    def subscribe(
        self, queue: str, prefetch: int, lost: Callable[[], None] = lambda: None
    ) -> QueueSubscription:
        """Start to take messages from a queue."""
        return QueueSubscription(self._consuming, queue, prefetch, lost)

    async def declare(self, exchanges: Sequence[str], queues: Sequence[Any]) -> None:
        """Declare topic exchanges and queues with their bindings; idempotent."""
        channel = await self._publishing.channel()
        try:
            for name in exchanges:
                await channel.declare_exchange(
                    name, aio_pika.ExchangeType.TOPIC, durable=True, timeout=CALL_TIMEOUT
                )
            for queue in queues:
                declared = await channel.declare_queue(
                    queue.name,
                    durable=True,
                    arguments=dict(queue.arguments),
                    timeout=CALL_TIMEOUT,
                )
                for exchange, key in queue.bindings:
                    await declared.bind(exchange, key, timeout=CALL_TIMEOUT)
            await channel.close()
        except aio_pika.exceptions.ChannelPreconditionFailed as error:
            raise TopologyError(
                "a queue or exchange stands on the broker with other arguments; "
                "delete it when it is empty, then run `dsr init` again"
            ) from error

    async def ping(self) -> None:
        """`Unreachable` unless the broker answers now; a line that only seems to stand does not."""
        channel = await self._publishing.channel()
        try:
            with line_may_break():
                await channel.close()
        except AWAY as error:
            raise Unreachable(
                "RabbitMQ does not answer; check DSR_AMQP_URL and the server"
            ) from error

    async def missing(self, queues: Iterable[str]) -> list[str]:
        """Those of the queues that do not stand on the broker, as `queue <name>`."""
        absent = []
        for name in queues:
            channel = await self._publishing.channel()
            try:
                with line_may_break():
                    await channel.declare_queue(name, passive=True, timeout=CALL_TIMEOUT)
                    await channel.close()
            except aio_pika.exceptions.ChannelNotFoundEntity:
                absent.append(f"queue {name}")
            except AWAY as error:
                raise Unreachable("RabbitMQ did not answer; check the server") from error
        return absent

    async def check(self, queues: Iterable[str]) -> None:
        """`TopologyError` unless all of the queues stand."""
        if absent := await self.missing(queues):
            raise TopologyError(f"{absent[0]} is missing on the broker; run `dsr init`")

    async def close(self) -> None:
        """End all connections."""
        links = (self._consuming, self._publishing, self._answering)
        await asyncio.gather(*(link.close() for link in links))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
