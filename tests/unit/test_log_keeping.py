"""The log is kept beside the work: whatever one round meets, there is another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from schemas.errors import LogBroken, Unreachable
from tests.world import World
from workers.runtime import log_keeping
from workers.runtime.log_keeping import BATCH, keep_log

NEVER = 3600.0
"""Seconds that nobody here waits for."""


@dataclass
class Scripted:
    """A notary whose rounds are told, and who counts them."""

    rounds: Sequence[int | Exception]
    looks: Sequence[int | Exception] = ()
    sealed: int = 0
    looked: int = 0

    async def seal(self, now: datetime, limit: int) -> int:  # noqa: ARG002
        """The next of the rounds; after them nothing is to do."""
        assert limit == BATCH
        self.sealed += 1
        await asyncio.sleep(0)
        return self._next(self.rounds, self.sealed)

    async def catch_up(self) -> int:
        """The next of the looks."""
        self.looked += 1
        return self._next(self.looks, self.looked)

    def _next(self, script: Sequence[int | Exception], number: int) -> int:
        told = script[number - 1] if number <= len(script) else 0
        if isinstance(told, Exception):
            raise told
        return told


async def until(notary: Scripted, tick: float, *, sealed: int = 0, looked: int = 0) -> None:
    """It has come so far."""
    loop = asyncio.create_task(keep_log(World().house, notary, tick))
    async with asyncio.timeout(10):
        while notary.sealed < sealed or notary.looked < looked:
            assert not loop.done(), "it ends for nothing but the end of its worker"
            await asyncio.sleep(0)
    loop.cancel()
    await asyncio.wait([loop])


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for workers of an older version to end."""
    monkeypatch.setattr(log_keeping, "SPREAD", 0.0)


@pytest.mark.parametrize("met", [Unreachable("away"), LogBroken("altered"), ValueError("unfit")])
async def test_whatever_one_round_meets_there_is_another(met: Exception) -> None:
    await until(Scripted([met]), 0.001, sealed=3)


async def test_however_much_there_is_the_work_itself_has_its_turn_between_two_rounds() -> None:
    notary = Scripted([BATCH, BATCH])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await keep_log(World().house, notary, NEVER)
    assert notary.sealed == 1


async def test_workers_of_an_older_version_may_end_before_it_looks_for_what_they_left() -> None:
    notary = Scripted([])
    await until(notary, 0.0, sealed=20)
    assert notary.looked == 0


@pytest.mark.usefixtures("at_once")
async def test_it_looks_once_and_not_again_on_the_same_day() -> None:
    notary = Scripted([])
    await until(notary, 0.0, sealed=20)
    assert notary.looked == 1


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("met", [Unreachable("away"), ValueError("unfit")])
async def test_a_look_that_failed_is_tried_again_before_the_next_day(
    monkeypatch: pytest.MonkeyPatch, met: Exception
) -> None:
    monkeypatch.setattr(log_keeping, "AGAIN", 0.0)
    await until(Scripted([], [met, 1]), 0.001, looked=2)


@pytest.mark.usefixtures("at_once")
async def test_a_round_that_always_fails_does_not_keep_it_from_looking() -> None:
    await until(Scripted([LogBroken("altered")] * 1000), 0.001, looked=1)
