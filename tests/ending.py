"""What a whole session keeps running, ended at its end; what does not end is told by name.

Else all that is seen is that the last test of the session took too long.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
WITHIN = 100.0
"""Seconds: more than all the servers' patience together, less than pytest's."""


@asynccontextmanager
async def ending(kept: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """The same; if it does not end in time, the failure says at what everything waits."""
    yield await kept.__aenter__()
    end = asyncio.create_task(kept.__aexit__(None, None, None))
    # No timeout of asyncio's: one that waits for what it has cancelled may wait for ever.
    await asyncio.wait({end}, timeout=WITHIN)
    if not end.done():
        waiting = " | ".join(sorted(where(task) for task in asyncio.all_tasks()))
        raise AssertionError(f"did not end within {WITHIN:g} s; what waits: {waiting}")
    end.result()


async def end_all() -> None:
    """Cancel all tasks that are left, as a loop does at its end; it would wait for ever."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        _, stuck = await asyncio.wait(left, timeout=WITHIN)
        assert not stuck, f"survived being cancelled: {' | '.join(map(where, stuck))}"


def where(task: asyncio.Task[Any]) -> str:
    """The places in which it waits, from its beginning to the innermost that can be told."""
    places: list[str] = []
    awaited: Any = task.get_coro()
    while awaited is not None:
        for kind, onward in (("cr", "cr_await"), ("ag", "ag_await"), ("gi", "gi_yieldfrom")):
            if (frame := getattr(awaited, f"{kind}_frame", None)) is not None:
                places.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
                awaited = getattr(awaited, onward)
                break
        else:
            # A step of an asynchronous generator knows it, and tells nobody but the collector.
            awaited = next(filter(inspect.isasyncgen, gc.get_referents(awaited)), None)
    return " > ".join(places)
