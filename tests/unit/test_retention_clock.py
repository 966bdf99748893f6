"""The sweep by the clock: soon, then every so often, whatever one of them comes to."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from schemas.errors import NotAllowed, Unreachable
from schemas.evidence import Finding
from tests.cast import MORNING
from tests.fakes.sleeping import Asyncio
from tests.world import World
from workers.ports.retention import SweepReport, Tell, tell_nobody
from workers.runtime import clock, log

FINDING = Finding(collection="payments", path="paid_at", documents=2, why="no_basis")


class Sweeps:
    """Notes when it was asked; each time it ends as the next of these does."""

    def __init__(self, *ends: Exception | tuple[Finding, ...]) -> None:
        self.at: list[datetime] = []
        self._ends = list(ends)
        self.all_asked = asyncio.Event()

    async def sweep(
        self,
        now: datetime,
        *,
        dry_run: bool = False,
        tell: Tell = tell_nobody,  # noqa: ARG002 - the port's
    ) -> SweepReport:
        self.at.append(now)
        if not self._ends:
            self.all_asked.set()
            await asyncio.Event().wait()
        end = self._ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return SweepReport("s", now, dry_run, (), 0, 0, end)


async def run(sweeps: Sweeps) -> None:
    house = World().house
    house.sweep_every = timedelta(milliseconds=1)
    task = asyncio.create_task(clock.keep_retention(house, sweeps))
    async with asyncio.timeout(5):
        await sweeps.all_asked.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_it_sweeps_again_and_again_by_the_databases_time() -> None:
    sweeps = Sweeps((), ())
    await run(sweeps)
    assert sweeps.at == [MORNING] * 3


@pytest.mark.parametrize(
    "error", [Unreachable("away"), NotAllowed("no"), ValueError("Kim Minji")], ids=type
)
async def test_a_sweep_that_fails_is_tried_again_and_tells_no_values(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up()
    sweeps = Sweeps(error, ())
    await run(sweeps)
    assert len(sweeps.at) == 3
    said = capsys.readouterr().err
    assert "Kim Minji" not in said
    events = [json.loads(line)["event"] for line in said.splitlines()]
    assert events == ["paused" if isinstance(error, Unreachable) else "sweep_failed", "swept"]


async def test_what_stays_although_it_is_due_is_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.set_up()
    await run(Sweeps((FINDING,)))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["level"], line["count"]) for line in lines] == [
        ("swept", "info", 0),
        ("sweep_blocked", "warning", 2),
    ]


async def test_the_first_comes_within_a_minute_at_a_random_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []

    class Stop(Exception):
        """The wait was told."""

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        raise Stop

    monkeypatch.setattr(clock, "asyncio", Asyncio(sleep))
    house = World().house
    house.sweep_every = timedelta(days=1)
    for _ in range(20):
        with pytest.raises(Stop):
            await clock.keep_retention(house, Sweeps())
    assert all(0 <= seconds <= 60 for seconds in asked)
    assert len(set(asked)) > 1
