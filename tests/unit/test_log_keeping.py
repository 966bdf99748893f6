"""The log is kept beside the work: round after round, whatever happens in one of them."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from schemas.errors import DsrError, Unreachable
from tests.world import World
from workers.runtime import log_keeping
from workers.runtime.log_keeping import BATCH, keep_log


class Scripted:
    """A notary of which each round ends as it is told; after the last it waits for ever."""

    def __init__(self, *rounds: int | Exception) -> None:
        self.rounds = list(rounds)
        self.looks = 0
        self.done = asyncio.Event()

    async def seal(self, now: datetime, limit: int) -> int:
        assert limit == BATCH
        assert now.tzinfo is not None
        if not self.rounds:
            self.done.set()
            await asyncio.Event().wait()
        came = self.rounds.pop(0)
        if isinstance(came, Exception):
            raise came
        return came

    async def catch_up(self) -> int:
        self.looks += 1
        return 0


async def kept(notary: Scripted, tick: float) -> None:
    keeping = asyncio.create_task(keep_log(World().house, notary, tick))
    try:
        async with asyncio.timeout(5):
            await notary.done.wait()
    finally:
        keeping.cancel()


@pytest.mark.parametrize("wrong", [Unreachable("away"), DsrError("no"), KeyError("a bug")])
async def test_a_round_that_goes_wrong_is_followed_by_another(wrong: Exception) -> None:
    await kept(Scripted(1, wrong, 1), tick=0.001)


async def test_while_there_is_a_full_batch_nobody_waits() -> None:
    await kept(Scripted(BATCH, BATCH, BATCH), tick=3600)


@pytest.mark.parametrize(("after", "again", "looks"), [(60, 60, 0), (0, 60, 1), (0, 0, 3)])
async def test_all_requests_are_looked_through_after_a_while_and_then_now_and_again(
    monkeypatch: pytest.MonkeyPatch, after: float, again: float, looks: int
) -> None:
    monkeypatch.setattr(log_keeping, "SPREAD", after)
    monkeypatch.setattr(log_keeping, "CATCH_UP", again)
    notary = Scripted(0, 0, 0)
    await kept(notary, tick=0.001)
    assert notary.looks == looks
