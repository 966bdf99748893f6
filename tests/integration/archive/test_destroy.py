"""What is due is destroyed, and its key with the last of it; nothing else is lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from schemas.errors import KeyGone, Unreachable
from tests.cast import MORNING
from tests.integration.archive.house import FIVE_YEARS, LEE, MINJI, House, item
from workers.adapters.archive import Destroyed


async def test_what_is_due_is_told_in_order_and_no_more_than_asked(house: House) -> None:
    ends = [MORNING - timedelta(days=2), MORNING, MORNING - timedelta(days=1), FIVE_YEARS]
    await house.archive.keep([item(n, destroy_after=end) for n, end in enumerate(ends)])
    due = await house.archive.due(MORNING, 10)
    assert [one.destroy_after for one in due] == [ends[0], ends[2], ends[1]]
    assert await house.archive.due(MORNING, 2) == due[:2]
    assert {(one.pseudonym, one.basis, one.collection, one.request) for one in due} == {
        (MINJI, "payment", "payments", "r1")
    }
    assert sorted(one.id for one in due) == await house.ids(destroy_after={"$lte": MORNING})


async def test_the_key_goes_with_the_last_document_and_not_before(house: House) -> None:
    await house.archive.keep([item(1), item(2), item(1, basis="contract"), item(1, pseudonym=LEE)])
    first, last = await house.ids(pseudonym=MINJI, basis="payment")
    assert await house.archive.destroy([first]) == Destroyed(1, 0)
    assert len(await house.read()) == 1
    stolen = await house.db["documents"].find_one({"_id": last})
    assert stolen
    assert await house.archive.destroy([first, last]) == Destroyed(1, 1)
    assert [name.split(":")[1:3] for name in await house.key_names()] == [
        [MINJI, "contract"],
        [LEE, "payment"],
    ]
    await house.db["documents"].insert_one(stolen)
    with pytest.raises(KeyGone):
        await house.read()
    assert len(await house.read(LEE)) == 1


async def test_two_that_destroy_the_halves_at_once_destroy_the_key(house: House) -> None:
    for _ in range(5):
        await house.archive.keep([item(n) for n in range(8)])
        ids = await house.ids()
        await asyncio.gather(*(house.archive.destroy(ids[part::4]) for part in range(4)))
        assert await house.ids() == []
        assert await house.key_names() == []


async def test_a_key_that_a_crash_left_goes_with_the_next_sweep(house: House) -> None:
    await house.archive.keep([item(1)])
    house.vault.away = True
    with pytest.raises(Unreachable):
        await house.archive.destroy(await house.ids())
    assert await house.ids() == []
    assert len(await house.key_names()) == 1
    house.vault.away = False
    assert await house.archive.destroy([]) == Destroyed(0, 1)
    assert await house.key_names() == []
    assert await house.archive.destroy([]) == Destroyed(0, 0)


@pytest.mark.parametrize("others", [0, 1])
async def test_what_is_kept_while_the_last_is_destroyed_can_be_read(
    house: House, others: int
) -> None:
    """The keeper holds the old key in its hand when the last document and that key go.

    Somebody else may be quicker and start the new holding.
    """
    await house.archive.keep([item(1)])
    (old_name,) = await house.key_names()
    asked, paused = house.vault.asked, house.vault.paused = asyncio.Event(), asyncio.Event()
    keeping = asyncio.create_task(house.archive.keep([item(2)]))
    await asked.wait()
    house.vault.paused = None
    assert await house.archive.destroy(await house.ids()) == Destroyed(1, 1)
    await house.archive.keep([item(3)] * others)
    paused.set()
    await keeping
    kept = [dict(one.document)["_id"] for one in await house.read()]
    assert sorted(kept) == [2, 3][: 1 + others]
    (new_name,) = await house.key_names()
    assert new_name != old_name


async def test_who_is_kept_together_with_a_holding_that_is_emptied_keeps_the_own_key(
    house: House,
) -> None:
    await house.archive.keep([item(1), item(1, pseudonym=LEE)])
    before = set(await house.key_names())
    asked, paused = house.vault.asked, house.vault.paused = asyncio.Event(), asyncio.Event()
    keeping = asyncio.create_task(house.archive.keep([item(2), item(2, pseudonym=LEE)]))
    await asked.wait()
    house.vault.paused = None
    assert await house.archive.destroy(await house.ids(pseudonym=MINJI)) == Destroyed(1, 1)
    paused.set()
    await keeping
    assert [dict(one.document)["_id"] for one in await house.read()] == [2]
    assert sorted(dict(one.document)["_id"] for one in await house.read(LEE)) == [1, 2]
    after = set(await house.key_names())
    assert [name.split(":")[1] for name in before & after] == [LEE]
    assert len(after) == 2


async def test_keepers_and_destroyers_at_once_lose_nothing(house: House) -> None:
    async def keep(number: int) -> None:
        await house.archive.keep([item(number)])

    async def destroy() -> int:
        gone = 0
        for _ in range(10):
            due = await house.archive.due(FIVE_YEARS, 2)
            gone += (await house.archive.destroy([one.id for one in due])).documents
        return gone

    results = await asyncio.gather(*map(keep, range(20)), destroy(), destroy())
    destroyed = sum(number for number in results if number)
    assert len(await house.read()) == 20 - destroyed
    await house.archive.destroy(await house.ids())
    assert await house.key_names() == []
