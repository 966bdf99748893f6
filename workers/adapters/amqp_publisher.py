"""Publishing with confirms, many messages in flight on one channel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import aio_pika
from aio_pika.exceptions import DeliveryError, PublishError

from schemas.errors import Unreachable
from workers.adapters.amqp_lines import AWAY, CALL_TIMEOUT, end_line, line_may_break
from workers.adapters.amqp_link import Link
from workers.ports import Publication

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel


class NotTaken(Unreachable):
    """The broker is there, and says that it has not taken a message."""


class ConfirmingPublisher:
    """Publishes persistent messages, each with a confirm.

    A channel that did not take a message is not asked again. RabbitMQ's channel remembers which
    node led a quorum queue when it first wrote to it; one that was opened between the death of
    that node and the election of the next says no to all that follows, until the node is back.
    """

    def __init__(
        self, link: Link, opened: Callable[[AbstractChannel], Awaitable[object]] | None = None
    ) -> None:
        """`opened` is called with each new channel, before anything is published by it."""
        self._link = link
        self._opened = opened
        self._channel: AbstractChannel | None = None
        self._former: AbstractChannel | None = None
        """Given up, and not closed before the next is: others may still be confirmed on it."""
        self._lock = asyncio.Lock()

    async def publish(self, publication: Publication) -> None:
        """Returns once the broker has it; `Unreachable` if it has not, or cannot route it."""
        message = _message(publication, self._link.user)
        channel = None
        try:
            with line_may_break():
                channel = await self._open()
                exchange = await channel.get_exchange(publication.exchange, ensure=False)
                await exchange.publish(
                    message,
                    publication.routing_key,
                    mandatory=publication.mandatory,
                    timeout=CALL_TIMEOUT,
                )
        except PublishError as error:
            raise Unreachable("RabbitMQ cannot route a message; run `dsr init`") from error
        except (DeliveryError, *AWAY) as error:
            await self._give_up(channel)
            if isinstance(error, DeliveryError):
                raise NotTaken("RabbitMQ did not take a message; publish the same again") from error
            raise Unreachable("RabbitMQ did not confirm a message; publish it again") from error

    async def _open(self) -> AbstractChannel:
        if self._channel is not None and not self._channel.is_closed:
            return self._channel
        async with self._lock:
            if self._channel is None or self._channel.is_closed:
                channel = await self._link.channel(confirms=True)
                if self._opened is not None:
                    await self._opened(channel)
                self._channel = channel
            return self._channel

    async def _give_up(self, channel: AbstractChannel | None) -> None:
        """Publish by another one from now on."""
        if channel is None or channel is not self._channel:
            return
        last, self._former, self._channel = self._former, channel, None
        if last is not None and not last.is_closed:
            await end_line(last.close())


def _message(publication: Publication, user: str) -> aio_pika.Message:
    return aio_pika.Message(
        publication.body,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        content_type=publication.content_type,
        message_id=publication.message_id,
        correlation_id=publication.correlation_id,
        reply_to=publication.reply_to,
        user_id=user,
        headers=dict(publication.headers or {}),
    )
