"""What runs by the clock: due steps, the relay, and the queue of dead letters (D6).

Any number of workers may run it: whatever is due is claimed by a conditional update. The relay
claims nothing; what two of them send twice has no effect twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from schemas.errors import DsrError, Reason
from schemas.messages import MAX_ITEMS, Tick
from workers.pipeline import STATIONS
from workers.ports import Subscription
from workers.ports.retention import Retention
from workers.runtime import log, outbox
from workers.runtime.apart import carry_apart
from workers.runtime.cases import Item
from workers.runtime.going_on import going_on
from workers.runtime.house import House
from workers.runtime.topology import DEAD

BATCH = 4 * MAX_ITEMS
RESYNC = 10.0
SPREAD = 60.0
"""Seconds within which workers that start together begin their first sweep."""
BURY_AGAIN = 1.0
"""Seconds after which a dead letter is tried again that could not be kept."""
SWEEP_AGAIN = 300.0
"""Seconds after which a sweep is tried again that could not be ended."""


async def due_steps(house: House) -> int:
    """Send the commands of all steps that are due; returns for how many requests."""
    due = await house.requests.due(BATCH)
    failed = 0
    for start in range(0, len(due), MAX_ITEMS):
        ticks = [Item(Tick(request)) for request in due[start : start + MAX_ITEMS]]
        failed += len(await carry_apart(house, STATIONS["upkeep"], ticks))
    return len(due) - failed


async def keep_time(house: House, tick: float) -> None:
    """Look at the clock every `tick` seconds, at once again while there is a full batch."""
    jobs: tuple[Callable[[House], Awaitable[int]], ...] = (due_steps, outbox.relay)
    while True:
        full = False
        for job in jobs:
            with going_on("upkeep", "upkeep_failed", tick):
                full |= await job(house) >= BATCH
        if not full:
            await asyncio.sleep(tick)


async def follow_database(house: House) -> None:
    """Ask for the database's time now and then; between, the monotonic clock carries it on."""
    while True:
        await asyncio.sleep(RESYNC)
        try:
            await house.requests.sync()
        except DsrError as away:
            log.event("paused", stage="clock", code=away.code, seconds=RESYNC)


async def keep_retention(house: House, retention: Retention) -> None:
    """Sweep soon after the start and then every so often; two workers at once do no harm."""
    every = house.sweep_every.total_seconds()
    wait = min(every, SPREAD) * random.random()  # noqa: S311 - only so that they do not coincide
    while True:
        await asyncio.sleep(wait)
        wait = min(every, SWEEP_AGAIN)
        with going_on("retention", "sweep_failed", wait):
            report = await retention.sweep(house.requests.now())
            wait = every
            log.event("swept", stage="retention", count=report.documents)
            if report.findings:
                stuck = sum(finding.documents for finding in report.findings)
                log.event("sweep_blocked", level=logging.WARNING, stage="retention", count=stuck)


async def bury_dead(house: House, dead: Subscription) -> None:
    """Move what the broker gave up to the parked messages, where it can be listed."""
    while True:
        envelope = await dead.next()
        while True:
            try:
                await house.parked.park(envelope, [Reason("$", "dead_lettered_by_the_broker")])
                break
            except DsrError as away:
                log.failure("paused", away, queue=DEAD, code=away.code, seconds=BURY_AGAIN)
                await asyncio.sleep(BURY_AGAIN)
        dead.ack([envelope])
        log.event("parked", queue=envelope.queue, code="dead_lettered")
