"""Queues, groups and confirms, as lean as aio-pika lets them be."""

from __future__ import annotations

import asyncio
import json
import os
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import aio_pika
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractExchange,
    AbstractIncomingMessage,
)

INTAKE, WORK, EVENTS = "dsr.intake", "dsr.work", "dsr.events"
MAX_ITEMS = 64

QUEUES: dict[str, tuple[tuple[str, str], ...]] = {
    "floor.registration": ((INTAKE, "submission.*"),),
    "floor.proof": ((INTAKE, "proof.*"),),
    "floor.challenge": ((WORK, "challenge"),),
    "floor.correction": ((WORK, "correction"),),
    "floor.cooling": ((WORK, "cooling"),),
    "floor.beginning": ((WORK, "beginning"),),
    "floor.deletion": ((WORK, "deletion"),),
    "floor.propagation": ((WORK, "propagation"),),
    "floor.mailing": ((WORK, "mailing"),),
}

Handler = Callable[[list[str]], Awaitable[None]]
"""Takes the items of a group: the bodies of intake messages, or ids out of packed messages."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is taken at once."""

    items: int
    groups: int

    @property
    def prefetch(self) -> int:
        """About three groups."""
        return 3 * self.items if self.items > 1 else 1


PACKED = Pace(items=MAX_ITEMS, groups=2)
SINGLY = Pace(items=1, groups=1)


async def declare(url: str) -> None:
    """Exchanges and quorum queues."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        for name in (INTAKE, WORK, EVENTS):
            await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
        for name, bindings in QUEUES.items():
            queue = await channel.declare_queue(
                name, durable=True, arguments={"x-queue-type": "quorum"}
            )
            for exchange, key in bindings:
                await queue.bind(exchange, key)


class Publisher:
    """One channel with confirms."""

    def __init__(self, channel: AbstractChannel, exchanges: dict[str, AbstractExchange]) -> None:
        self._channel = channel
        self._exchanges = exchanges

    @classmethod
    async def open(cls, connection: AbstractConnection) -> Publisher:
        """Confirms on; what cannot be routed is an error."""
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        names = (INTAKE, WORK, EVENTS)
        exchanges = {name: await channel.get_exchange(name, ensure=False) for name in names}
        return cls(channel, exchanges)

    async def send(self, exchange: str, key: str, body: bytes, *, message_id: str = "") -> None:
        """Returns once it is confirmed."""
        message = aio_pika.Message(
            body,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            content_type="application/json",
            message_id=message_id or uuid4().hex,
        )
        await self._exchanges[exchange].publish(message, key, mandatory=exchange != EVENTS)

    async def post(self, work: str | None, events: Sequence[str], ids: Sequence[str]) -> None:
        """One packed message to the next stage, one for each kind of event."""
        body = json.dumps({"items": list(ids)}).encode()
        sends = [self.send(EVENTS, event, body) for event in events]
        if work is not None:
            sends.append(self.send(WORK, work, body))
        await asyncio.gather(*sends)


@dataclass(slots=True, eq=False)
class _Group:
    messages: list[AbstractIncomingMessage]
    done: bool = False


@dataclass(slots=True)
class Consumer:
    """One queue: groups of what is there already, a few in flight, acked together in order."""

    channel: AbstractChannel
    queue: str
    handle: Handler
    pace: Pace
    _arrived: asyncio.Queue[AbstractIncomingMessage] = field(default_factory=asyncio.Queue)
    _flying: deque[_Group] = field(default_factory=deque)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Until cancelled."""
        await self.channel.set_qos(prefetch_count=self.pace.prefetch)
        queue = await self.channel.get_queue(self.queue, ensure=False)

        async def arrive(message: AbstractIncomingMessage) -> None:
            self._arrived.put_nowait(message)

        await queue.consume(arrive)
        slots = asyncio.Semaphore(self.pace.groups)
        while True:
            await slots.acquire()
            group, items = await self._take()
            self._flying.append(group)
            task = asyncio.create_task(self._work(group, items))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
            task.add_done_callback(lambda _: slots.release())

    async def drain(self) -> None:
        """What is in hand is finished."""
        if self._tasks:
            await asyncio.gather(*self._tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # Nothing is retried here: a measurement with an error in it is none.
            traceback.print_exception(error)
            os._exit(1)

    async def _take(self) -> tuple[_Group, list[str]]:
        messages = [await self._arrived.get()]
        items = _items(messages[0])
        while len(items) < self.pace.items and not self._arrived.empty():
            messages.append(self._arrived.get_nowait())
            items += _items(messages[-1])
        return _Group(messages), items

    async def _work(self, group: _Group, items: list[str]) -> None:
        await self.handle(items)
        group.done = True
        last = None
        while self._flying and self._flying[0].done:
            last = self._flying.popleft().messages[-1]
        if last is not None:
            await last.channel.basic_ack(last.delivery_tag or 0, multiple=True)


def _items(message: AbstractIncomingMessage) -> list[str]:
    if message.exchange == INTAKE:
        return [message.body.decode()]
    found: list[str] = json.loads(message.body)["items"]
    return found
