"""While a field is restricted, no view shows its old or its new value, anywhere (I5)."""

from __future__ import annotations

from typing import Any

import bson
import pytest

from tests.integration.subject_data.company import (
    JIHO,
    MINJI,
    NEW,
    NEW_LINE,
    OLD,
    OLD_LINE,
    PATRON,
    Company,
)


async def seen(company: Company) -> dict[str, list[dict[str, Any]]]:
    """Everything that downstream systems see."""
    return {name: await company.usable(name) for name in company.datamap.collections}


def holds(documents: list[dict[str, Any]], value: str) -> bool:
    """Whether the value stands anywhere in these documents."""
    return value.encode() in b"".join(map(bson.encode, documents))


async def test_a_view_is_the_collection_while_nothing_is_restricted(shop: Company) -> None:
    for name in shop.datamap.collections:
        there = await shop.db[name].find().sort("_id", 1).to_list(None)
        shown = await shop.usable(name)
        assert list(map(bson.encode, shown)) == list(map(bson.encode, there))


async def test_a_restricted_address_is_in_no_view(shop: Company) -> None:
    before = await seen(shop)
    assert (await shop.restrict("r1", MINJI, "home_address")).outcome == "done"
    (minji, jiho, other), orders = await shop.usable("members"), await shop.usable("orders")
    assert minji["profile"]["address"] == {"geo": [37.5, 127.0]}
    assert (jiho, other) == tuple(before["members"][1:])
    assert [order["invoice"] for order in orders] == [
        {"name": "김민지", "address": {}},
        {"name": "김민지", "address": {}},
        {"name": "김민지", "address": OLD},
    ]
    deliveries = await shop.usable("deliveries")
    assert ["label" in delivery for delivery in deliveries] == [False, True]
    assert (await shop.usable("delivery_plans"))[0]["to"] == {"door": "#1234"}
    assert "postcode" not in (await shop.usable("delivery_zones"))[0]
    assert (await shop.usable("member_changes"))[0]["before"] == {"name": "김민희"}
    for name in ("members", "messages", "rooms", "posts", "clubs", "payments"):
        assert len(await shop.usable(name)) == len(before[name])


async def test_a_restricted_name_disappears_from_arrays_objects_and_over_hops(
    shop: Company,
) -> None:
    before = await seen(shop)
    await shop.restrict("r1", MINJI, "name")
    assert (await shop.usable("rooms"))[0]["participants"] == {
        "1": {"unread": 2},
        "2": {"name": "이지호", "unread": 0},
    }
    groups = (await shop.usable("clubs"))[0]["groups"]
    assert groups[0] == before["clubs"][0]["groups"][0]
    assert groups[1]["people"] == [
        {"member_id": 3, "name": "김민지"},
        {"member_id": 1, "role": "lead"},
    ]
    assert [m["author"] for m in await shop.usable("messages")] == [
        {"id": 1},
        {"id": 2, "name": "이지호"},
        {"id": 3, "name": "김민지"},
    ]
    assert ["shared_by" in share for share in await shop.usable("file_shares")] == [False, True]
    downloads = await shop.usable("file_downloads")
    assert [download["file"] for download in downloads] == [{}, {"owner_name": "이지호"}]
    deliveries = await shop.usable("deliveries")
    assert [d["receiver"] for d in deliveries] == [{}, {"name": "김민지"}]


async def test_a_restricted_login_is_hidden_where_only_its_value_ties_it(shop: Company) -> None:
    await shop.restrict("r1", MINJI, "login_id")
    first, second = await shop.usable("posts")
    assert "author_login" not in first
    assert second["author_login"] == "jiho"
    assert first["comments"] == [
        {"member_id": 2, "login": "jiho", "text": "@minji90"},
        {"member_id": 1, "text": "네"},
    ]


async def test_only_the_disputed_element_of_an_array_is_hidden(library: Company) -> None:
    await library.restrict("r1", PATRON, "mobile_phone", "full_name", "card")
    jiho, minji = await library.usable("patrons")
    assert jiho == await library.one("patrons", "jiho@mail.example")
    assert minji["contacts"][0] == {"kind": "fax", "value": "0212345678"}
    assert minji["contacts"][1].keys() == {"kind", "since"}
    assert minji["person"] == {}
    assert "card" not in minji
    (circle,) = await library.usable("circles")
    assert circle["people"] == [
        {"ref": "jiho@mail.example", "nick": "이지호", "call": "01022223333"},
        {"ref": "minji@mail.example"},
    ]
    assert circle["minutes"][0]["said"] == [
        {"card": "L-000124", "who": "이지호", "text": "시작"},
        {"text": "네"},
    ]


