"""What happened to requests goes into the signed log, beside the work and behind it (D7)."""

from __future__ import annotations

import asyncio
import random
import time

from workers.ports.notary import Notary
from workers.runtime import log
from workers.runtime.going_on import going_on
from workers.runtime.house import House

BATCH = 256
"""Requests of one round; more in a second than one process completes."""
CATCH_UP = 24 * 3600.0
"""Seconds between two looks through all requests."""
AGAIN = 600.0
"""The same where the last look was broken off."""
SPREAD = 60.0
"""Seconds within which workers that start together begin their first."""


async def keep_log(house: House, notary: Notary, tick: float) -> None:
    """A round every `tick` seconds, however much there is: the work itself comes first."""
    # Not sooner than the last worker of an older version had time to end.
    look = time.monotonic() + SPREAD * (1 + random.random())  # noqa: S311 - only to spread them
    while True:
        with going_on("notary", "log_failed", tick):
            await notary.seal(house.requests.now(), BATCH)
        if time.monotonic() >= look:
            look = time.monotonic() + AGAIN
            with going_on("notary", "log_failed", AGAIN):
                missed = await notary.catch_up()
                look = time.monotonic() + CATCH_UP
                if missed:
                    log.event("log_caught_up", stage="notary", count=missed)
        await asyncio.sleep(tick)
