"""A worker that is told to end does, whatever its driver makes of that."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from schemas.errors import Unreachable
from workers.adapters.amqp_subscription import QueueSubscription


class LinkThatMistakesTheEnd:
    """Takes a cancellation for a lost connection, as drivers do in the middle of a handshake."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.mistakes = 0

    async def channel(self) -> Any:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.mistakes += 1
            raise Unreachable("the connection was lost") from None


async def test_a_subscription_stops_while_it_is_still_connecting() -> None:
    link = LinkThatMistakesTheEnd()
    subscription = QueueSubscription(cast("Any", link), "dsr.registration", 1)
    await link.asked.wait()
    await asyncio.wait_for(subscription.stop(), 5)
    assert link.mistakes == 1
