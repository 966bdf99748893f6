"""The way to one recipient: so many calls at once, and none while it rests.

Whoever would have to wait for long is put off instead, untried: effects that wait here would take
the places of those for other recipients.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from schemas.errors import DsrError, PutOff
from workers.adapters.recipients.breaker import Breaker
from workers.ports import OutboundResult

CONNECTIONS: Final = 16
"""Calls at once to one recipient."""
PATIENCE: Final = 2.0
"""Seconds to wait for a place; a recipient that is that slow is told later."""
FULL: Final = 5.0
"""Seconds after which to ask again for a place."""
SILENT: Final = frozenset(
    {"timeout", "connect_failed", "broken_off", "name_not_found", "tls_failed", "unreachable"}
)
"""Codes that say that nobody answered."""


class NotNow(PutOff):
    """It is not this recipient's turn: nothing was tried."""

    def __init__(self, code: str, seconds: float) -> None:
        super().__init__(code)
        self.seconds = seconds

    def result(self) -> OutboundResult:
        """Tried again after that time and a bit, so that not all come at once."""
        return OutboundResult("put_off", self.code, _jittered(self.seconds), tried=False)


def _jittered(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * random.uniform(1.0, 1.5))  # noqa: S311 - no secret


@dataclass(slots=True)
class Line:
    """Of one recipient."""

    breaker: Breaker = field(default_factory=Breaker)
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))

    def check(self) -> None:
        """`NotNow` where nothing should be tried; asked before anything is read for it."""
        if (rest := self.breaker.wait()) > 0:
            raise NotNow("recipient_rests", rest)

    def rest(self) -> timedelta:
        """For how long nothing should be tried; asked before anything is marked for it."""
        return _jittered(self.breaker.left())

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place of its own; what becomes of the call is told to the breaker."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.places.acquire()
        except TimeoutError:
            raise NotNow("recipient_full", FULL) from None
        try:
            yield
        except DsrError as error:
            if error.code in SILENT:
                self.breaker.silent()
            raise
        else:
            self.breaker.answered()
        finally:
            self.places.release()
