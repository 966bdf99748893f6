"""A worker whose wall clock is set wrong; its monotonic clock goes on, as on a real machine.

The process is forked with everything imported, so each module that has taken the clock's names is
given others. What is written in C (the drivers' own timeouts) reads the monotonic clock anyway.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from typing import Any
from uuid import uuid4

from tests.town import Town
from tests.town.processes import WorkerProcess

_NAMES = ("time", "time_ns", "datetime", "date")


async def work_in_the_wrong_time(town: Town, shift: timedelta, **settings: str) -> WorkerProcess:
    """A worker of every stage, ended with the town, whose wall clock is off by so much."""
    log = town.folder / f"wrong-clock-{uuid4().hex[:8]}.log"
    worker = await WorkerProcess.start(
        {**town.env, **settings}, log, first=partial(set_wrong, shift)
    )
    town.workers.append(worker)
    return worker


def set_wrong(shift: timedelta) -> None:
    """From now on this process reads another time of day."""
    seconds = shift.total_seconds()
    real_time, real_time_ns = time.time, time.time_ns

    class Is(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, cls.__bases__[0])

    class WrongDatetime(datetime, metaclass=Is):
        def __new__(cls, *arguments: Any, **named: Any) -> Any:
            return datetime(*arguments, **named)  # noqa: DTZ001 - as the caller says

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + shift

        @classmethod
        def utcnow(cls) -> Any:
            return datetime.now(UTC).replace(tzinfo=None) + shift

    class WrongDate(date, metaclass=Is):
        def __new__(cls, *arguments: Any, **named: Any) -> Any:
            return date(*arguments, **named)

        @classmethod
        def today(cls) -> Any:
            return (datetime.now() + shift).date()  # noqa: DTZ005 - the day of this machine

    wrong: dict[int, Any] = {
        id(real_time): lambda: real_time() + seconds,
        id(real_time_ns): lambda: real_time_ns() + int(seconds * 1e9),
        id(datetime): WrongDatetime,
        id(date): WrongDate,
    }
    for module in [*sys.modules.values()]:
        for name in _NAMES:
            there = vars(module).get(name)
            if id(there) in wrong and module is not sys.modules[__name__]:
                setattr(module, name, wrong[id(there)])
