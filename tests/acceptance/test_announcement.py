"""A change of the policy reaches every member with a mail address once, whatever happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import Names
from tests.town import Town, open_town
from tests.town.announcing import ID, arrived, assert_each_once, delivered, running, until_delivered

MEMBERS = 300


@pytest.fixture
async def town(names: Names, tmp_path: Path) -> AsyncIterator[Town]:
    """A few hundred members who have nothing but a name and an address; nobody works in it."""

    async def seed(town: Town) -> None:
        await town.company["members"].insert_many(
            {
                "_id": number,
                "name": f"회원 {number}",
                "email": f"m{number}@members.example",
                "profile": {"gender": "F" if number % 3 else "M"},
            }
            for number in range(1, MEMBERS + 1)
        )

    async with open_town(tmp_path, names.env(), seed=seed) as made:
        yield made


def addresses(numbers: range = range(1, MEMBERS + 1)) -> list[str]:
    return [f"m{number}@members.example" for number in numbers]


@pytest.mark.soak
async def test_killed_in_the_middle_it_goes_on_and_each_member_has_it_once(town: Town) -> None:
    before = delivered(town)
    async with running(town, "--rate", "60") as first:
        await until_delivered(town, first, before + 40)
        await first.kill()
    assert 40 <= len(arrived(town)) < MEMBERS
    async with running(town, "--rate", "2000") as second:
        report = await second.report()
    assert report["ok"]
    assert report["people"] == report["sent"] + report["already"] == MEMBERS
    await assert_each_once(town, addresses(), strikes=1, batch=50)

    mail = next(mail for mail in town.spool.all() if mail.request == ID)
    assert mail.tracking == ID.upper()
    assert mail.subject == "[스몰머신즈] 개인정보 처리방침이 바뀝니다"
    assert "이 메일을 보내는 이유" in mail.text


async def test_a_segment_is_counted_first_and_then_told(town: Town) -> None:
    await town.company["members"].update_one({"_id": 3}, {"$unset": {"email": ""}})
    segment = ("--type", "member", "--where", "gender=male")
    async with running(town, *segment, "--dry-run") as dry:
        counted = await dry.report()
    assert (counted["people"], counted["sent"], counted["no_address"]) == (100, 99, 1)
    assert not arrived(town)
    async with running(town, *segment, "--rate", "2000") as command:
        assert (await command.report())["sent"] == 99
    await assert_each_once(town, addresses(range(6, MEMBERS + 1, 3)), strikes=0, batch=0)
