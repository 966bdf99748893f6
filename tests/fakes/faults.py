"""Where a worker can die, what else can go wrong there, and the time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from random import Random


class Crash(BaseException):
    """The worker died here; nothing that it would have done next is done."""


class Faults:
    """The points that a worker passes on its way, and what happens to it there."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.crash_at: int | None = None
        self.dead = False
        self.raises: dict[str, list[Exception]] = defaultdict(list)
        self.order: Random | None = None
        """Draws how long each call takes, so that several workers meet in many orders."""

    async def call(self, name: str) -> None:
        """The way to a server: whoever else has something to do may do it meanwhile."""
        for _ in range(1 + (self.order.randrange(12) if self.order else 0)):
            await asyncio.sleep(0)
        self.point(name)

    def point(self, name: str) -> None:
        """Pass, die, or meet what a test put here."""
        if self.dead:
            raise Crash(name)
        self.passed.append(name)
        if len(self.passed) - 1 == self.crash_at:
            self.dead = True
            raise Crash(name)
        if self.raises[name]:
            raise self.raises[name].pop(0)


@dataclass(slots=True)
class Clock:
    """The database's time."""

    now: datetime
