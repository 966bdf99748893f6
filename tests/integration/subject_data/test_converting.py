"""`dsr seal`: a plain field of a live database becomes a sealed one, and goes back."""

from __future__ import annotations

import bson
import pytest

from schemas.errors import DataMapError
from tests.integration.subject_data.company import (
    JIHO,
    MINJI,
    NEW,
    NEW_LINE,
    OLD,
    Company,
    NewCompany,
)
from tests.integration.subject_data.sealable import (
    a_map,
    all_bytes,
    converted,
    filled,
    found_by,
)


@pytest.fixture
async def old(new_company: NewCompany) -> Company:
    """The shop before the change: everything plain, with the indexes of such a map."""
    company = new_company(a_map(sealed=False))
    await company.fill(filled())
    await company.data.init(company_indexes=True)
    return company


@pytest.fixture
async def shop(old: Company) -> Company:
    """The same, its map changed, and nothing else."""
    old.use(a_map(sealed=True))
    await old.data.init(company_indexes=True)
    return old


async def test_every_place_is_sealed_and_the_person_is_found_before_and_after(
    shop: Company,
) -> None:
    before = await shop.everything()
    assert await found_by(shop, phone="+82 10 1234 5678") == "1"
    done = await converted(shop, "mobile_phone")
    assert {name: one.converted for name, one in done.items()} == {
        "members": 3, "deliveries": 1, "rooms": 2, "clubs": 2, "orders": 1,
    }  # fmt: skip
    assert not any(one.left or one.skipped for one in done.values())
    stored = await all_bytes(shop)
    assert all(plain not in stored for plain in (b"1234-5678", b"12345678", b"0000-1111"))
    await shop.db["members"].drop_index("dsr_phones.mobile")
    shop.use(shop.datamap)
    assert await found_by(shop, phone="+82 10 1234 5678") == "1"
    assert (await shop.data.current(MINJI, ("mobile_phone",))).values == {
        "mobile_phone": "010-1234-5678"
    }
    again = await converted(shop, "mobile_phone")
    assert {name: (one.converted, one.already) for name, one in again.items()} == {
        "members": (0, 3), "deliveries": (0, 1), "rooms": (0, 2), "clubs": (0, 2), "orders": (0, 1),
    }  # fmt: skip
    back = await converted(shop, "mobile_phone", undo=True)
    assert not any(one.left for one in back.values())
    assert await shop.everything() == before


async def test_a_correction_beside_it_is_kept_and_undone_with_the_rest(shop: Company) -> None:
    await shop.correct("r1", JIHO, mobile_phone="010-7777-1111")
    await converted(shop, "mobile_phone")
    result = await shop.correct("r2", MINJI, mobile_phone="010-7777-8888")
    assert result.places == {"mobile_phone": 4}
    assert await found_by(shop, phone="010-7777-8888") == "1"
    assert b"7777" not in await all_bytes(shop)
    done = await converted(shop, "mobile_phone", undo=True)
    assert done["members"].converted == 3
    minji, jiho = await shop.one("members", 1), await shop.one("members", 2)
    assert minji["phones"] == {"home": "02-123-4567", "mobile": "010-7777-8888"}
    assert jiho["phones"]["mobile"] == "010-7777-1111"
    assert await found_by(shop, phone="010-7777-8888") == "1"
    shop.use(a_map(sealed=False))
    assert await found_by(shop, phone="010-7777-8888") == "1"
    assert (await shop.correct("r3", MINJI, mobile_phone="010-5555-5555")).outcome == "done"


async def test_a_date_keeps_its_type_and_its_finder(shop: Company) -> None:
    before = await shop.bytes_of("members")
    await converted(shop, "birth_date")
    assert isinstance((await shop.one("members", 1))["birth_date"], bytes)
    assert await found_by(shop, login_id="minji90", birth_date="1990-03-02") == "1"
    assert await found_by(shop, login_id="minji90", birth_date="1990-03-01") is None
    await converted(shop, "birth_date", undo=True)
    assert await shop.bytes_of("members") == before


async def test_an_object_is_sealed_part_by_part_and_its_text_as_a_whole(shop: Company) -> None:
    before = await shop.everything()
    done = await converted(shop, "home_address")
    assert not any(one.left or one.skipped for one in done.values())
    assert "세종대로".encode() not in await all_bytes(shop)
    address = (await shop.one("members", 1))["profile"]["address"]
    assert address["geo"] == [37.5, 127.0]
    assert {name for name, part in address.items() if isinstance(part, bytes)} == set(OLD)
    assert (await shop.data.current(MINJI, ("home_address",))).values == {"home_address": OLD}
    await converted(shop, "home_address", undo=True)
    assert await shop.everything() == before
    await converted(shop, "home_address")
    assert (await shop.correct("r1", MINJI, home_address=NEW)).outcome == "done"
    await converted(shop, "home_address", undo=True)
    assert (await shop.one("deliveries", 1101))["label"] == NEW_LINE
    assert (await shop.one("delivery_plans", "plan-1"))["to"]["line1"] == NEW["road"]


