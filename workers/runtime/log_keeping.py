"""What happened to requests goes into the signed log, beside the work and behind it (D7)."""

from __future__ import annotations

import asyncio
import random
import time

from workers.ports.notary import Notary
from workers.runtime import log
from workers.runtime.going_on import going_on
from workers.runtime.house import House

BATCH = 128
"""Requests of one round: what they add is computed in some hundredths of a second."""
CATCH_UP = 24 * 3600.0
"""Seconds between two looks through all requests."""
AGAIN = 600.0
"""The same where the last look was broken off."""
SPREAD = 60.0
"""Seconds within which workers that start together begin their first."""


async def keep_log(house: House, notary: Notary, tick: float) -> None:
    """A round every `tick` seconds, at once again while there is a full batch."""
    # Not sooner than the last worker of an older version had time to end.
    look = time.monotonic() + SPREAD * (1 + random.random())  # noqa: S311 - only to spread them
    while True:
        full = False
        with going_on("notary", "log_failed", tick):
            full = await notary.seal(house.requests.now(), BATCH) >= BATCH
        if time.monotonic() >= look:
            look = time.monotonic() + AGAIN
            with going_on("notary", "log_failed", AGAIN):
                missed = await notary.catch_up()
                look = time.monotonic() + CATCH_UP
                if missed:
                    log.event("log_caught_up", stage="notary", count=missed)
        if not full:
            await asyncio.sleep(tick)
