"""A channel's line to the broker that outlives the broker: opened when needed, and again.

What goes over it is sealed to the intake's own key, so the broker never has it in clear.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

from schemas.errors import Reason, Refused, Unreachable
from workers.adapters.intake_publisher import IntakePublisher


class IntakeLine:
    """Publishes submissions and proofs; many may be under way at once."""

    def __init__(self, url: str, seal: Callable[[bytes], bytes]) -> None:
        self._url = url
        self._seal = seal
        self._open: IntakePublisher | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close(self._open)

    async def submission(self, body: bytes, patience: float) -> str | None:
        """Publish it; the tracking code where registration says one within these seconds.

        `Refused` and `Unreachable` say that nothing was taken.
        """
        async with self._over() as publisher:
            _, answer = await publisher.submission(body)
        said = await _within(patience, answer)
        if said.get("accepted") is False:
            raise Refused(Reason("$", "refused_by_registration"))
        tracking = said.get("tracking")
        return str(tracking) if tracking else None

    async def proof(self, body: bytes) -> None:
        """Publish it; what comes of it is told by mail alone."""
        async with self._over() as publisher:
            _, answer = await publisher.proof(body)
        answer.cancel()

    async def withdrawal(self, body: bytes) -> None:
        """The same."""
        async with self._over() as publisher:
            _, answer = await publisher.withdrawal(body)
        answer.cancel()

    @asynccontextmanager
    async def _over(self) -> AsyncIterator[IntakePublisher]:
        """The connection; one that failed is dropped, so that the next call opens another."""
        async with self._opening:
            if self._open is None:
                publisher = IntakePublisher(self._url, seal=self._seal)
                self._open = await publisher.__aenter__()
            publisher = self._open
        try:
            yield publisher
        except Unreachable:
            await self._close(publisher)
            raise

    async def _close(self, publisher: IntakePublisher | None) -> None:
        """Drop this one, unless another has taken its place."""
        if publisher is None or publisher is not self._open:
            return
        self._open = None
        await publisher.__aexit__()


async def _within(patience: float, answer: asyncio.Future[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await asyncio.wait_for(answer, patience)
    except TimeoutError:
        return {}
