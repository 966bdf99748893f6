"""`kill -9` during corrections in flight: all complete, and nothing happens twice."""

from __future__ import annotations

from random import Random

import pytest

from tests.town import Town
from tests.town.chaos import in_flight
from tests.town.checks import assert_all_invariants
from workers.local.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

SEEDS = (11, 23, 37, 41, 59)
FEW, MANY = 40, 300


def rounds() -> list[object]:
    """A few corrections for one seed in every run, 300 for each seed in the long one."""
    few = [pytest.param(seed, FEW, id=f"seed{seed}") for seed in SEEDS[:1]]
    many = [
        pytest.param(seed, MANY, id=f"seed{seed}-{MANY}", marks=pytest.mark.soak) for seed in SEEDS
    ]
    return [*few, *many]


@pytest.mark.parametrize(("seed", "count"), rounds())
async def test_a_killed_worker_loses_nothing_and_does_nothing_twice(
    orderly: Town, seed: int, count: int
) -> None:
    town, random = orderly, Random(seed)

    async def strike() -> None:
        await town.workers[-1].kill()
        await town.work()

    await town.work()
    await in_flight(town, count, random, strike)
    await assert_all_invariants(town)


@pytest.mark.parametrize(("seed", "count"), rounds())
async def test_a_killed_broker_loses_nothing_and_does_nothing_twice(
    orderly: Town, doomed: Stack, seed: int, count: int
) -> None:
    town, random = orderly, Random(seed)

    async def strike() -> None:
        await doomed.rabbit.kill()
        await doomed.rabbit.start()

    worker = await town.work()
    await in_flight(town, count, random, strike, strikes=2)
    await assert_all_invariants(town)
    assert worker.alive


@pytest.mark.parametrize(("seed", "count"), rounds())
async def test_a_killed_database_loses_nothing_and_does_nothing_twice(
    orderly: Town, doomed: Stack, seed: int, count: int
) -> None:
    town, random = orderly, Random(seed)

    async def strike() -> None:
        await doomed.mongo.kill()
        await doomed.mongo.start()

    worker = await town.work()
    await in_flight(town, count, random, strike, strikes=2)
    await assert_all_invariants(town)
    assert worker.alive
