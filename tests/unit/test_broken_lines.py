"""A line to the broker that breaks under a call: what the driver then does to who waits on it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from aio_pika.exceptions import DeliveryError

from schemas.errors import Unreachable
from workers.adapters import amqp_lines, amqp_subscription
from workers.adapters.amqp_lines import AWAY, end_line, line_may_break, within
from workers.adapters.amqp_publisher import ConfirmingPublisher, NotTaken
from workers.adapters.amqp_subscription import QueueSubscription
from workers.ports import Publication
from workers.runtime.going_on import going_on

LETTER = Publication("", "kept", b"{}", mandatory=True)
BREAKS = [asyncio.CancelledError, Exception]
"""What aiormq raises: with the cancellation of its own reader, or where there was no reason."""


class Line:
    """Each time that somebody wants it, it breaks as the driver lets it break."""

    user = "guest"

    def __init__(self, fate: type[BaseException] = asyncio.CancelledError) -> None:
        self.fate = fate
        self.wanted = 0
        self.twice = asyncio.Event()

    async def channel(self, **_: Any) -> Any:
        """Cancelled by nobody of ours, or closed without a reason."""
        self.wanted += 1
        if self.wanted > 1:
            self.twice.set()
        raise self.fate


class Silent(Line):
    """It never answers."""

    async def channel(self, **_: Any) -> Any:
        """Wait for ever."""
        await asyncio.Event().wait()


class Channel:
    """Its exchange too; what it is made with happens to whatever is published by it."""

    def __init__(self, fate: BaseException | None) -> None:
        self.fate = fate
        self.is_closed = False
        self.asked = 0

    async def get_exchange(self, *_: Any, **__: Any) -> Channel:
        return self

    async def publish(self, *_: Any, **__: Any) -> None:
        self.asked += 1
        if self.fate is not None:
            raise self.fate

    async def close(self) -> None:
        self.is_closed = True


class Channels:
    """A line that gives these, one after the other."""

    user = "guest"

    def __init__(self, *channels: Channel) -> None:
        self._left = list(channels)

    async def channel(self, *, confirms: bool) -> Channel:
        assert confirms
        return self._left.pop(0)


def publisher_on(line: Line | Channels) -> ConfirmingPublisher:
    return ConfirmingPublisher(cast("Any", line))


@pytest.mark.parametrize("fate", BREAKS)
async def test_what_was_about_to_be_published_is_told_as_unreachable(
    fate: type[BaseException],
) -> None:
    with pytest.raises(Unreachable):
        await publisher_on(Line(fate)).publish(LETTER)


async def test_whoever_is_cancelled_by_us_is_cancelled() -> None:
    sending = asyncio.create_task(publisher_on(Silent()).publish(LETTER))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_a_time_limit_is_one() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await publisher_on(Silent()).publish(LETTER)


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        (DeliveryError(None, cast("Any", None)), NotTaken),
        (TimeoutError(), Unreachable),
        (asyncio.CancelledError(), Unreachable),
        (Exception(), Unreachable),
        (ConnectionResetError(), Unreachable),
    ],
)
async def test_a_channel_that_took_no_message_is_not_asked_again(
    fate: BaseException, told: type[Exception]
) -> None:
    channels = Channel(fate), Channel(fate), Channel(None)
    publisher = publisher_on(Channels(*channels))
    for _ in channels[:2]:
        with pytest.raises(told):
            await publisher.publish(LETTER)
    await publisher.publish(LETTER)
    await publisher.publish(LETTER)
    assert [channel.asked for channel in channels] == [1, 1, 2]
    assert [channel.is_closed for channel in channels] == [True, False, False], (
        "others may still be confirmed on the one that was given up last"
    )


class Faulty(Line):
    """Has a bug."""

    async def channel(self, **_: Any) -> Any:
        """Nothing that a broker that is away would raise."""
        raise KeyError("a bug")


async def test_what_ends_consuming_for_good_is_told_to_whoever_waits_for_messages() -> None:
    subscription = QueueSubscription(cast("Any", Faulty()), "dsr.mailing", 1)
    async with asyncio.timeout(5):
        with pytest.raises(KeyError):
            await subscription.next()
        await subscription.stop()


@pytest.mark.parametrize("fate", BREAKS)
async def test_a_consumer_takes_the_next_line_and_ends_only_when_it_is_stopped(
    fate: type[BaseException],
) -> None:
    line = Line(fate)
    subscription = QueueSubscription(cast("Any", line), "dsr.mailing", 1)
    async with asyncio.timeout(5):
        await line.twice.wait()
        await subscription.stop()


@contextlib.contextmanager
def of_a_consumer() -> Iterator[None]:
    with contextlib.suppress(*AWAY), line_may_break():
        yield


ROUNDS = [of_a_consumer, lambda: going_on("upkeep", "upkeep_failed", 1.0)]


@pytest.mark.parametrize("one_round", ROUNDS, ids=["of_a_consumer", "of_the_clock"])
async def test_a_cancellation_ends_a_loop_whatever_the_driver_makes_of_it(
    one_round: Callable[[], contextlib.AbstractContextManager[None]],
) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        while True:
            with one_round():
                try:
                    begun.set()
                    await asyncio.Event().wait()
                except asyncio.CancelledError as error:
                    raise ConnectionError("the reader is gone") from error

    loop = asyncio.create_task(work())
    await begun.wait()
    loop.cancel()
    await asyncio.wait({loop}, timeout=5)
    assert loop.cancelled()


class Stubborn(Line):
    """However often it is cancelled, it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.over = asyncio.Event()

    async def channel(self, **_: Any) -> Any:
        """Only the test ends it."""
        while not self.over.is_set():
            self.asked.set()
            with contextlib.suppress(asyncio.CancelledError):
                await self.over.wait()


async def test_a_consumer_that_the_driver_does_not_let_go_is_left_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(amqp_subscription, "CALL_TIMEOUT", 0.3)
    line = Stubborn()
    subscription = QueueSubscription(cast("Any", line), "dsr.mailing", 1)
    try:
        async with asyncio.timeout(5):
            await line.asked.wait()
            await subscription.stop()
    finally:
        line.over.set()


async def test_whatever_does_not_end_is_waited_for_no_longer_than_was_said() -> None:
    line = Stubborn()
    try:
        async with asyncio.timeout(5):
            with pytest.raises(TimeoutError):
                await within(0.05, line.channel())
    finally:
        line.over.set()


async def test_what_ends_in_time_is_what_it_comes_to() -> None:
    async def work(fate: BaseException | None = None) -> int:
        if fate is not None:
            raise fate
        return 7

    assert await within(5, work()) == 7
    for fate in (KeyError("a bug"), ConnectionError("the line broke")):
        with pytest.raises(type(fate)):
            await within(5, work(fate))
    # The driver cancels those who wait on its reader.
    with pytest.raises(TimeoutError):
        await within(5, work(asyncio.CancelledError()))


async def test_a_line_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amqp_lines, "CALL_TIMEOUT", 0.05)
    told: list[str] = []

    async def close() -> None:
        """As the driver does with a broker that is silent."""
        try:
            await asyncio.Event().wait()
        finally:
            told.append("once")
            try:
                await asyncio.Event().wait()
            finally:
                told.append("twice")

    async with asyncio.timeout(5):
        await end_line(close())
    assert told == ["once", "twice"]
