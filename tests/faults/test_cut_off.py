"""A worker that loses one server alone, while all others have both: it holds up nobody for long.

What it had in hand is done once, by it or by another, and it goes on by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from tests.town import Town
from tests.town.chaos import in_flight
from tests.town.checks import assert_all_invariants
from tests.town.lines import How, Line, line_to
from tests.town.processes import WorkerProcess
from workers.local.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(400)]

SEED = 101
SOME = 60
NOTICED = {"rabbit": '"consumer_lost"', "mongo": '"paused"'}
"""What a worker says once it has lost this server."""


@asynccontextmanager
async def own_line(town: Town, stack: Stack, server: str) -> AsyncIterator[tuple[Line, str, str]]:
    """A line to this server for one worker, with the setting that leads through it."""
    if server == "rabbit":
        async with line_to(stack.rabbit.port) as line:
            url = town.env["DSR_AMQP_URL"].replace(f":{stack.rabbit.port}/", f":{line.port}/")
            yield line, "DSR_AMQP_URL", url
    else:
        async with line_to(stack.mongo.port) as line:
            # Else the driver goes by the address that the server itself gives.
            url = f"mongodb://127.0.0.1:{line.port}/?directConnection=true"
            yield line, "DSR_MONGO_URL", url


def times(worker: WorkerProcess, word: str) -> int:
    return worker.log.read_text().count(word)


@pytest.mark.parametrize("how", ["refused", "silent"])
@pytest.mark.parametrize("server", ["mongo", "rabbit"])
async def test_a_worker_cut_off_from_one_server_goes_on_by_itself(
    orderly: Town, doomed: Stack, server: str, how: How
) -> None:
    town, random = orderly, Random(SEED)
    print(f"seed {SEED}")  # noqa: T201
    async with own_line(town, doomed, server) as (line, setting, url):
        cut_off = await town.work(**{setting: url})
        other = await town.work()

        async def strike() -> None:
            said = times(cut_off, NOTICED[server])
            line.cut(how)
            await town.until(lambda: times(cut_off, NOTICED[server]) > said, "that it notices")
            await line.mend()

        await in_flight(town, SOME, random, strike, strikes=1)
        await assert_all_invariants(town)
        # It is back, since all is done by it alone; once more it is lost, with nobody beside it.
        assert await other.stop() == 0
        await in_flight(town, SOME, random, strike, strikes=1)
        await assert_all_invariants(town)
        assert await cut_off.stop() == 0
