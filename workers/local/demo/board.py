"""What the company's own systems hear of requests: the events that workers publish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from schemas.lifecycle import Status
from schemas.messages import Events


class Board:
    """Which statuses each request has reached, as told by `dsr.events`."""

    def __init__(self, news: Callable[[str, Status], None]) -> None:
        self._news = news
        self._reached: dict[tuple[str, Status], asyncio.Event] = {}

    async def follow(self, stream: AsyncIterator[Events]) -> None:
        """Take down every event, until the stream fails."""
        async for events in stream:
            word, _, name = events.event.partition(".")
            if word != "request":
                continue
            status = Status(name)
            for item in events.items:
                # An event may come twice: the outbox publishes at least once.
                if not self._flag(item.tracking, status).is_set():
                    self._flag(item.tracking, status).set()
                    self._news(item.tracking, status)

    async def reached(self, tracking: str, status: Status) -> None:
        """Returns once the request has that status behind it."""
        await self._flag(tracking, status).wait()

    def _flag(self, tracking: str, status: Status) -> asyncio.Event:
        return self._reached.setdefault((tracking, status), asyncio.Event())
