"""One worker process: the consumers of the named stages, ended cleanly by SIGTERM."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from workers.pipeline import STATIONS, Station
from workers.ports import Broker, Subscription
from workers.runtime import clock, log, memory
from workers.runtime.consumer import PREFETCH, Consumer
from workers.runtime.house import House
from workers.runtime.log_keeping import keep_log
from workers.runtime.topology import DEAD, queue_name

GRACE = 25.0
"""Seconds that the groups in hand have at the end; what takes longer is done again by another."""


@dataclass(slots=True)
class Worker:
    """The loops of one process."""

    house: House
    broker: Broker
    stages: Sequence[str]
    tick: float
    _subscriptions: list[Subscription] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what is in hand and return."""
        stations = [STATIONS[name] for name in self.stages]
        consumers = [self._consumer(station) for station in stations if station.listens]
        loops = [asyncio.create_task(consumer.run()) for consumer in consumers]
        if "upkeep" in self.stages:
            loops.append(asyncio.create_task(clock.keep_time(self.house, self.tick)))
            if (retention := self.house.retention) is not None:
                loops.append(asyncio.create_task(clock.keep_retention(self.house, retention)))
            if (notary := self.house.notary) is not None:
                loops.append(asyncio.create_task(keep_log(self.house, notary, self.tick)))
            dead = self._subscribe(DEAD)
            loops.append(asyncio.create_task(clock.bury_dead(self.house, dead)))
        loops.append(asyncio.create_task(clock.follow_database(self.house)))
        memory.spare_the_collector()
        log.event("worker_started", count=len(stations))
        ended = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([ended, *loops], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._end(consumers, loops)
        for loop in loops:
            if loop.done() and not loop.cancelled() and (error := loop.exception()):
                raise error

    def _consumer(self, station: Station) -> Consumer:
        return Consumer(self.house, station, self._subscribe(queue_name(station)))

    def _subscribe(self, queue: str) -> Subscription:
        lost = partial(log.event, "consumer_lost", queue=queue)
        subscription = self.broker.subscribe(queue, PREFETCH, lost)
        self._subscriptions.append(subscription)
        return subscription

    async def _end(
        self, consumers: Sequence[Consumer], loops: Sequence[asyncio.Task[None]]
    ) -> None:
        """Order matters: take no more, let the groups end and ack, only then close the links."""
        pending: set[asyncio.Task[None]] = set(loops)
        until = time.monotonic() + GRACE
        while pending and time.monotonic() < until:
            for loop in pending:
                # The driver may turn a cancellation into an error that a loop takes for a broker
                # that is away.
                loop.cancel()
            _, pending = await asyncio.wait(pending, timeout=1.0)
        await asyncio.gather(*(consumer.drain(GRACE) for consumer in consumers))
        await self.house.settle(GRACE)
        await asyncio.gather(*(subscription.stop() for subscription in self._subscriptions))
        log.event("worker_stopped", count=len(consumers))


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM or Ctrl-C sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
