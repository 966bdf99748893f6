"""A broker seen from outside: what `dsr.events` tells from now on; whether workers are there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika

from schemas.errors import Unreachable
from schemas.messages import EVENTS, Events
from workers.adapters.amqp_lines import AWAY, CALL_TIMEOUT, end_line, line_may_break
from workers.adapters.amqp_nodes import Nodes


@asynccontextmanager
async def events(url: str, keys: str = "#") -> AsyncIterator[AsyncIterator[Events]]:
    """The events whose routing key fits, each once it happened; ends with an `Unreachable`.

    The broker's user needs no more than to make an exclusive queue and to read the exchange.
    """
    try:
        with line_may_break():
            connection = await Nodes(url).connect()
            channel = await connection.channel(publisher_confirms=False)
            queue = await channel.declare_queue(exclusive=True, timeout=CALL_TIMEOUT)
            await queue.bind(EVENTS, keys, timeout=CALL_TIMEOUT)
    except AWAY as error:
        raise Unreachable("RabbitMQ does not let us listen; run `dsr init` first") from error
    try:
        yield _parsed(queue)
    finally:
        await end_line(connection.close())


async def served(url: str, queue: str) -> bool:
    """Whether somebody takes messages from this queue."""
    try:
        with line_may_break():
            async with await Nodes(url).connect() as connection:
                channel = await connection.channel(publisher_confirms=False)
                found = await channel.declare_queue(queue, passive=True, timeout=CALL_TIMEOUT)
                return bool(found.declaration_result.consumer_count)
    except aio_pika.exceptions.ChannelNotFoundEntity:
        return False
    except AWAY as error:
        raise Unreachable("RabbitMQ does not answer; check DSR_AMQP_URL and the server") from error


async def _parsed(queue: aio_pika.abc.AbstractQueue) -> AsyncIterator[Events]:
    try:
        with line_may_break():
            async with queue.iterator(no_ack=True) as messages:
                async for message in messages:
                    yield Events.model_validate_json(message.body)
    except AWAY as error:
        raise Unreachable("RabbitMQ ended the connection that listens to events") from error
    raise Unreachable("RabbitMQ sends no more events")
