"""The pages' way in: many visitors share one line, and none waits long for an answer."""

from __future__ import annotations

import asyncio
from typing import Any

from schemas.errors import Reason, Refused
from workers.channels.publisher import Publisher


class WebChannel:
    """Publishes submissions, proofs and withdrawals; many may be under way at once.

    `Refused` and `Unreachable` say that nothing was taken.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    async def submission(self, body: bytes, patience: float) -> str | None:
        """Publish it; the tracking code where registration says one within these seconds."""
        _, answer = await self._publisher.submission(body)
        said = await _within(patience, answer)
        if said.get("accepted") is False:
            raise Refused(Reason("$", "refused_by_registration"))
        tracking = said.get("tracking")
        return str(tracking) if tracking else None

    async def proof(self, body: bytes) -> None:
        """Publish it; what comes of it is told by mail alone."""
        _, answer = await self._publisher.proof(body)
        answer.cancel()

    async def withdrawal(self, body: bytes) -> None:
        """The same."""
        _, answer = await self._publisher.withdrawal(body)
        answer.cancel()


async def _within(patience: float, answer: asyncio.Future[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await asyncio.wait_for(answer, patience)
    except TimeoutError:
        return {}
