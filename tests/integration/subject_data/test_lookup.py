"""All identifiers lead to one and the same record, in whatever spelling, else to nobody."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.monitoring import CommandStartedEvent

from tests.integration.subject_data.company import ASKER, JIHO, MINJI, PATRON, Company


@pytest.mark.parametrize(
    "identifiers",
    [
        {"login_id": "minji90"},
        {"email": "minji@mail.example"},
        {"email": "Minji@MAIL.example"},
        {"email": "ｍinji@mail.example"},  # full-width
        {"phone": "01012345678"},
        {"phone": "+82 10-1234-5678"},
        {"email": "minji@mail.example", "name": "김민지"},
        {"email": "minji@mail.example", "name": unicodedata.normalize("NFD", "김민지")},
        {"email": "minji@mail.example", "name": "김 민지"},
        {"login_id": "minji90", "phone": "010 1234 5678", "birth_date": "1990-03-02"},
    ],
    ids=str,
)
async def test_minji_is_found_by_what_is_hers(
    read_only_shop: Company, identifiers: dict[str, str]
) -> None:
    person = await read_only_shop.data.find(identifiers)
    assert person is not None
    assert person.ref == MINJI
    assert person.pseudonym == read_only_shop.tokens.pseudonym("member", "1")


@pytest.mark.parametrize(
    "identifiers",
    [
        {},
        {"email": "stranger@mail.example"},
        {"name": "김민지"},  # two people of that name
        {"email": "minji@mail.example", "phone": "010-2222-3333"},  # hers and his
        {"email": "minji@mail.example", "name": "이지호"},
        {"login_id": "minji90", "birth_date": "1990-03-01"},
        {"email": "mіnji@mail.example"},  # a Cyrillic look-alike
        {"email": "not an address"},
        {"email": ".*@mail.example"},
        {"login_id": "minji.."},
        {"login_id": "asker@mail.example", "email": "asker@mail.example"},
        {"shoe_size": "38"},
    ],
    ids=str,
)
async def test_nobody_is_found_by_anything_else(
    read_only_shop: Company, identifiers: dict[str, str]
) -> None:
    assert await read_only_shop.data.find(identifiers) is None


async def test_names_and_birth_dates_tell_together(shop: Company) -> None:
    elder = datetime(1971, 7, 6, 15, 0, tzinfo=UTC)
    await shop.db["members"].update_one({"_id": 3}, {"$set": {"birth_date": elder}})
    person = await shop.data.find({"name": "김민지", "birth_date": "1971-07-07"})
    assert person is not None
    assert person.ref.key == "3"


async def test_a_record_kept_decomposed_or_in_mixed_case_is_found(shop: Company) -> None:
    decomposed = unicodedata.normalize("NFD", "박서준")
    await shop.db["inquirers"].update_one(
        {"_id": {"$exists": True}}, {"$set": {"name": decomposed, "email": "AsKer@Mail.example"}}
    )
    person = await shop.data.find({"email": "asker@mail.example", "name": "박서준"})
    assert person is not None
    assert person.ref == ASKER


async def test_somebody_on_record_twice_is_nobody(shop: Company) -> None:
    await shop.db["inquirers"].update_one(
        {"_id": {"$exists": True}}, {"$set": {"email": "minji@mail.example"}}
    )
    assert await shop.data.find({"email": "minji@mail.example"}) is None


async def test_an_identifier_that_no_record_of_that_type_has_matches_nobody(
    library: Company,
) -> None:
    assert await library.data.find({"email": PATRON.key, "name": "김민지"}) is None
    person = await library.data.find({"email": PATRON.key, "phone": "010-1234-5678"})
    assert person is not None
    assert person.ref == PATRON


async def test_a_number_of_another_kind_finds_nobody(library: Company) -> None:
    assert await library.data.find({"phone": "02-1234-5678"}) is None  # her fax, not her mobile


async def test_contacts_come_best_first_sealed_ones_opened(read_only_shop: Company) -> None:
    person = await read_only_shop.data.find({"login_id": "minji90"})
    assert person is not None
    assert [(contact.kind, contact.value) for contact in person.contacts] == [
        ("mail", "minji@mail.example"),
        ("phone", "010-1234-5678"),
        ("post", "04524 서울 중구 세종대로 110 3층"),
    ]
    assert person.contacts[0].since == datetime(2020, 5, 1, tzinfo=UTC)
    assert person.contacts[1].since is None


async def test_a_contact_in_an_array_knows_its_own_age(library: Company) -> None:
    person = await library.data.find({"email": PATRON.key})
    assert person is not None
    assert [(contact.kind, contact.value) for contact in person.contacts] == [
        ("mail", "minji@mail.example"),
        ("phone", "01012345678"),
        ("post", "세종대로 110 3 서울 4524"),
    ]
    assert person.contacts[1].since == datetime(2019, 1, 1, tzinfo=UTC)


async def test_callers_of_one_moment_share_a_query_and_each_gets_his_answer(
    shop: Company, commands: list[CommandStartedEvent]
) -> None:
    await shop.data.find({"email": "warm-up@mail.example"})
    commands.clear()
    asked = [
        {"email": email}
        for email in ("minji@mail.example", "jiho@mail.example", "nobody@mail.example")
    ]
    found = await asyncio.gather(*(shop.data.find(one) for one in asked * 20))
    assert [person and person.ref for person in found] == [MINJI, JIHO, None] * 20
    finds = [event.command for event in commands if event.command_name == "find"]
    assert sorted(command["find"] for command in finds) == ["inquirers", "keys", "members"]


async def test_a_stranger_costs_the_same_queries_as_a_member(
    shop: Company, commands: list[CommandStartedEvent]
) -> None:
    async def cost(identifiers: dict[str, str]) -> list[tuple[str, Any]]:
        await shop.data.find({"email": "warm-up@mail.example"})
        commands.clear()
        await shop.data.find(identifiers)
        return sorted((event.command_name, event.command.get("find")) for event in commands)

    known = await cost({"email": "minji@mail.example", "name": "김민지"})
    assert known == await cost({"email": "stranger@mail.example", "name": "김민지"})
    assert known == await cost({"email": "minji@mail.example", "name": "이지호"})


async def test_nothing_that_a_person_writes_becomes_a_pattern_or_an_operator(
    shop: Company, commands: list[CommandStartedEvent]
) -> None:
    for value in (".*", "minji90|jiho", '{"$gt": ""}', "$where"):
        assert await shop.data.find({"login_id": value}) is None
    assert "$regex" not in str([event.command for event in commands])


async def test_what_others_of_the_same_kind_hold_is_held_and_ones_own_is_not(
    read_only_shop: Company,
) -> None:
    asked = {"email": "minji@mail.example"}
    assert not await read_only_shop.data.is_held(asked, MINJI)
    assert await read_only_shop.data.is_held(asked, JIHO)
    assert await read_only_shop.data.is_held({"email": "MINJI@mail.example"}, JIHO)
    assert not await read_only_shop.data.is_held({"email": "nobody@mail.example"}, JIHO)
    # An inquirer who becomes a member keeps the address.
    assert not await read_only_shop.data.is_held({"email": "asker@mail.example"}, MINJI)
