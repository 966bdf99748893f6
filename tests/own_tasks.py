"""The tasks that a piece of a test starts, and nobody else's.

All tests share one loop with what a session keeps running, such as the workers of the desk: to wait
for all tasks, or to cancel them, would wait for those workers or end them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Tasks = set["asyncio.Task[Any]"]

_OWN: ContextVar[Tasks | None] = ContextVar("own tasks", default=None)


@contextmanager
def own_tasks() -> Iterator[Tasks]:
    """Every task that is started in this block, or by one that was."""
    loop = asyncio.get_running_loop()
    started: Tasks = set()
    before, token = loop.get_task_factory(), _OWN.set(started)
    loop.set_task_factory(_noting)
    try:
        yield started
    finally:
        loop.set_task_factory(before)
        _OWN.reset(token)


def _noting(loop: asyncio.AbstractEventLoop, work: Any, /, **other: Any) -> asyncio.Task[Any]:
    task = asyncio.Task(work, loop=loop, **other)
    # A task starts with a copy of its maker's context, so those that it starts are noted as well.
    if (own := _OWN.get()) is not None:
        own.add(task)
    return task
