"""A loop that never ends by what happens in one of its rounds: it is logged, and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import DsrError, Unreachable
from workers.runtime import log


@contextmanager
def going_on(stage: str, failed: str, again: float) -> Iterator[None]:
    """One round; `failed` is the event of one that went wrong, `again` when the next one is."""
    try:
        yield
    except Unreachable as away:
        log.event("paused", stage=stage, code=away.code, seconds=again)
    except DsrError as error:
        log.failure(failed, error, stage=stage, code=error.code)
    except Exception as error:  # noqa: BLE001 - what one request or document is like stops no loop
        log.failure(failed, error, stage=stage)
    # A driver may make an error of a cancellation that comes while it waits.
    if (task := asyncio.current_task()) is not None and task.cancelling():
        raise asyncio.CancelledError
