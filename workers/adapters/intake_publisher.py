"""One channel's line to the broker: persistent, confirmed, mandatory; and the answers to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Self
from uuid import uuid4
from weakref import WeakValueDictionary

import aio_pika
from aio_pika.exceptions import DeliveryError, PublishError

from schemas.errors import Unreachable
from schemas.messages import INTAKE
from workers.adapters.amqp_lines import AWAY, only_our_cancellation
from workers.adapters.amqp_nodes import CALL_TIMEOUT, Nodes
from workers.ports.intake import Answer, Outgoing
from workers.ports.telemetry import SENT_AT

if TYPE_CHECKING:
    from aio_pika.abc import (
        AbstractChannel,
        AbstractConnection,
        AbstractExchange,
        AbstractIncomingMessage,
    )

NACK_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits before the same is published again: a quorum queue that has no leader just now says no."""
REPLY_TO = "amq.rabbitmq.reply-to"


class IntakePublisher:
    """Connects when it first publishes, and again after the line was lost."""

    def __init__(self, urls: str) -> None:
        """Under the channel's own broker user, which the URL names; several are `Nodes`."""
        self._nodes = Nodes(urls)
        self._user = self._nodes.user
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._exchange: AbstractExchange | None = None
        self._lock = asyncio.Lock()
        # Weak: an answer that nobody waits for any more, or that never comes, leaves nothing here.
        self._answers: WeakValueDictionary[str, Answer] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._hang_up()

    async def publish(self, outgoing: Outgoing) -> Answer:
        """Returns once the broker has it; the future is what registration or verification says."""
        correlation = uuid4().hex
        answer = self._answers[correlation] = asyncio.get_running_loop().create_future()
        message = aio_pika.Message(
            outgoing.body,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            content_type=outgoing.content_type,
            message_id=outgoing.message_id,
            user_id=self._user,
            correlation_id=correlation,
            reply_to=REPLY_TO,
            headers={SENT_AT: f"{time.time():.3f}", **outgoing.headers},
        )
        try:
            with only_our_cancellation():
                await self._confirmed(message, outgoing.routing_key)
        except (Unreachable, *AWAY) as error:
            raise _unreachable(error) from error
        return answer

    async def _confirmed(self, message: aio_pika.Message, routing_key: str) -> None:
        """Publish it, again where the broker says that it has not taken it."""
        exchange = await self._open()
        for pause in (*NACK_PAUSES, None):
            try:
                with only_our_cancellation():
                    await exchange.publish(
                        message, routing_key, mandatory=True, timeout=CALL_TIMEOUT
                    )
            except PublishError:
                raise
            except DeliveryError:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            except TimeoutError:
                raise
            except AWAY:
                # The driver may call a line open that does not work: the next one is made anew.
                if self._exchange is exchange:
                    self._exchange = None
                raise
            else:
                return

    async def _open(self) -> AbstractExchange:
        if self._exchange is not None and self._lives():
            return self._exchange
        async with self._lock:
            if self._exchange is not None and self._lives():
                return self._exchange
            if self._connection is not None:
                self._nodes.skip()
            await self._hang_up()
            try:
                self._connection = await self._nodes.connect()
                channel = await self._connection.channel(
                    publisher_confirms=True, on_return_raises=True
                )
                replies = await channel.get_queue(REPLY_TO, ensure=False)
                await replies.consume(self._answered, no_ack=True)
                exchange = await channel.get_exchange(INTAKE, ensure=False)
            except AWAY as error:
                raise Unreachable(
                    "RabbitMQ does not answer; check DSR_AMQP_URL and the server"
                ) from error
            self._channel, self._exchange = channel, exchange
            return exchange

    def _lives(self) -> bool:
        """Whether the line can still be used; `is_closed` speaks only of those that we closed."""
        connection, channel = self._connection, self._channel
        if connection is None or channel is None or channel.is_closed:
            return False
        return connection.connected.is_set() and not connection.is_closed

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        self._channel = self._exchange = None
        if connection is not None:
            with contextlib.suppress(*AWAY), only_our_cancellation():
                await asyncio.wait_for(connection.close(), CALL_TIMEOUT)

    async def _answered(self, message: AbstractIncomingMessage) -> None:
        answer = self._answers.pop(message.correlation_id or "", None)
        if answer is not None and not answer.done():
            answer.set_result(json.loads(message.body))


def _unreachable(error: Exception) -> Unreachable:
    if isinstance(error, Unreachable):
        return error
    if isinstance(error, PublishError):
        return Unreachable("RabbitMQ cannot route it; run `dsr init` first")
    return Unreachable("RabbitMQ did not confirm it; publish the same again")
