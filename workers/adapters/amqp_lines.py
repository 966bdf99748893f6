"""What it looks like when a line to the broker breaks under a call, and how one is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

from aio_pika.exceptions import AMQPError

T = TypeVar("T")
CALL_TIMEOUT: Final = 10.0
"""Seconds that the broker has to answer."""

AWAY: Final = (AMQPError, OSError, TimeoutError, asyncio.InvalidStateError, RuntimeError)
"""All that the driver raises then."""
_ASKED, _APART = 3, 0.1
"""How often what is given up is told to end, and the seconds between."""
_under_way: set[asyncio.Future[Any]] = set()
"""What does not end even so goes with the process, or once the system gives up its socket."""


@contextmanager
def line_may_break() -> Iterator[None]:
    """`ConnectionError`, one of `AWAY`, for the two ways in which the driver tells nobody why.

    A line that breaks ends those who wait on it with the cancellation of the driver's own reader,
    or with a bare `Exception` where it was closed without a reason. Taken for our cancellation, or
    for a bug, either would end a consumer, or the clock, for good. The other way round, whatever
    the driver makes of our cancellation is one: who suppresses `AWAY` must not lose it.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        if _we_are_cancelled():
            raise
        raise ConnectionError("the line to RabbitMQ broke") from error
    except AWAY as error:
        if _we_are_cancelled():
            raise asyncio.CancelledError from error
        raise
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise ConnectionError("the line to RabbitMQ was closed") from error


async def within(seconds: float, work: Awaitable[T]) -> T:
    """What it comes to; `TimeoutError` where that takes longer, and then nobody waits for it.

    The driver waits for some things once more after it was cancelled, some of them for ever: for
    what is to be sent to a broker that is silent, for one. asyncio's own time limits wait for it.
    """
    task = asyncio.ensure_future(work)
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    try:
        await asyncio.wait({task}, timeout=seconds)
        for _ in range(_ASKED):
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_APART)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not task.done() or task.cancelled():
        raise TimeoutError
    return task.result()


async def end_line(closing: Awaitable[object]) -> None:
    """End a connection or a channel; one that does not end in time is given up."""
    with suppress(*AWAY), line_may_break():
        await within(CALL_TIMEOUT, closing)


def _we_are_cancelled() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
