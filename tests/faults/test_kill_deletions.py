"""`kill -9` during deletions in flight: each ends well, counted once, and touches nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest

from tests.town import Town, open_town
from tests.town.chaos import through
from tests.town.deletions import assert_deleted
from tests.town.place import place
from workers.local.stack import Stack

# In every run, `test_kill_between_steps` kills workers and `test_kill` databases.
pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(400)]

SEEDS = (13, 29, 43, 61, 79)
GONE = range(1, 31)
SETTINGS = {"DSR_STEP_TIMEOUT": "15", "DSR_CHALLENGES_A_DAY": "100"}


@pytest.fixture
async def town(doomed: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A town of its own for each: whoever was deleted is not there a second time."""
    await doomed.up()
    folder = tmp_path_factory.mktemp("town")
    env = await place(doomed)
    async with open_town(folder, env, members=100, settings=SETTINGS) as made:
        yield made


@pytest.mark.parametrize(
    ("what", "seed"),
    [(what, seed) for what in ("worker", "mongo") for seed in SEEDS],
)
async def test_a_deletion_ends_well_whoever_is_killed(
    doomed: Stack, town: Town, what: str, seed: int
) -> None:
    deletions = [town.deletion(number) for number in GONE]

    async def strike() -> None:
        if what == "mongo":
            await doomed.mongo.kill()
            await doomed.mongo.start()
            return
        await town.workers[-1].kill()
        await town.work()

    await town.work()
    await through(town, deletions, Random(seed), strike, strikes=4)
    await assert_deleted(town, deletions)
