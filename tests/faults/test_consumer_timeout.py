"""A worker holds its messages for longer than the broker lets it: their channel is closed.

They come again, here or elsewhere, and are done once; the worker consumes again by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest

from tests.faults.test_cut_off import own_line
from tests.town import Town
from tests.town.chaos import in_flight
from tests.town.checks import assert_all_invariants
from tests.town.company import new_address
from workers.local.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(400)]

SEED = 107
SOME = 60
LEFT_ALONE, TICK = 3_000, 500
"""Milliseconds: how long a message may be held, and how often a channel looks."""
CLOSED = "Timeout value used"
"""What the broker logs of a channel that it closes for that."""
_SET = "application:set_env(rabbit, {name}, {value})."


@pytest.fixture
async def impatient(doomed: Stack, orderly: Town) -> AsyncIterator[Town]:
    """A town whose broker waits three seconds for an ack, where half an hour is usual."""
    usual: dict[str, str] = {}
    for name, value in {"consumer_timeout": LEFT_ALONE, "channel_tick_interval": TICK}.items():
        usual[name] = await doomed.rabbit.ctl("eval", f"application:get_env(rabbit, {name}).")
        await doomed.rabbit.ctl("eval", _SET.format(name=name, value=value))
    yield orderly
    for name, said in usual.items():
        before = said.strip().removeprefix("{ok,").removesuffix("}")
        await doomed.rabbit.ctl("eval", _SET.format(name=name, value=before))


def closings(stack: Stack) -> int:
    """How often the broker closed a channel for that, by its own log."""
    return sum(
        file.read_text(errors="replace").count(CLOSED)
        for file in (stack.rabbit.folder / "log").glob("*.log")
    )


async def test_a_worker_that_slept_on_its_messages_goes_on(impatient: Town, doomed: Stack) -> None:
    town, random = impatient, Random(SEED)
    print(f"seed {SEED}")  # noqa: T201
    sleeper = await town.work()
    # Somebody of whom no other wish is under way.
    meanwhile = town.correction(town.before["members"][-1]["_id"], home_address=new_address(1))

    async def strike() -> None:
        before = closings(doomed)
        sleeper.pause()
        # It is given to the sleeper, whatever else that holds at this moment.
        await town.channel.submit(meanwhile.submission())
        await town.until(lambda: closings(doomed) > before, "a channel that is closed")
        sleeper.resume()

    await in_flight(town, SOME, random, strike, strikes=1)
    await town.prove(meanwhile)
    await town.until_completed([meanwhile])
    await assert_all_invariants(town)
    assert await sleeper.stop() == 0


async def test_a_worker_that_waits_for_its_database_goes_on(impatient: Town, doomed: Stack) -> None:
    """It is awake, and holds a group until MongoDB is back; the broker gives it the same again."""
    town, random = impatient, Random(SEED)
    print(f"seed {SEED}")  # noqa: T201
    async with own_line(town, doomed, "mongo") as (line, setting, url):
        waiting = await town.work(**{setting: url})

        async def strike() -> None:
            before = closings(doomed)
            line.cut("refused")
            await town.until(lambda: closings(doomed) >= before + 2, "channels that are closed")
            await line.mend()

        await in_flight(town, SOME, random, strike, strikes=2)
        await assert_all_invariants(town)
        assert await waiting.stop() == 0
