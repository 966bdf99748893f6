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
def only_our_cancellation() -> Iterator[None]:
    """`ConnectionError`, one of `AWAY`, where a call is cancelled and nobody here has cancelled it.

    A line that breaks ends those who wait on it with the cancellation of the driver's own reader.
    Taken for one of ours it would end a consumer, or the clock, for good and without a word.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the line to RabbitMQ broke") from error
