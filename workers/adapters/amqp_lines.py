"""What it looks like when a line to the broker breaks under a call, and how one is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from aio_pika.exceptions import AMQPError

from workers.adapters.amqp_nodes import CALL_TIMEOUT

AWAY: Final = (AMQPError, OSError, TimeoutError, asyncio.InvalidStateError, RuntimeError)
"""All that the driver raises then."""
_ASKED, _APART = 3, 0.1
"""How often what is given up is told to end, and the seconds between."""
_ending: set[asyncio.Future[object]] = set()
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


async def end_line(closing: Awaitable[object]) -> None:
    """End a connection or a channel; one that does not end in time is given up.

    To a broker that is silent the driver waits until all is sent that waits to be sent, and once
    more after it was cancelled. So that runs beside those who have other work.
    """
    task = asyncio.ensure_future(closing)
    _ending.add(task)
    task.add_done_callback(_ending.discard)
    try:
        await asyncio.wait({task}, timeout=CALL_TIMEOUT)
        for _ in range(_ASKED):
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=_APART)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if task.done():
        with suppress(*AWAY), line_may_break():
            task.result()


def _we_are_cancelled() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