async def test_people_are_found_while_half_of_them_are_sealed(
    shop: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.adapters.subject_data.converting.PEOPLE", 1)

    class Stopped(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        await shop.data.convert("mobile_phone", tell=stop)
    forms = [type(d["phones"]["mobile"]) async for d in shop.db["members"].find().sort("_id", 1)]
    assert forms == [bytes, bytes, str]
    phones = ("010-1234-5678", "010-2222-3333", "010-9999-0000")
    assert [await found_by(shop, phone=phone) for phone in phones] == ["1", "2", "3"]
    assert await found_by(shop, email="other@mail.example", phone=phones[2]) == "3"
    done = await converted(shop, "mobile_phone")
    assert (done["members"].converted, done["members"].already, done["members"].left) == (1, 2, 0)
    assert [await found_by(shop, phone=phone) for phone in phones] == ["1", "2", "3"]


async def test_a_dry_run_changes_nothing_and_counts_the_same(shop: Company) -> None:
    before = await shop.everything()
    keys = shop.db.client[f"{shop.db.name}_keys"]["keys"]
    await keys.delete_many({})
    told = await converted(shop, "mobile_phone", dry_run=True)
    assert await shop.everything() == before
    assert await keys.count_documents({}) == 0
    done = await converted(shop, "mobile_phone")
    assert {n: one.converted for n, one in told.items()} == {
        n: one.converted for n, one in done.items()
    }
    assert not any(one.skipped for one in told.values())


async def test_who_is_restricted_waits_and_who_is_unknown_is_told(shop: Company) -> None:
    await shop.restrict("r1", MINJI, "mobile_phone")
    await shop.db["dsr_subjects"].insert_one(
        {"_id": {"t": "member", "k": 2}, "rev": 1, "seq": 0, "deletion": {"request": "r9"}}
    )
    await shop.db["deliveries"].insert_one(
        {"_id": 9, "order_id": 404, "receiver": {"phone": "010-4040-4040"}}
    )
    done = await converted(shop, "mobile_phone")
    assert done["members"].skipped == {"restricted": 1, "deleting": 1}
    assert done["deliveries"].skipped == {"restricted": 1, "unreached": 1}
    assert (done["members"].left, done["deliveries"].left) == (2, 2)
    assert (await shop.one("members", 1))["phones"]["mobile"] == "010-1234-5678"
    await shop.release("r1", MINJI)
    assert (await converted(shop, "mobile_phone"))["members"].converted == 1


async def test_what_no_rule_fits_is_sealed_too_or_named(shop: Company) -> None:
    members = shop.db["members"]
    await members.update_one({"_id": 1}, {"$set": {"phones.mobile": "ask at the desk"}})
    await members.update_one({"_id": 2}, {"$set": {"phones.mobile": bson.Int64(821022223333)}})
    await members.update_one({"_id": 3}, {"$set": {"phones.mobile": None}})
    await members.insert_one({**filled()["members"][0], "_id": 4, "email": "four@mail.example"})
    await members.update_one(
        {"_id": 4}, {"$set": {"phones.mobile": bson.datetime_ms.DatetimeMS(2**60)}}
    )
    done = (await converted(shop, "mobile_phone"))["members"]
    assert (done.converted, done.unfound, done.left) == (2, 1, 1)
    assert done.skipped == {"not_kept": 1}
    await converted(shop, "mobile_phone", undo=True)
    assert (await shop.one("members", 1))["phones"]["mobile"] == "ask at the desk"
    number = (await shop.one("members", 2))["phones"]["mobile"]
    assert (type(number), number) == (bson.Int64, 821022223333)


async def test_bytes_that_do_not_open_and_a_rule_of_the_database_are_named(shop: Company) -> None:
    await converted(shop, "home_phone")
    minji = await shop.one("members", 1)
    await shop.db["members"].update_one(
        {"_id": 2}, {"$set": {"phones.home": minji["phones"]["home"]}}
    )
    done = (await converted(shop, "home_phone", undo=True))["members"]
    assert (done.converted, done.left, done.skipped) == (2, 1, {"not_ours": 1})
    await shop.db["members"].update_one({"_id": 2}, {"$set": {"phones.home": "02-123-4567"}})
    await converted(shop, "home_phone")
    await shop.db.client[f"{shop.db.name}_keys"]["keys"].delete_one(
        {"_id": f"subject:member:{shop.tokens.pseudonym('member', '1')}"}
    )
    done = (await converted(shop, "home_phone", undo=True))["members"]
    assert (done.converted, done.left, done.skipped) == (2, 1, {"no_key": 1})
    await shop.db["members"].update_one({"_id": 1}, {"$set": {"phones.home": "02-123-4567"}})
    rule = {
        "$jsonSchema": {"properties": {"phones": {"properties": {"home": {"bsonType": "string"}}}}}
    }
    await shop.db.command("collMod", "members", validator=rule)
    done = (await converted(shop, "home_phone"))["members"]
    assert (done.converted, done.left, done.skipped) == (0, 3, {"refused": 3})


async def test_only_what_the_map_has_sealed_is_converted(old: Company) -> None:
    before = await old.everything()
    for field in ("mobile_phone", "shoe_size"):
        with pytest.raises(DataMapError):
            await old.data.convert(field)
        with pytest.raises(DataMapError):
            await old.data.convert(field, undo=True)
    assert await old.everything() == before