async def test_neither_old_nor_new_value_shows_until_it_is_applied(shop: Company) -> None:
    await shop.restrict("r1", MINJI, "home_address")
    await shop.restrict("other", MINJI, "home_address")
    await shop.correct("r1", MINJI, home_address=NEW)
    mine = [
        (await shop.usable("members"))[0],
        (await shop.usable("delivery_plans"))[0],
        (await shop.usable("deliveries"))[0],
    ]
    for value in (OLD["road"], NEW["road"], OLD_LINE, NEW_LINE):
        assert value is not None
        assert not holds(mine, value)
    await shop.release("other", MINJI)
    assert (await shop.usable("members"))[0]["profile"]["address"]["road"] == NEW["road"]


async def test_a_correction_lifts_the_restriction_that_it_answers(shop: Company) -> None:
    await shop.restrict("r1", MINJI, "home_address", "name")
    await shop.correct("r1", MINJI, home_address=NEW)
    for name in shop.datamap.collections:
        assert await shop.usable(name) == await shop.db[name].find().sort("_id", 1).to_list(None)
    control = await shop.db["dsr_subjects"].find_one({})
    assert control is not None
    assert control.keys().isdisjoint({"restricted", "hides", "names", "progress"})


async def test_other_requests_keep_hiding_what_a_changed_login_ties(shop: Company) -> None:
    await shop.restrict("r1", MINJI, "login_id")
    await shop.restrict("r2", MINJI, "login_id")
    await shop.correct("r1", MINJI, login_id="kim.minji")
    assert "author_login" not in (await shop.usable("posts"))[0]


async def test_a_restriction_is_there_once_however_often_it_is_asked(shop: Company) -> None:
    assert (await shop.restrict("r1", MINJI, "name")).outcome == "done"
    assert (await shop.restrict("r1", MINJI, "name")).outcome == "already"
    await shop.release("r1", MINJI)
    assert (await shop.usable("members"))[0]["name"] == "김민지"


async def test_after_a_release_nothing_can_be_restricted_or_corrected(shop: Company) -> None:
    assert (await shop.release("r1", MINJI)).outcome == "done"
    assert (await shop.restrict("r1", MINJI, "name")).outcome == "lost"
    assert (await shop.correct("r1", MINJI, name="김민서")).outcome == "lost"
    assert (await shop.release("r1", MINJI)).outcome == "already"
    assert (await shop.one("members", 1))["name"] == "김민지"


@pytest.mark.parametrize("local", ["missing", None, 7])
async def test_a_document_that_points_nowhere_stays_visible(shop: Company, local: Any) -> None:
    share: dict[str, Any] = {"_id": "lost", "file_id": local, "shared_by": "누군가"}
    if local == "missing":
        del share["file_id"]
    await shop.db["file_shares"].insert_one(share)
    await shop.db["files"].insert_one({"_id": "no owner", "owner": None})
    await shop.restrict("r1", MINJI, "name")
    await shop.restrict("r2", JIHO, "name")
    assert share in await shop.usable("file_shares")
    assert {"_id": "no owner", "owner": None} in await shop.usable("files")


async def test_odd_documents_look_the_same_through_a_view(shop: Company) -> None:
    odd: list[dict[str, Any]] = [
        {"_id": 50, "profile": None},
        {"_id": 51, "profile": "text", "login": []},
        {"_id": 52, "profile": {"address": None}},
        {"_id": 53, "phones": 3},
    ]
    await shop.db["members"].insert_many(odd)
    await shop.db["rooms"].insert_many([{"_id": "a"}, {"_id": "b", "participants": []}])
    await shop.db["clubs"].insert_many([{"_id": "x", "groups": None}, {"_id": "y", "groups": [1]}])
    await shop.restrict("r1", MINJI, "name", "home_address", "login_id")
    for number in range(50, 54):
        await shop.restrict("r2", MINJI.model_copy(update={"key": str(number)}), "home_address")
    members = {member["_id"]: member for member in await shop.usable("members")}
    assert [members[document["_id"]] for document in odd] == odd
    assert {"_id": "b", "participants": []} in await shop.usable("rooms")
    assert {"_id": "y", "groups": [1]} in await shop.usable("clubs")
