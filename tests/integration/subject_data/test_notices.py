"""Who is told, and what: only what it received, as it stands, never what is disputed."""

from __future__ import annotations

import asyncio

import pytest

from schemas.errors import PutOff
from schemas.request import SubjectRef
from tests.integration.subject_data.company import JIHO, MINJI, NEW, Company


async def test_each_recipient_is_told_only_what_the_ledger_says_it_received(shop: Company) -> None:
    asked = ("name", "email", "home_address")
    minji, jiho, stranger = await asyncio.gather(
        shop.data.recipients(MINJI, asked),
        shop.data.recipients(JIHO, asked),
        shop.data.recipients(SubjectRef(type="member", key="77"), asked),
    )
    assert minji == {
        "hanbit-delivery": ("name", "home_address"),
        "dain-marketing": ("email",),
    }
    assert jiho == {"korea-pay": ("name",)}
    assert stranger == {}
    assert await shop.data.recipients(MINJI, ("hobbies",)) == {}


async def test_a_notice_has_the_values_as_they_stand_and_their_number(shop: Company) -> None:
    await shop.correct("r1", MINJI, home_address=NEW)
    await shop.correct("r2", MINJI, mobile_phone="010-7777-8888")
    current = await shop.data.current(
        MINJI, ("home_address", "mobile_phone", "birth_date", "hobbies")
    )
    assert current.values == {
        "home_address": NEW,
        "mobile_phone": "010-7777-8888",
        "birth_date": "1990-03-02",
        "hobbies": ["등산", "독서"],
    }
    assert current.seq == 2
    assert current.key_for("hanbit-delivery") == "1"
    assert current.key_for("dain-marketing") == "minji90"


async def test_a_recipient_that_knows_the_login_is_told_the_old_one_of_that_request(
    shop: Company,
) -> None:
    await shop.correct("r1", MINJI, login_id="kim.minji")
    own = await shop.data.current(MINJI, ("login_id",), "r1")
    later = await shop.data.current(MINJI, ("name",), "r2")
    assert own.key_for("dain-marketing") == "minji90"
    assert own.values == {"login_id": "kim.minji"}
    assert later.key_for("dain-marketing") == "kim.minji"


async def test_what_another_request_restricts_is_not_disclosed(shop: Company) -> None:
    await shop.restrict("other", MINJI, "home_address")
    with pytest.raises(PutOff) as put_off:
        await shop.data.current(MINJI, ("home_address", "name"), "r1")
    assert put_off.value.code == "restricted"
    assert (await shop.data.current(MINJI, ("name",), "r1")).values == {"name": "김민지"}


async def test_the_trouble_of_one_subject_is_not_anothers(shop: Company) -> None:
    await shop.restrict("other", MINJI, "name")
    gone = SubjectRef(type="member", key="77")
    minji, jiho, nobody = await asyncio.gather(
        *(shop.data.current(subject, ("name",)) for subject in (MINJI, JIHO, gone)),
        return_exceptions=True,
    )
    assert isinstance(minji, PutOff)
    assert minji.code == "restricted"
    assert not isinstance(jiho, BaseException)
    assert jiho.values == {"name": "이지호"}
    assert isinstance(nobody, PutOff)
    assert nobody.code == "subject_gone"


async def test_a_dry_run_names_every_place_and_changes_nothing(shop: Company) -> None:
    before = await shop.everything()
    overview = await shop.data.plan(MINJI, ("home_address", "login_id"))
    assert {
        (place.collection, place.document, place.path, place.changes)
        for place in overview.places
        if place.field == "home_address"
    } == {
        ("members", "1", "profile.address", True),
        ("orders", "101", "invoice.address", False),
        ("orders", "102", "invoice.address", False),
        ("deliveries", "1101", "label", True),
        ("delivery_plans", "plan-1", "to", True),
        ("delivery_zones", "1", "postcode", True),
        ("member_changes", "1", "before.address", False),
    }
    assert {p.path for p in overview.places if p.collection == "posts"} == {
        "author_login",
        "comments.1.login",
        "comments.0.login",
    }
    assert overview.recipients == {"hanbit-delivery": ("home_address",)}
    assert overview.restricted == ()
    assert await shop.everything() == before
    assert await shop.db["dsr_subjects"].count_documents({}) == 0
