"""The broker, by the real topology: confirms, returns, and what was not acked comes again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from schemas.errors import Reason, Unreachable
from tests.fakes.faults import Faults
from workers.ports import Envelope, Publication
from workers.runtime.topology import topology


class MemoryParked:
    """Parked messages."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.messages: dict[tuple[str, str, str | None, bytes], tuple[Reason, ...]] = {}

    async def park(self, envelope: Envelope, reasons: Sequence[Reason]) -> None:
        await self._faults.call("parked.park before")
        name = (envelope.exchange, envelope.routing_key, envelope.message_id, envelope.body)
        self.messages.setdefault(name, tuple(reasons))
        self._faults.point("parked.park after")

    def reasons(self) -> list[str]:
        """Why, of each parked message: `path reason`, several joined by a comma."""
        return [
            ", ".join(f"{reason.path} {reason.reason}" for reason in reasons)
            for reasons in self.messages.values()
        ]


class MemorySubscription:
    """A consumer on one queue."""

    def __init__(self, broker: MemoryBroker, queue: str) -> None:
        self._broker = broker
        self._queue = queue

    async def next(self) -> Envelope:
        while (envelope := self.waiting()) is None:
            await self._broker.news.wait()
        return envelope

    def waiting(self) -> Envelope | None:
        ready = self._broker.queues[self._queue]
        if not ready:
            return None
        envelope = ready.popleft()
        self._broker.unacked[envelope.tag] = envelope
        return envelope

    def ack(self, envelopes: Sequence[Envelope]) -> None:
        self._broker.faults.point("ack before")
        for envelope in envelopes:
            del self._broker.unacked[envelope.tag]
        self._broker.faults.point("ack after")

    def give_back(self, envelopes: Sequence[Envelope]) -> None:
        self._broker.given_back += envelopes

    async def stop(self) -> None:
        await self._broker.faults.call("stop")


class MemoryBroker:
    """Exchanges, queues and confirms; it is the publisher too."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.queues: dict[str, deque[Envelope]] = {q.name: deque() for q in topology().queues}
        self.unacked: dict[int, Envelope] = {}
        self.given_back: list[Envelope] = []
        """Nobody here could do these; they come again once the worker is another one."""
        self.published: list[Publication] = []
        self.down = False
        self.closed: set[str] = set()
        """Routing keys whose queue takes nothing."""
        self.news = asyncio.Event()
        """Set, and put in place of by another one, with each message."""
        self._bindings = [(q.name, e, key) for q in topology().queues for e, key in q.bindings]
        self._tag = 0

    @property
    def publisher(self) -> MemoryBroker:
        return self

    def subscribe(
        self,
        queue: str,
        prefetch: int,
        lost: Callable[[], None] = lambda: None,  # noqa: ARG002
    ) -> MemorySubscription:
        assert prefetch > 0
        return MemorySubscription(self, queue)

    async def publish(self, publication: Publication) -> None:
        await self.faults.call("publish before")
        if self.down or publication.routing_key in self.closed:
            raise Unreachable("the broker does not take it")
        found = self.arrive(
            publication.exchange,
            publication.routing_key,
            publication.body,
            content_type=publication.content_type,
            message_id=publication.message_id,
        )
        if publication.mandatory and not found:
            raise Unreachable("cannot be routed")
        self.published.append(publication)
        self.faults.point("publish after")

    def arrive(self, exchange: str, routing_key: str, body: bytes, **properties: Any) -> int:
        """Put a message into the queues that it belongs to; returns how many."""
        found = [
            queue
            for queue, bound, pattern in self._bindings
            if bound == exchange and _fits(pattern, routing_key)
        ]
        for queue in found:
            self.queues[queue].append(self.envelope(queue, exchange, routing_key, body, properties))
        self.news.set()
        self.news = asyncio.Event()
        return len(found)

    def envelope(
        self, queue: str, exchange: str, key: str, body: bytes, properties: Mapping[str, Any]
    ) -> Envelope:
        """One message as it is handed over."""
        self._tag += 1
        plain = dict.fromkeys(
            ("content_type", "message_id", "correlation_id", "reply_to", "user_id")
        )
        return Envelope(
            queue=queue,
            exchange=exchange,
            routing_key=key,
            body=body,
            redelivered=False,
            tag=self._tag,
            **{**plain, **properties},
        )

    def give_back(self) -> None:
        """The worker's link is gone: what it had not acked comes again, first."""
        for envelope in reversed(self.unacked.values()):
            self.queues[envelope.queue].appendleft(replace(envelope, redelivered=True))
        self.unacked = {}

    def idle(self, queues: Sequence[str]) -> bool:
        """Nothing is waiting in these queues and nothing is in hand."""
        return not self.unacked and not any(self.queues[queue] for queue in queues)


def _fits(pattern: str, key: str) -> bool:
    if not pattern.endswith(".*"):
        return pattern == key
    word, _, rest = key.partition(".")
    return word == pattern[:-2] and bool(rest) and "." not in rest
