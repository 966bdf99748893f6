"""Consuming from one queue, across lost queues, channels and lines."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from schemas.errors import Unreachable
from workers.adapters.amqp_lines import AWAY, CALL_TIMEOUT, end_line, line_may_break
from workers.adapters.amqp_link import Link
from workers.adapters.envelopes import envelope_of
from workers.ports import Envelope

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel
    from aiormq.abc import DeliveredMessage

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0
GIVE_BACK_AFTER = 5.0
WATCH = 5.0
"""Seconds between looks whether a queue that we consume from is still there."""


class QueueSubscription:
    """A consumer that builds itself anew after the link, the channel or the queue was lost.

    Envelopes are acked on the channel that they came by; those of a lost channel come again.
    """

    def __init__(
        self, link: Link, queue: str, prefetch: int, lost: Callable[[], None] = lambda: None
    ) -> None:
        """`lost` is called each time that the queue, the channel or the line was lost."""
        self._link = link
        self._queue = queue
        self._prefetch = prefetch
        self._lost = lost
        # None: consuming has ended for good, by an error.
        self._arrived: asyncio.Queue[tuple[AbstractChannel, Envelope] | None] = asyncio.Queue()
        self._channel: AbstractChannel | None = None
        self._by_tag: dict[int, AbstractChannel] = {}
        self._serial = 0
        self._tags: dict[int, int] = {}
        self._acking: set[asyncio.Task[None]] = set()
        self._giving_back: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._task = asyncio.create_task(self._keep_consuming())
        self._task.add_done_callback(self._ended)

    async def next(self) -> Envelope:
        """The next message of the living channel."""
        while True:
            if (arrived := await self._arrived.get()) is None:
                self._task.result()  # raises what ended it, which is a bug
                raise AssertionError("nothing ends it but an error")
            channel, envelope = arrived
            if channel is self._channel:
                return envelope
            self._forget(envelope)

    def waiting(self) -> Envelope | None:
        """A message that is here already, or None."""
        while not self._arrived.empty():
            if (arrived := self._arrived.get_nowait()) is None:
                self._arrived.put_nowait(None)
                return None
            channel, envelope = arrived
            if channel is self._channel:
                return envelope
            self._forget(envelope)
        return None

    def ack(self, envelopes: Sequence[Envelope]) -> None:
        """Fire and forget; what came by a lost channel is skipped, since it comes again anyway."""
        channel, tags = self._channel, self._taken(envelopes)
        if channel is not None and tags:
            self._beside(_ack(channel, tags), self._acking)

    def give_back(self, envelopes: Sequence[Envelope]) -> None:
        """After a pause, so that what nobody can do now does not go round and round."""
        channel, tags = self._channel, self._taken(envelopes)
        if channel is not None and tags:
            self._beside(_give_back(channel, tags), self._giving_back)

    async def stop(self) -> None:
        """Take no more and close the channel: what was not acked goes back to the queue."""
        self._stopped = True
        until = time.monotonic() + CALL_TIMEOUT
        while not self._task.done() and time.monotonic() < until:
            # The driver may turn a cancellation into an error of its own, as if the link were lost.
            self._task.cancel()
            await asyncio.wait([self._task], timeout=FIRST_WAIT)
        for task in self._giving_back:
            task.cancel()  # the end of the channel gives them back at once
        if self._acking:
            await asyncio.wait(self._acking, timeout=CALL_TIMEOUT)
        await self._close()

    def _taken(self, envelopes: Sequence[Envelope]) -> list[int]:
        """What the living channel calls those of them that came by it."""
        tags = [
            self._tags[envelope.tag]
            for envelope in envelopes
            if self._channel is not None and self._by_tag.get(envelope.tag) is self._channel
        ]
        for envelope in envelopes:
            self._forget(envelope)
        return tags

    @staticmethod
    def _beside(work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._arrived.put_nowait(None)

    def _forget(self, envelope: Envelope) -> None:
        self._by_tag.pop(envelope.tag, None)
        self._tags.pop(envelope.tag, None)

    async def _keep_consuming(self) -> None:
        wait = FIRST_WAIT
        while not self._stopped:
            stood = False
            with contextlib.suppress(Unreachable, *AWAY), line_may_break():
                consumer_tag = await self._consume()
                wait, stood = FIRST_WAIT, True
                await self._watch(consumer_tag)
            if stood and not self._stopped:
                self._lost()
            await self._close()
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _consume(self) -> str:
        channel = self._channel = await self._link.channel()
        await channel.set_qos(prefetch_count=self._prefetch, timeout=CALL_TIMEOUT)
        # Passive: queues are declared by `dsr init` alone.
        await channel.declare_queue(self._queue, passive=True, timeout=CALL_TIMEOUT)

        async def arrive(message: DeliveredMessage) -> None:
            self._serial += 1
            envelope = envelope_of(message, self._queue, self._serial)
            self._by_tag[self._serial] = channel
            self._tags[self._serial] = message.delivery_tag or 0
            self._arrived.put_nowait((channel, envelope))

        # Not by aio-pika's queue: its own message refuses what anybody may say in a property.
        underlay = await channel.get_underlay_channel()
        began = await underlay.basic_consume(self._queue, arrive, timeout=CALL_TIMEOUT)
        return began.consumer_tag or ""

    async def _watch(self, consumer_tag: str) -> None:
        """Return once there is something to build anew; a deleted queue tells nobody."""
        channel = self._channel
        assert channel is not None
        while not channel.is_closed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(channel.closed(), WATCH)
                return
            underlay = await channel.get_underlay_channel()
            if consumer_tag not in getattr(underlay, "consumers", {consumer_tag: None}):
                return
            await channel.declare_queue(self._queue, passive=True, timeout=CALL_TIMEOUT)

    async def _close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None and not channel.is_closed:
            await end_line(channel.close())


async def _ack(channel: AbstractChannel, tags: Sequence[int]) -> None:
    with contextlib.suppress(*AWAY), line_may_break():
        underlay = await channel.get_underlay_channel()
        for tag in tags:
            # To await each would send each by itself.
            await underlay.basic_ack(tag, wait=tag == tags[-1])


async def _give_back(channel: AbstractChannel, tags: Sequence[int]) -> None:
    await asyncio.sleep(GIVE_BACK_AFTER)
    with contextlib.suppress(*AWAY), line_may_break():
        underlay = await channel.get_underlay_channel()
        for tag in tags:
            await underlay.basic_reject(tag, requeue=True, wait=tag == tags[-1])
