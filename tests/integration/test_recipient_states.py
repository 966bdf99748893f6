"""What is kept of recipients: who wants no more, and the codes of a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.conftest import Names
from workers.adapters import mongo
from workers.adapters.recipients.states import MOST_CODES, MOST_TRIES, RecipientStates

NAME, GOOD_FOR, LASTS = "carrier", timedelta(minutes=15), timedelta(minutes=30)


@pytest.fixture
async def states(names: Names) -> AsyncIterator[RecipientStates]:
    client = mongo.connect(names.mongo_url)
    yield RecipientStates(mongo.database(client, names.db))
    await client.drop_database(names.db)
    client.close()


async def test_who_wants_no_more_is_known_until_somebody_enables_it(
    states: RecipientStates,
) -> None:
    assert not await states.is_disabled(NAME)
    await states.disable(NAME, "gone_410")
    assert await states.is_disabled(NAME)
    assert not await states.is_disabled("another")
    assert (await states.disabled())[NAME]["code"] == "gone_410"
    assert await states.enable(NAME, "park")
    assert not await states.enable(NAME, "park")
    assert not await states.is_disabled(NAME)


async def test_a_code_is_counted_before_it_is_compared_and_five_times(
    states: RecipientStates,
) -> None:
    made = await states.new_code(NAME, GOOD_FOR)
    assert made is not None
    tries = await asyncio.gather(*(states.count_try(NAME) for _ in range(4 * MOST_TRIES)))
    assert sorted(n for n in tries if n is not None) == [made[0]] * MOST_TRIES


async def test_a_code_opens_once_and_the_next_one_ends_its_session(
    states: RecipientStates,
) -> None:
    made = await states.new_code(NAME, GOOD_FOR)
    assert made is not None
    opened = await asyncio.gather(
        *(states.open_door(NAME, made[0], f"s{n}", LASTS) for n in range(5))
    )
    assert opened.count(True) == 1
    session = f"s{opened.index(True)}"
    assert await states.is_open(NAME, session)
    assert await states.count_try(NAME) is None
    assert await states.new_code(NAME, GOOD_FOR) is not None
    assert not await states.is_open(NAME, session)


async def test_what_has_ended_opens_nothing(states: RecipientStates) -> None:
    assert await states.count_try(NAME) is None
    assert await states.new_code(NAME, timedelta(0)) is not None
    assert await states.count_try(NAME) is None
    made = await states.new_code(NAME, GOOD_FOR)
    assert made is not None
    assert await states.open_door(NAME, made[0], "s", timedelta(0))
    assert not await states.is_open(NAME, "s")


async def test_so_many_codes_in_an_hour_and_no_more(states: RecipientStates) -> None:
    made = [await states.new_code(NAME, GOOD_FOR) for _ in range(MOST_CODES + 2)]
    assert made[MOST_CODES:] == [None, None]
    # The last one that was sent is still good.
    last = made[MOST_CODES - 1]
    assert last is not None
    assert await states.count_try(NAME) == last[0]
