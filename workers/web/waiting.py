"""The least time of an answer from which nobody may learn whether something exists."""

from __future__ import annotations

import asyncio
import time
from typing import Final

NO_SOONER: Final = 0.3
"""Seconds after which a button is answered. A try at a code is counted before that, which a busy
database may take longer for; a tenth was measured to be too short then."""


class Hold:
    """Begins with the request; `over` returns once the least time has passed."""

    def __init__(self, least: float = NO_SOONER) -> None:
        self._until = time.monotonic() + least

    async def over(self) -> None:
        """Wait for what is left of it."""
        await asyncio.sleep(max(self._until - time.monotonic(), 0))
