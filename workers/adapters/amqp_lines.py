"""What it looks like when a line to the broker breaks under a call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aio_pika.exceptions import AMQPError

AWAY: Final = (AMQPError, OSError, TimeoutError, asyncio.InvalidStateError, RuntimeError)
"""All that the driver raises then."""


@contextmanager
def line_may_break() -> Iterator[None]:
    """`ConnectionError`, one of `AWAY`, for the two ways in which the driver tells nobody why.

    A line that breaks ends those who wait on it with the cancellation of the driver's own reader,
    or with a bare `Exception` where it was closed without a reason. Taken for our cancellation, or
    for a bug, either would end a consumer, or the clock, for good.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the line to RabbitMQ broke") from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise ConnectionError("the line to RabbitMQ was closed") from error
