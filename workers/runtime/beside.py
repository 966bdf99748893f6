"""Effects that took longer than their group, counted: what is under way stays within bounds."""

from __future__ import annotations

import asyncio

MOST = 256
"""Beyond that a group keeps its place until there is room."""


class Beside:
    """The slow effects of one process."""

    def __init__(self) -> None:
        self._under_way = 0
        self._fewer = asyncio.Event()

    def began(self, count: int) -> None:
        """So many were left behind by their group."""
        self._under_way += count

    def ended(self, count: int) -> None:
        """So many have been recorded, or given up."""
        self._under_way -= count
        self._fewer.set()

    async def room(self) -> None:
        """Wait while there are too many."""
        while self._under_way > MOST:
            self._fewer.clear()
            await self._fewer.wait()
