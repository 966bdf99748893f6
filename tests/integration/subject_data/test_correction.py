"""A correction stands in every copy, in the type that stood there, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime

from bson import Int64

from tests.integration.subject_data.company import (
    MINJI,
    NEW,
    NEW_LINE,
    OLD,
    OLD_LINE,
    PATRON,
    Company,
)


async def test_an_address_is_corrected_in_every_copy_that_follows(shop: Company) -> None:
    result = await shop.correct("r1", MINJI, home_address=NEW)
    assert result.outcome == "done"
    assert result.seq == 1
    assert result.places == {"home_address": 4}
    member = await shop.one("members", 1)
    assert member["profile"]["address"] == {
        "postcode": "06236",
        "road": NEW["road"],
        "geo": [37.5, 127.0],
    }
    assert (await shop.one("deliveries", 1101))["label"] == NEW_LINE
    assert (await shop.one("delivery_plans", "plan-1"))["to"] == {
        "zip": "06236",
        "line1": NEW["road"],
        "door": "#1234",
    }
    assert (await shop.one("delivery_zones", 1))["postcode"] == "06236"


async def test_what_was_true_then_stays_in_invoices_and_history(shop: Company) -> None:
    await shop.correct("r1", MINJI, home_address=NEW)
    assert (await shop.one("orders", 101))["invoice"]["address"] == OLD
    assert (await shop.one("member_changes", 1))["before"]["address"] == OLD_LINE


async def test_a_name_is_corrected_in_arrays_objects_and_over_two_hops(shop: Company) -> None:
    result = await shop.correct("r1", MINJI, name="김민서")
    assert result.outcome == "done"
    assert (await shop.one("rooms", "room"))["participants"] == {
        "1": {"name": "김민서", "unread": 2},
        "2": {"name": "이지호", "unread": 0},
    }
    groups = (await shop.one("clubs", "hikers"))["groups"]
    assert groups[0]["people"] == [{"member_id": 2, "name": "이지호"}]
    assert groups[1]["people"] == [
        {"member_id": 3, "name": "김민지"},
        {"member_id": 1, "name": "김민서", "role": "lead"},
    ]
    assert (await shop.one("file_downloads", "d1"))["file"] == {"owner_name": "김민서"}
    assert (await shop.one("file_downloads", "d2"))["file"] == {"owner_name": "이지호"}
    assert (await shop.one("file_shares", "s1"))["shared_by"] == "김민서"


async def test_somebody_of_the_same_name_keeps_hers(shop: Company) -> None:
    before = await shop.bytes_of("members"), await shop.bytes_of("messages")
    await shop.correct("r1", MINJI, name="김민서")
    after = await shop.bytes_of("members"), await shop.bytes_of("messages")
    for old, new in zip(before, after, strict=True):
        assert {k for k in old if old[k] != new[k]} == {"1"}


async def test_a_changed_login_is_followed_by_what_was_tied_to_the_old_one(shop: Company) -> None:
    result = await shop.correct("r1", MINJI, login_id="kim.minji")
    assert result.places == {"login_id": 3}
    first, second = await shop.one("posts", 1), await shop.one("posts", 2)
    assert first["author_login"] == "kim.minji"
    assert first["text"] == "minji90"
    assert [c["login"] for c in first["comments"]] == ["jiho", "kim.minji"]
    assert second["author_login"] == "jiho"
    assert second["comments"][0]["login"] == "kim.minji"


async def test_a_login_that_two_people_hold_ties_nothing(shop: Company) -> None:
    await shop.db["members"].update_one({"_id": 3}, {"$set": {"login.id": "minji90"}})
    await shop.correct("r1", MINJI, login_id="kim.minji")
    first = await shop.one("posts", 1)
    assert first["author_login"] == "minji90"
    assert first["comments"][1]["login"] == "kim.minji"


async def test_values_are_written_in_the_type_that_stands_there(library: Company) -> None:
    value = {"street": "테헤란로 152", "house_no": 7, "city": "서울", "postcode": 6236}
    result = await library.correct("r1", PATRON, address=value)
    assert result.places == {"address": 3}
    patron = await library.one("patrons", PATRON.key)
    assert patron["addr"] == {"street": "테헤란로 152", "house": 7, "city": "서울", "zip": 6236}
    slips = [d["slip"] async for d in library.db["loans"].find({"patron": PATRON.key})]
    assert slips == ["테헤란로 152 7, 서울"] * 2
    assert not isinstance(patron["points"], Int64)


async def test_a_contact_that_changes_is_young_from_then_on(shop: Company) -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    await shop.correct("r1", MINJI, at=at, email="minji.new@mail.example")
    member = await shop.one("members", 1)
    assert member["email"] == "minji.new@mail.example"
    assert member["contact_since"]["email"] == at


async def test_a_contact_that_stays_keeps_its_age(shop: Company) -> None:
    before = await shop.one("members", 1)
    at = datetime(2026, 11, 23, tzinfo=UTC)
    await shop.correct("r1", MINJI, at=at, email=before["email"], hobbies=["등산"])
    member = await shop.one("members", 1)
    assert member["contact_since"] == before["contact_since"]
    assert member["profile"]["hobbies"] == ["등산"]


async def test_a_contact_in_an_array_is_young_in_its_own_element(library: Company) -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    before = await library.one("patrons", PATRON.key)
    await library.correct("r1", PATRON, at=at, mobile_phone="01099998888")
    after = await library.one("patrons", PATRON.key)
    assert after["contacts"][1] == {"kind": "mobile", "value": "01099998888", "since": at}
    assert after["contacts"][0] == before["contacts"][0]
