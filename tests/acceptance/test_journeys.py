"""The hard ways: each ends with the person told, inside the deadline. One town for all of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest

from schemas.messages import NothingArrived
from schemas.refusals import REFUSALS
from schemas.review import AddExhibit, Approve, Extend, Refuse, Role
from tests.cast import proof
from tests.town import Town, open_town
from tests.town.newcomers import ADDRESS, GUARDIAN, SEOUL, ask, born, join, standing, until
from tests.town.place import place
from tests.town.spool import ReceivedMail
from workers import tasks, wiring
from workers.audit import verify_stores
from workers.desk.decisions import Desk
from workers.local.stack import Stack
from workers.pipeline import STATIONS
from workers.runtime.conveyor import Item, carry

PASSWORD = "correct horse battery"
CHANNELS = ("web", "email", "phone", "post")
JIHO = {"relation": "guardian", "name": GUARDIAN["name"], "email": "jiho@office.example"}
NEUTRAL = sorted(name for name, ground in REFUSALS.items() if ground.neutral)
TELLING = sorted(name for name, ground in REFUSALS.items() if not ground.neutral)

pytestmark = pytest.mark.timeout(120)


@dataclass
class House:
    """A town at work, a desk of two, and members who join for one journey each."""

    town: Town
    parts: wiring.Parts
    han: Desk
    choi: Desk
    numbers: Any

    async def member(self, **other: Any) -> tuple[int, str]:
        """Somebody like the first member, but for these; the number and the login."""
        number = next(self.numbers)
        await join(self.town, number, f"member{number}", **other)
        return number, f"member{number}"

    async def nothing_arrived(self, tracking: str) -> None:
        """The person says so, and it comes to the desk."""
        assert await tasks.report(self.parts, NothingArrived(tracking, by="park"))

    async def approved_by_two(self, tracking: str) -> None:
        """With what they were shown."""
        await self.han.decide(tracking, AddExhibit(str(uuid4()), seen="여권"))
        await self.han.decide(tracking, Approve())
        await self.choi.decide(tracking, Approve())

    async def told(self, request: str, word: str, status: str) -> ReceivedMail:
        """The last word came, once, before the deadline, and nothing is left to do."""
        spool = self.town.spool
        await until(self.town, request, status)
        await self.town.until(lambda: bool(spool.of(request, word)), word)
        found = await standing(self.town, request)
        assert found["history"][-1]["at"] < found["deadline"]
        (mail,) = spool.of(request, word)
        return mail


@pytest.fixture(scope="module")
async def house(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("journeys")
    async with open_town(folder, await place(stack)) as town:
        await town.work()
        async with wiring.open_parts(town.settings) as parts:
            for name, role in (("han", Role.REVIEWER), ("choi", Role.OFFICER)):
                await parts.accounts.add(name, role, PASSWORD, "a test")
            han, choi = [await parts.accounts.prove(name, PASSWORD) for name in ("han", "choi")]
            yield House(town, parts, Desk(parts, han), Desk(parts, choi), count(1100))


async def waiting(house: House, login: str, **other: Any) -> tuple[str, str, str]:
    """Asked, and waiting for a proof: the request, its tracking code, the address that asked."""
    asked = f"{uuid4().hex[:8]}@elsewhere.example"
    requester = {"relation": "self", **other.pop("requester", {}), "email": asked}
    request, tracking = await ask(house.town, login, requester=requester, **other)
    await until(house.town, request, "awaiting_proof")
    return request, tracking, asked


async def code_of(house: House, request: str) -> ReceivedMail:
    await house.town.until(lambda: bool(house.town.spool.of(request, "challenge-1")), "a code")
    return house.town.spool.of(request, "challenge-1")[0]


async def test_with_nothing_on_file_the_desk_lets_her_in_and_she_is_told_where_she_asked(
    house: House,
) -> None:
    nowhere = {**house.town.before["members"][0]["profile"]}
    del nowhere["address"]
    number, login = await house.member(email=None, phones={}, profile=nowhere)
    request, tracking, asked = await waiting(
        house, login, changes=[{"field": "hobbies", "value": ["등산"]}]
    )
    await house.nothing_arrived(tracking)
    await house.approved_by_two(tracking)
    mail = await house.told(request, "completion", "completed")
    assert mail.to == (asked,)
    member = await house.town.company["members"].find_one({"_id": number})
    assert member["profile"]["hobbies"] == ["등산"]


async def test_who_lost_the_mailbox_comes_in_by_the_desk_and_the_code_there_is_worth_nothing(
    house: House,
) -> None:
    number, login = await house.member()
    request, tracking, asked = await waiting(house, login)
    code = (await code_of(house, request)).code
    await house.nothing_arrived(tracking)
    sent = await house.town.channel.prove(tracking, code)
    assert await house.town.channel.answer(sent) == {"accepted": False}
    await house.approved_by_two(tracking)
    # Not to the mailbox that nobody reads any more.
    assert (await house.told(request, "completion", "completed")).to == (asked,)
    member = await house.town.company["members"].find_one({"_id": number})
    assert member["profile"]["address"] == ADDRESS


@pytest.mark.parametrize(
    "record",
    [
        {"birth_date": born(11)},
        {"birth_date": born(15), "guardian": GUARDIAN},
        {"birth_date": born(11), "guardian": {**GUARDIAN, "name": "박수상"}},
    ],
    ids=["no guardian on record", "a child of fifteen", "another guardian"],
)
async def test_a_guardian_whose_right_nothing_shows_is_refused_and_told_at_the_address_given(
    record: dict[str, Any], house: House
) -> None:
    number, login = await house.member(**record)
    before = await house.town.company["members"].find_one({"_id": number})
    request, tracking, asked = await waiting(house, login, requester=JIHO)
    await house.nothing_arrived(tracking)
    await house.han.decide(tracking, Refuse("guardianship_not_shown"))
    mail = await house.told(request, "refusal", "refused")
    assert mail.to == (asked,)
    assert "이의" in mail.text
    assert not house.town.spool.of(request, "challenge-1")
    assert await house.town.company["members"].find_one({"_id": number}) == before


async def test_a_guardian_without_a_record_who_shows_papers_is_let_in_by_two(house: House) -> None:
    number, login = await house.member(birth_date=born(11))
    request, tracking, asked = await waiting(house, login, requester=JIHO)
    await house.nothing_arrived(tracking)
    await house.approved_by_two(tracking)
    assert (await house.told(request, "completion", "completed")).to == (asked,)
    child = await house.town.company["members"].find_one({"_id": number})
    assert child["profile"]["address"] == ADDRESS


async def test_a_child_who_turns_fourteen_before_the_guardian_proves_it_decides_itself(
    house: House,
) -> None:
    tomorrow = datetime.now(SEOUL) + timedelta(days=1)
    day = tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)
    birthday = day.replace(year=day.year - 14)
    number, login = await house.member(birth_date=birthday, guardian=GUARDIAN)
    before = await house.town.company["members"].find_one({"_id": number})
    request, tracking = await ask(house.town, login, requester={**JIHO, "email": GUARDIAN["email"]})
    code = (await code_of(house, request)).code
    clock = house.parts.house.requests.now
    with patch.object(
        type(house.parts.house.requests), "now", lambda _: clock() + timedelta(days=2)
    ):
        item = Item(proof(tracking, code))
        await carry(house.parts.house, STATIONS["verification"], [item])
    await until(house.town, request, "in_review")
    assert (await standing(house.town, request))["review"]["why"] == ["guardian_unclear"]
    await house.han.decide(tracking, Refuse("guardianship_not_shown"))
    mail = await house.told(request, "refusal", "refused")
    assert mail.to == (GUARDIAN["email"],)
    assert await house.town.company["members"].find_one({"_id": number}) == before


async def test_a_shared_phone_and_two_peoples_identifiers_end_with_a_refusal_that_tells_nothing(
    house: House,
) -> None:
    number = f"010-7777-{next(house.numbers)}"
    _, first = await house.member(phones={"mobile": number})
    _, second = await house.member(phones={"mobile": number})
    texts = []
    for subject in (
        {"phone": number},
        {"login_id": first, "email": f"{second}@mail.example"},
        {"login_id": "nobody.at.all"},
    ):
        request, tracking, asked = await waiting(house, "", subject=subject)
        await house.nothing_arrived(tracking)
        await house.han.decide(tracking, Refuse("not_the_person"))
        mail = await house.told(request, "refusal", "refused")
        assert mail.to == (asked,)
        assert not house.town.spool.of(request, "challenge-1")
        texts.append([line for line in mail.text.splitlines() if "일시" not in line
                      and tracking not in line])  # fmt: skip
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_whoever_takes_it_back_by_any_channel_is_told_and_nothing_has_changed(
    channel: str, house: House
) -> None:
    number, login = await house.member()
    before = await house.town.company["members"].find_one({"_id": number})
    request, tracking, _ = await waiting(house, login, channel=channel)
    code = (await code_of(house, request)).code
    for given in (f"{int(code) ^ 1:08}", code):
        withdrawal = {
            "schema": "dsr.withdrawal/1", "withdrawal_id": str(uuid4()), "tracking": tracking,
            "code": given, "channel": channel,
            **({"operator": "park"} if channel in {"phone", "post"} else {}),
        }  # fmt: skip
        body, id_ = json.dumps(withdrawal).encode(), withdrawal["withdrawal_id"]
        await house.town.channel.raw(f"withdrawal.{channel}", body, message_id=id_)
    mail = await house.told(request, "withdrawal-1", "withdrawn")
    assert mail.to == (f"{login}@mail.example",)
    tries = (await standing(house.town, request))["challenge"]["tries"]
    assert len(tries) == 1, "the wrong one was counted"
    assert await house.town.company["members"].find_one({"_id": number}) == before
    usable = await house.town.company["members_usable"].find_one({"_id": number})
    assert usable == before


def says(mail: ReceivedMail, reason: str) -> bool:
    """Whether it gives this reason and its legal ground."""
    words = " ".join(mail.text.split())
    ground = REFUSALS[reason]
    return ground.reason.ko in words and ground.legal_ground.ko in words


@pytest.mark.parametrize("reason", NEUTRAL)
async def test_what_nobody_has_proven_is_refused_for_each_reason_that_tells_nothing(
    reason: str, house: House
) -> None:
    _, login = await house.member()
    request, tracking, asked = await waiting(house, login)
    await house.nothing_arrived(tracking)
    await house.han.decide(tracking, Refuse(reason))
    mail = await house.told(request, "refusal", "refused")
    assert mail.to == (asked,)
    assert says(mail, reason)


@pytest.mark.parametrize("reason", TELLING)
async def test_what_was_proven_is_refused_for_each_other_reason_to_the_contact_on_file(
    reason: str, house: House
) -> None:
    number, login = await house.member()
    request, tracking, _ = await waiting(
        house, login, changes=[{"field": "name", "value": "김민주"}]
    )
    sent = await house.town.channel.prove(tracking, (await code_of(house, request)).code)
    assert await house.town.channel.answer(sent) == {"accepted": True}
    await until(house.town, request, "in_review")
    await house.han.decide(tracking, Refuse(reason))
    mail = await house.told(request, "refusal", "refused")
    assert mail.to == (f"{login}@mail.example",)
    assert says(mail, reason)
    usable = await house.town.company["members_usable"].find_one({"_id": number})
    assert usable["name"] == "김서윤", "it is restricted no longer"


async def test_put_off_once_the_person_hears_until_when_and_it_ends_before_that(
    house: House,
) -> None:
    _, login = await house.member()
    request, tracking, _ = await waiting(
        house, login, changes=[{"field": "name", "value": "김민주"}]
    )
    sent = await house.town.channel.prove(tracking, (await code_of(house, request)).code)
    await house.town.channel.answer(sent)
    await until(house.town, request, "in_review")
    before = (await standing(house.town, request))["deadline"]
    await house.han.decide(tracking, Extend("complex"))
    await house.han.decide(tracking, Approve())
    done = await house.told(request, "completion", "completed")
    until_when = await house.told(request, "extension", "completed")
    assert until_when.to == done.to == (f"{login}@mail.example",)
    after = (await standing(house.town, request))["deadline"]
    assert after > before
    assert f"{after.astimezone(SEOUL):%Y}년" in until_when.text


async def test_all_of_them_together_break_no_invariant(house: House) -> None:
    _, offences = await verify_stores(house.parts)
    assert offences == []
