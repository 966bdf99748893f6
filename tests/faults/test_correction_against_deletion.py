"""The same person has her mail address corrected and herself deleted, at the same moment.

Either the address is corrected and then all of her is gone, or she is gone first, and the desk is
told that there is nobody to correct. Whichever it is, nothing of her is left, old address or new.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from schemas.review import Why
from tests.town import Correction, Town, open_town
from tests.town.checks import assert_stores
from tests.town.company import Deletion
from tests.town.deletions import (
    assert_certified,
    assert_nothing_left,
    assert_others_untouched,
    values,
)
from tests.town.place import place
from workers.local.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(400)]

SEED = 109
ROUNDS, AT_ONCE = 20, 12
APART = 0.15
"""Seconds by which the two last proofs of one person are apart at most."""
FIRST, GONE = ("completed", None), ("in_review", Why.SUBJECT_GONE)
"""How a correction ends that was first, and one that was not."""


@dataclass(frozen=True)
class Pair:
    """What one person wants."""

    correction: Correction
    deletion: Deletion

    @property
    def address(self) -> str:
        """The new one."""
        return str(self.correction.changes["email"])


@pytest.fixture
async def town(stack: Stack, tmp_path: Path) -> AsyncIterator[Town]:
    """With two workers of everything."""
    settings = {"DSR_STEP_TIMEOUT": "15", "DSR_CHALLENGES_A_DAY": "100"}
    async with open_town(tmp_path, await place(stack), members=310, settings=settings) as made:
        await asyncio.gather(made.work(), made.work())
        yield made


async def test_whichever_is_first_nothing_of_her_is_left(town: Town) -> None:
    random = Random(SEED)
    grown_up = [m["_id"] for m in town.before["members"] if m["_id"] % 40]
    pairs: list[Pair] = []
    for turn in range(ROUNDS):
        numbers = grown_up[turn * AT_ONCE : (turn + 1) * AT_ONCE]
        new = [wanted(town, number) for number in numbers]
        await asyncio.gather(*(at_the_same_moment(town, pair, random) for pair in new))
        pairs += new
    ends = await ended(town, pairs)
    print(f"seed {SEED}: {dict(Counter(ends.values()))}")  # noqa: T201
    assert {*ends.values()} == {FIRST, GONE}, "another end, or they were never close"
    await assert_all_is_well(town, pairs)


def wanted(town: Town, number: int) -> Pair:
    return Pair(town.correction(number, email=f"new.{number}@mail.example"), town.deletion(number))


async def at_the_same_moment(town: Town, pair: Pair, random: Random) -> None:
    """Both need one more proof; then both get it."""
    waits = [random.uniform(0, APART) for _ in range(2)]
    await town.submit(pair.correction)
    assert (await town.prove(pair.correction))["accepted"]
    await town.submit(pair.deletion)
    await town.until(lambda: bool(town.spool.of(pair.deletion.id, "challenge-1")), "a challenge")
    await town.until(lambda: bool(town.spool.of(pair.correction.id, "confirmation")), "a letter")
    last = [
        town.spool.of(pair.correction.id, "confirmation")[0],
        town.spool.of(pair.deletion.id, "challenge-1")[0],
    ]

    async def answer(wait: float, tracking: str, code: str) -> None:
        await asyncio.sleep(wait)
        await town.channel.answer(await town.channel.prove(tracking, code))

    await asyncio.gather(
        *(answer(wait, m.tracking, m.code) for wait, m in zip(waits, last, strict=True))
    )


async def ended(town: Town, pairs: list[Pair]) -> dict[str, tuple[str, str | None]]:
    """How each correction ended, once no worker has anything to do for them."""
    await town.until_completed([pair.deletion for pair in pairs])
    ids = [pair.correction.id for pair in pairs]

    async def over() -> bool:
        done = {"_id": {"$in": ids}, "status": {"$in": ["completed", "in_review"]}}
        return int(await town.ours["requests"].count_documents(done)) == len(ids)

    await town.until(over, "the end of the corrections")
    return {each: _end(await town.ours["requests"].find_one({"_id": each})) for each in ids}


def _end(request: dict[str, Any]) -> tuple[str, str | None]:
    review = request.get("review")
    return request["status"], review and review["why"][-1]


async def assert_all_is_well(town: Town, pairs: list[Pair]) -> None:
    requests = await assert_stores(town)
    deletions = [pair.deletion for pair in pairs]
    after = await town.snapshot()
    assert_nothing_left(after, deletions)
    new = {pair.address for pair in pairs}
    assert not [n for n, documents in after.items() for d in documents if new & values(d)]
    assert_others_untouched(town, after, deletions)
    await assert_certified(town, deletions, requests)
    for pair in pairs:
        assert_right_mailboxes(town, pair)
        assert_told_of_the_end_last(town, pair, requests)
    assert await town.company["dsr_subjects"].count_documents({}) == 0


def assert_right_mailboxes(town: Town, pair: Pair) -> None:
    """I7, I8: only what confirms it goes to the new address, and nothing goes out twice."""
    for wish in (pair.correction, pair.deletion):
        mails = town.spool.of(wish.id)
        assert len({mail.message_id for mail in mails}) == len(mails)
        for mail in mails:
            to = {"acknowledgement": wish.writes_from, "confirmation": pair.address}
            assert mail.to == (to.get(mail.purpose, wish.contact),), mail.purpose


def assert_told_of_the_end_last(
    town: Town, pair: Pair, requests: dict[str, dict[str, Any]]
) -> None:
    """I9: whoever had received something of her heard of the deletion, and then no more."""
    expected = {
        row["recipient"]
        for row in town.before["disclosures"]
        if row["member_id"] == pair.deletion.key
    }
    notices = requests[pair.deletion.id]["notices"]
    assert notices.keys() == expected
    ours = {n["id"] for wish in (pair.correction, pair.deletion)
            for n in requests[wish.id].get("notices", {}).values()}  # fmt: skip
    for name in expected:
        heard = [call for call in town.recipients[name].taken() if call.id in ours]
        assert heard, name
        assert heard[-1].body["type"] == "deletion"
        assert notices[name]["status"] == "applied"
