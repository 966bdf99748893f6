"""Sealed fields never stand in clear, open only in their place, and are found by a digest."""

from __future__ import annotations

import bson
import pytest

from schemas.errors import SealBroken
from tests.integration.subject_data.company import JIHO, MINJI, Company


async def test_a_sealed_field_is_corrected_without_ever_standing_in_clear(shop: Company) -> None:
    before = await shop.one("members", 1)
    assert isinstance(before["phones"]["mobile"], bytes)
    result = await shop.correct("r1", MINJI, mobile_phone="010-7777-8888")
    assert result.outcome == "done"
    after = await shop.one("members", 1)
    assert after["phones"]["mobile"] != before["phones"]["mobile"]
    assert after["phones"]["mobile_index"] != before["phones"]["mobile_index"]
    assert after["phones"]["home"] == before["phones"]["home"]
    for name in (*shop.datamap.collections, "dsr_subjects"):
        async for document in shop.db[name].find():
            for canary in (b"7777", b"1234-5678"):
                assert canary not in bson.encode(document)
    current = await shop.data.current(MINJI, ("mobile_phone",))
    assert current.values == {"mobile_phone": "010-7777-8888"}


async def test_the_digest_moves_with_the_value(shop: Company) -> None:
    await shop.correct("r1", MINJI, mobile_phone="010-7777-8888")
    assert await shop.data.find({"phone": "010-1234-5678"}) is None
    person = await shop.data.find({"phone": "+82 10 7777 8888"})
    assert person is not None
    assert person.ref == MINJI


async def test_a_sealed_value_opens_in_its_own_place_only(shop: Company) -> None:
    minji = await shop.one("members", 1)
    await shop.db["members"].update_one(
        {"_id": 2}, {"$set": {"phones.mobile": minji["phones"]["mobile"]}}
    )
    with pytest.raises(SealBroken):
        await shop.data.current(JIHO, ("mobile_phone",))
    await shop.db["members"].update_one(
        {"_id": 1}, {"$set": {"phones.home": minji["phones"]["mobile"]}}
    )
    with pytest.raises(SealBroken):
        await shop.data.current(MINJI, ("home_phone",))


async def test_a_damaged_value_can_be_corrected(shop: Company) -> None:
    await shop.db["members"].update_one({"_id": 1}, {"$set": {"phones.mobile": b"\x01garbage"}})
    person = await shop.data.find({"login_id": "minji90"})
    assert person is not None
    assert [contact.kind for contact in person.contacts] == ["mail", "post"]
    assert (await shop.correct("r1", MINJI, mobile_phone="010-7777-8888")).outcome == "done"
    current = await shop.data.current(MINJI, ("mobile_phone",))
    assert current.values == {"mobile_phone": "010-7777-8888"}


async def test_what_was_never_sealed_is_sealed_by_its_correction(shop: Company) -> None:
    await shop.db["members"].update_one(
        {"_id": 1}, {"$set": {"phones": {"mobile": "010-1234-5678"}}}
    )
    result = await shop.correct("r1", MINJI, mobile_phone="010-1234-5678")
    assert result.places == {"mobile_phone": 1}
    member = await shop.one("members", 1)
    assert isinstance(member["phones"]["mobile"], bytes)
    assert (await shop.data.find({"phone": "010-1234-5678"})) is not None


async def test_a_sealed_copy_behind_another_collection_is_sealed_in_its_own_place(
    shop: Company,
) -> None:
    clear = {"_id": 1101, "order_id": 101, "receiver": {"name": "김민지", "phone": "010-1234-5678"}}
    (delivery,) = await shop.data.seal_documents([(MINJI, "deliveries", clear)])
    await shop.db["deliveries"].replace_one({"_id": 1101}, delivery)
    assert (await shop.correct("r1", MINJI, mobile_phone="010-7777-8888")).places == {
        "mobile_phone": 2
    }
    now = await shop.one("deliveries", 1101)
    assert isinstance(now["receiver"]["phone"], bytes)
    assert now["receiver"]["phone"] != delivery["receiver"]["phone"]
    assert now["receiver"]["name"] == "김민지"


async def test_a_sealed_field_is_hidden_while_restricted(shop: Company) -> None:
    await shop.restrict("r1", MINJI, "mobile_phone", "home_phone")
    minji, jiho, _ = await shop.usable("members")
    assert minji["phones"].keys() <= {"mobile_index"}
    assert jiho["phones"].keys() == {"home", "mobile", "mobile_index"}
