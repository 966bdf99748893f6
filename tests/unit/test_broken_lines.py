"""A line to the broker that breaks under a call: the driver then cancels whoever waits on it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from schemas.errors import Unreachable
from workers.adapters.broker import ConfirmingPublisher, QueueSubscription
from workers.ports import Publication

LETTER = Publication("", "kept", b"{}", mandatory=True)


class Line:
    """Each time that somebody wants it, it breaks as the driver lets it break."""

    user = "guest"

    def __init__(self) -> None:
        self.wanted = 0
        self.twice = asyncio.Event()
        self.dropped = 0

    async def connection(self) -> Any:
        """Cancelled by nobody of ours."""
        self.wanted += 1
        if self.wanted > 1:
            self.twice.set()
        raise asyncio.CancelledError

    async def drop(self) -> None:
        """Another one next time."""
        self.dropped += 1


class Silent(Line):
    """It never answers."""

    async def connection(self) -> Any:
        """Wait for ever."""
        await asyncio.Event().wait()


async def test_what_was_about_to_be_published_is_told_as_unreachable() -> None:
    line = Line()
    with pytest.raises(Unreachable):
        await ConfirmingPublisher(cast("Any", line)).publish(LETTER)
    assert line.dropped == 1, "it may still call itself open"


async def test_whoever_is_cancelled_by_us_is_cancelled() -> None:
    sending = asyncio.create_task(ConfirmingPublisher(cast("Any", Silent())).publish(LETTER))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_a_time_limit_is_one() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await ConfirmingPublisher(cast("Any", Silent())).publish(LETTER)


async def test_a_consumer_takes_the_next_line_and_ends_only_when_it_is_stopped() -> None:
    line = Line()
    subscription = QueueSubscription(cast("Any", line), "dsr.mailing", 1)
    async with asyncio.timeout(5):
        await line.twice.wait()
        await subscription.stop()
