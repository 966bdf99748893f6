"""What is asked in one moment is one call; everybody gets his own answer, or his own error."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from workers.adapters.coalesce import Coalesced


class Batches:
    """Doubles numbers, and keeps what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []
        self.called = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def double(self, numbers: Sequence[int]) -> Mapping[int, int | Exception]:
        self.asked.append(tuple(numbers))
        self.called.set()
        await self.gate.wait()
        if 1313 in numbers:
            raise LookupError("thirteen")
        return {n: ValueError("negative") if n < 0 else 2 * n for n in numbers}


async def test_one_moment_is_one_call_with_each_key_once() -> None:
    batches = Batches()
    numbers = Coalesced(batches.double)
    found = await asyncio.gather(*(numbers.load(n) for n in (1, 2, 1, 3)))
    assert found == [2, 4, 2, 6]
    assert batches.asked == [(1, 2, 3)]
    await numbers.load(1)
    assert batches.asked == [(1, 2, 3), (1,)]


async def test_no_call_holds_more_than_the_limit() -> None:
    batches = Batches()
    numbers = Coalesced(batches.double, limit=64)
    assert await asyncio.gather(*(numbers.load(n) for n in range(150))) == list(range(0, 300, 2))
    assert [len(asked) for asked in batches.asked] == [64, 64, 22]


async def test_a_keys_own_error_is_its_askers_alone() -> None:
    numbers = Coalesced(Batches().double)
    fine, first, second = await asyncio.gather(
        numbers.load(1), numbers.load(-1), numbers.load(-1), return_exceptions=True
    )
    assert fine == 2
    assert isinstance(first, ValueError)
    assert isinstance(second, ValueError)


async def test_an_error_of_the_call_reaches_everybody_who_waits() -> None:
    numbers = Coalesced(Batches().double)
    outcomes = await asyncio.gather(
        *(numbers.load(n) for n in (1, 1313, 1313)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 3
    assert await numbers.load(1) == 2


async def test_who_gives_up_takes_nobody_else_with_him() -> None:
    batches = Batches()
    batches.gate.clear()
    numbers = Coalesced(batches.double)
    impatient, patient = (asyncio.create_task(numbers.load(5)) for _ in range(2))
    await batches.called.wait()
    impatient.cancel()
    batches.gate.set()
    assert await patient == 10
    with pytest.raises(asyncio.CancelledError):
        await impatient
