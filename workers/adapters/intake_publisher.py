"""Publishes what a channel took in: persistent, confirmed, mandatory; and hears the answer.

Validated before it leaves, with the very model that registration validates it with.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aio_pika
from aio_pika.exceptions import AMQPError, DeliveryError, PublishError

from schemas.base import parse
from schemas.errors import Unreachable
from schemas.messages import INTAKE
from schemas.submission import Proof, Submission, Withdrawal, own_id

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

CALL_TIMEOUT = 10.0
NACK_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits before the same is published again: a quorum queue that has no leader just now says no."""
REPLY_TO = "amq.rabbitmq.reply-to"
_AWAY = (AMQPError, OSError, TimeoutError, asyncio.InvalidStateError, RuntimeError)


class IntakePublisher:
    """One channel's connection to the broker, under the channel's own broker user."""

    def __init__(self, url: str, *, seal: Callable[[bytes], bytes] | None = None) -> None:
        """With `seal`, what is published is sealed once it has been validated."""
        self._url = url
        self._seal = seal
        self._user = unquote(urlsplit(url).username or "guest")
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        try:
            self._connection = await aio_pika.connect(self._url, timeout=CALL_TIMEOUT, heartbeat=10)
            self._channel = await self._connection.channel(
                publisher_confirms=True, on_return_raises=True
            )
            replies = await self._channel.get_queue(REPLY_TO, ensure=False)
            await replies.consume(self._answered, no_ack=True)
        except _AWAY as error:
            raise Unreachable(
                "RabbitMQ does not answer; check DSR_AMQP_URL and the server"
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            with contextlib.suppress(*_AWAY):
                await asyncio.wait_for(self._connection.close(), CALL_TIMEOUT)

    async def submission(self, body: bytes) -> tuple[Submission, asyncio.Future[dict[str, Any]]]:
        """Publish a submission; `Refused` names what is wrong with it before anything leaves."""
        message = parse(Submission, body)
        return message, await self._publish("submission", message, body)

    async def proof(self, body: bytes) -> tuple[Proof, asyncio.Future[dict[str, Any]]]:
        """Publish a proof; its answer says only yes or no."""
        message = parse(Proof, body)
        return message, await self._publish("proof", message, body)

    async def withdrawal(self, body: bytes) -> tuple[Withdrawal, asyncio.Future[dict[str, Any]]]:
        """Publish a withdrawal; its answer says only yes or no."""
        message = parse(Withdrawal, body)
        return message, await self._publish("withdrawal", message, body)

    async def _publish(
        self, word: str, message: Submission | Proof | Withdrawal, body: bytes
    ) -> asyncio.Future[dict[str, Any]]:
        """Returns once the broker has it; the future is what registration or verification says."""
        correlation = uuid4().hex
        answer = self._answers[correlation] = asyncio.get_running_loop().create_future()
        # Whoever stops waiting for an answer leaves nothing behind.
        answer.add_done_callback(lambda _: self._answers.pop(correlation, None))
        try:
            await self._confirmed(
                aio_pika.Message(
                    self._seal(body) if self._seal else body,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    content_type="application/jose" if self._seal else "application/json",
                    message_id=own_id(message),
                    user_id=self._user,
                    correlation_id=correlation,
                    reply_to=REPLY_TO,
                ),
                f"{word}.{message.channel}",
            )
        except PublishError as error:
            raise Unreachable("RabbitMQ cannot route it; run `dsr init` first") from error
        except _AWAY as error:
            raise Unreachable("RabbitMQ did not confirm it; publish the same again") from error
        return answer

    async def _confirmed(self, message: aio_pika.Message, routing_key: str) -> None:
        """Publish it, again where the broker says that it has not taken it."""
        assert self._channel is not None, "use as `async with`"
        exchange = await self._channel.get_exchange(INTAKE, ensure=False)
        for pause in (*NACK_PAUSES, None):
            try:
                await exchange.publish(message, routing_key, mandatory=True, timeout=CALL_TIMEOUT)
            except PublishError:
                raise
            except DeliveryError:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    async def _answered(self, message: AbstractIncomingMessage) -> None:
        answer = self._answers.pop(message.correlation_id or "", None)
        if answer is not None and not answer.done():
            answer.set_result(json.loads(message.body))
