"""The notary as the runtime sees it: whatever happened to requests, in a signed log."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Notary(Protocol):
    """Adds to the log; any number may run at once, and each may be stopped anywhere."""

    async def seal(self, now: datetime, limit: int) -> int:
        """Take transitions of up to so many requests in, and sign; returns of how many.

        `now` is the database's time. Receipts of what was completed are issued with it.
        """

    async def catch_up(self) -> int:
        """Find what workers of an older version have committed; returns for how many requests."""
