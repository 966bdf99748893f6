"""The receipts of what was completed, once the notary has issued them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from workers.local.demo.house import House
from workers.local.processes import StackError

WITHIN = 30.0
"""Seconds; the notary waits two, so as to take what happens to a request at once."""
LOOK_AGAIN = 0.2


async def receipts(house: House, requests: Collection[str]) -> dict[str, dict[str, Any]]:
    """The signed receipts of these requests, by id."""
    found: dict[str, dict[str, Any]] = {}
    try:
        async with asyncio.timeout(WITHIN):
            while len(found) < len(requests):
                found = await house.parts.audit_log.receipts(requests)
                await asyncio.sleep(LOOK_AGAIN)
    except TimeoutError:
        missing = len(requests) - len(found)
        raise StackError(f"{missing} requests have no receipt after {WITHIN:.0f} s") from None
    return found
