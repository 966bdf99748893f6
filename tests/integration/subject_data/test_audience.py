"""Whom an announcement reaches: by the data map, in bounded pages, sealed addresses opened."""

from __future__ import annotations

import pytest
import yaml
from pymongo.monitoring import CommandStartedEvent

from schemas.datamap import parse
from schemas.errors import AnnouncementError, DataMapError
from tests.integration.subject_data.company import JIHO, MEMBERS, MINJI, Company, NewCompany
from tests.integration.subject_data.sealable import FILE, people
from workers.adapters.subject_data.audience import PAGE
from workers.ports.announcements import Addressee, Segment

MEMBER = ("member",)


def a_map(language: str = "reads") -> dict[str, object]:
    """The shop's, with sealed addresses and a field for the language."""
    content = yaml.load(FILE.read_text(), yaml.BaseLoader)  # noqa: S506 - nothing but text
    member = content["subjects"]["member"]
    member["language"] = language
    fields = member["fields"]
    fields["email"] |= {"protection": "sealed", "blind_index": "email_index"}
    fields["reads"] = {
        "path": "profile.reads",
        "category": "user.demographic.language",
        "label": {"ko": "언어", "en": "Language"},
        "value": "text",
    }
    made: dict[str, object] = content
    return made


@pytest.fixture
async def sealed(new_company: NewCompany) -> Company:
    company = new_company(parse(a_map(), source="shop.yaml"))
    await company.fill({"members": MEMBERS["members"]})
    await company.data.init()
    return company


async def everybody(company: Company, segment: Segment | None = None) -> list[Addressee]:
    pages = company.data.audience().pages(segment or Segment(MEMBER))
    return [person async for page in pages for person in page]


async def test_a_sealed_address_is_opened_and_nobody_is_called_by_his_key(sealed: Company) -> None:
    stored = await sealed.one("members", 1)
    assert isinstance(stored["email"], bytes)
    found = await everybody(sealed)
    assert [person.address for person in found] == [
        "minji@mail.example", "jiho@mail.example", "other@mail.example",
    ]  # fmt: skip
    assert [person.pseudonym for person in found] == [
        sealed.tokens.pseudonym("member", str(number)) for number in (1, 2, 3)
    ]


async def test_the_language_on_file_is_the_language_of_the_mail(sealed: Company) -> None:
    for number, said in ((1, "en-GB"), (2, "ko_KR"), (3, "français")):
        await sealed.db["members"].update_one({"_id": number}, {"$set": {"profile.reads": said}})
    assert [person.language for person in await everybody(sealed)] == ["en", "ko", None]


def test_a_language_that_is_no_field_is_a_fault_of_the_map() -> None:
    with pytest.raises(DataMapError, match=r"subjects\.member\.language"):
        parse(a_map(language="tongue"), source="shop.yaml")


async def test_a_key_that_is_gone_leaves_somebody_without_an_address(sealed: Company) -> None:
    await sealed.db["members"].update_one({"_id": 2}, {"$set": {"email": b"\x01garbage"}})
    await sealed.db["members"].update_one({"_id": 3}, {"$unset": {"email": ""}})
    assert [person.address for person in await everybody(sealed)] == [
        "minji@mail.example", None, None,
    ]  # fmt: skip


async def test_every_type_of_person_is_reached_unless_one_is_named(shop: Company) -> None:
    addresses = {person.address for person in await everybody(shop, Segment())}
    assert addresses == {
        *("minji@mail.example", "jiho@mail.example", "other@mail.example"),
        "asker@mail.example",
    }
    asked = await everybody(shop, Segment(("inquirer",)))
    assert [person.address for person in asked] == ["asker@mail.example"]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ({"name": "김민지"}, [1, 3]),
        ({"gender": "female"}, [1, 2, 3]),
        ({"gender": "male"}, []),
        ({"hobbies": "독서"}, [1, 2, 3]),
        ({"mobile_phone": "+82 10 2222 3333"}, [2]),
        ({"birth_date": "1990-03-02"}, [1, 2, 3]),
        ({"name": "김민지", "login_id": "minji90"}, [1]),
    ],
)
async def test_a_segment_has_these_values_in_whatever_form_they_stand(
    shop: Company, where: dict[str, str], numbers: list[int]
) -> None:
    found = await everybody(shop, Segment(MEMBER, where))
    wanted = [shop.tokens.pseudonym("member", str(number)) for number in numbers]
    assert [person.pseudonym for person in found] == wanted


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        (Segment(("members",)), "no type 'members'"),
        (Segment(where={"shoe_size": "9"}), "no type has shoe_size"),
        (Segment(where={"gender": "unknown"}), "not_an_option"),
        (Segment(where={"home_address": "Seoul"}), "has parts"),
        (Segment(("inquirer",), {"gender": "male"}), "no type has gender"),
    ],
)
async def test_what_is_no_segment_is_refused_before_anybody_is_read(
    shop: Company, segment: Segment, said: str
) -> None:
    with pytest.raises(AnnouncementError, match=said):
        await shop.data.audience().size(segment)


async def test_a_disputed_address_is_not_used_and_another_dispute_does_not_matter(
    shop: Company,
) -> None:
    await shop.restrict("r1", MINJI, "email")
    await shop.restrict("r2", JIHO, "home_address")
    found = await everybody(shop)
    assert [person.hold for person in found] == ["restricted", None, None]
    await shop.release("r1", MINJI)
    assert [person.hold for person in await everybody(shop)] == [None, None, None]


async def test_people_come_in_pages_whatever_their_number(
    shop: Company, commands: list[CommandStartedEvent]
) -> None:
    more = people(range(1000, 1000 + 2 * PAGE + 5))
    for one in more:
        del one["phones"]
    await shop.db["members"].insert_many(more)
    commands.clear()
    pages = [len(page) async for page in shop.data.audience().pages(Segment(MEMBER))]
    assert sum(pages) == 3 + len(more)
    assert max(pages) == PAGE
    reads = [each.command for each in commands if each.command_name == "find"]
    assert {read["limit"] for read in reads if read["find"] == "members"} == {PAGE}
