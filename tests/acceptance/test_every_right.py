"""Each kind by each channel, for oneself and for one's child: 48 requests, all at the same time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from tests.town import Town, open_town
from tests.town.outcomes import End, assert_as_it_must_be, end_of, untouched
from tests.town.place import place
from tests.town.playing import play
from tests.town.processes import dsr_here
from tests.town.table import ROWS, Row, people
from workers.local.stack import Stack

WITHIN = 120.0
"""Seconds in which all of it must have ended; at a load of eight it took 13."""

pytestmark = pytest.mark.timeout(240)


async def _move_in(town: Town) -> None:
    await town.insert(people())
    await town.init(indexes=True)


@pytest.fixture(scope="module")
async def end(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[End]:
    """One town, one worker, all rows at once; then nobody works any more."""
    folder = tmp_path_factory.mktemp("rights")
    async with open_town(folder, await place(stack), seed=_move_in) as town:
        await town.work()
        began = time.monotonic()
        played = await play(town, ROWS, WITHIN)
        print(f"48 requests ended in {time.monotonic() - began:.1f} s")  # noqa: T201
        yield await end_of(town, played)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
async def test_whoever_has_the_right_has_it_carried_out_and_is_told(row: Row, end: End) -> None:
    assert_as_it_must_be(row, end)


async def test_nobody_elses_data_has_changed_and_every_invariant_holds(end: End) -> None:
    assert untouched(end) == []
    await dsr_here("audit", "verify", settings=end.town.env)
