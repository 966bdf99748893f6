"""A withdrawn consent stands in every copy, in the type that stood there, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bson import Int64

from schemas.datamap import DataMap
from schemas.request import SubjectRef
from tests.integration.subject_data.company import JIHO, MINJI, Company
from workers.ports import SubjectResult, WithdrawConsent

GIVEN = datetime(2024, 2, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 30, 0, 123000, tzinfo=UTC)


def consents() -> dict[str, Any]:
    return {
        "marketing": {"agreed": True, "at": GIVEN, "by": "web"},
        "profiling": {"agreed": "Y", "at": GIVEN.isoformat()},
        "cookies": {"agreed": True},
    }


async def agree(shop: Company) -> None:
    """Minji and Jiho agreed to everything; what applications wrote of it differs in type."""
    for number in (1, 2):
        await shop.db["members"].update_one({"_id": number}, {"$set": {"consents": consents()}})
        await shop.db["segments"].insert_many([
            {"_id": f"{number}-{one}", "member_id": number, "consented": value, "changed_at": GIVEN}
            for one, value in (("a", Int64(1)), ("b", 1), ("c", 0))
        ])  # fmt: skip
        await shop.db["usage_records"].insert_many([
            {"_id": f"{number}-{turn}", "member_id": number, "cookie": f"{number:08x}{turn}"}
            for turn in range(3)
        ])  # fmt: skip
        newsletter = {"member_id": number, "email": "a@b.example"}
        await shop.db["newsletter"].insert_one({"_id": f"n{number}", "active": True, **newsletter})
        await shop.db["newsletter"].insert_one({"_id": f"m{number}", **newsletter})


async def withdraw(
    company: Company, request: str, *purposes: str, subject: SubjectRef = MINJI
) -> SubjectResult:
    (result,) = await company.data.apply([WithdrawConsent(request, subject, purposes, NOW)])
    return result


async def test_marketing_is_withdrawn_in_every_copy_and_nothing_else_changes(
    shop: Company,
) -> None:
    await agree(shop)
    before = await shop.everything()
    result = await withdraw(shop, "r1", "marketing")
    assert result == SubjectResult("done", seq=1, places={"marketing": 2})
    after = await shop.everything()
    changed = {
        (name, id_)
        for name, documents in before.items()
        for id_, document in documents.items()
        if document != after[name][id_]
    }
    assert changed == {("members", "1"), ("newsletter", "n1")}
    assert (await shop.one("members", 1))["consents"] == {
        **consents(),
        "marketing": {"agreed": False, "at": NOW, "by": "web"},
    }
    assert (await shop.one("newsletter", "n1"))["active"] is False
    assert "active" not in await shop.one("newsletter", "m1")


async def test_each_copy_keeps_its_type_also_that_of_the_time(shop: Company) -> None:
    await agree(shop)
    assert (await withdraw(shop, "r1", "profiling")).places == {"profiling": 3}
    member = await shop.one("members", 1)
    assert member["consents"]["profiling"] == {"agreed": "N", "at": NOW.isoformat()}
    long, short = await shop.one("segments", "1-a"), await shop.one("segments", "1-b")
    assert (type(long["consented"]), long["consented"]) == (Int64, 0)
    assert (type(short["consented"]), short["consented"]) == (int, 0)
    assert long["changed_at"] == NOW
    # Withdrawn before: neither the value nor its time is touched.
    assert (await shop.one("segments", "1-c"))["changed_at"] == GIVEN


async def test_cookie_identifiers_go_and_other_peoples_stay(shop: Company) -> None:
    await agree(shop)
    assert (await withdraw(shop, "r1", "cookies")).places == {"cookies": 4}
    records = await shop.db["usage_records"].find().sort("_id", 1).to_list(None)
    assert ["cookie" in record for record in records] == [False] * 3 + [True] * 3
    assert (await shop.one("members", 1))["consents"]["cookies"]["agreed"] is False


async def test_an_identifier_is_made_anonymous_where_the_map_says_so(
    shop: Company, shop_map: DataMap
) -> None:
    await agree(shop)
    content = shop_map.model_dump(by_alias=True)
    rule = {"action": "anonymise", "value": "gone-{unique}"}
    content["subjects"]["member"]["fields"]["cookies"]["on_delete"] = rule
    shop.use(DataMap.model_validate(content))
    await withdraw(shop, "r1", "cookies")
    cookies = [r["cookie"] async for r in shop.db["usage_records"].find({"member_id": 1})]
    assert len(set(cookies)) == 3
    assert all(cookie.startswith("gone-") for cookie in cookies)


async def test_where_nothing_was_said_the_withdrawal_is_written_at_home(shop: Company) -> None:
    assert (await withdraw(shop, "r1", "marketing")).places == {"marketing": 1}
    member = await shop.one("members", 1)
    assert member["consents"] == {"marketing": {"agreed": False, "at": NOW}}


async def test_what_was_withdrawn_before_is_not_written_again(shop: Company) -> None:
    await agree(shop)
    await withdraw(shop, "r1", "marketing", "cookies")
    before = await shop.everything()
    again = await withdraw(shop, "r1", "marketing", "cookies")
    assert again == SubjectResult("already", seq=1, places={"marketing": 2, "cookies": 4})
    assert (await withdraw(shop, "r2", "marketing")).places == {"marketing": 0}
    assert await shop.everything() == before


async def test_two_people_at_once_in_one_transaction(shop: Company) -> None:
    await agree(shop)
    effects = [
        WithdrawConsent("r1", MINJI, ("marketing",), NOW),
        WithdrawConsent("r2", JIHO, ("profiling",), NOW),
    ]
    results = await shop.data.apply(effects)
    assert [result.outcome for result in results] == ["done", "done"]
    assert (await shop.one("members", 2))["consents"]["marketing"]["agreed"] is True
    assert (await shop.one("members", 2))["consents"]["profiling"]["agreed"] == "N"


async def test_a_thousand_traces_go_in_parts(shop: Company) -> None:
    await agree(shop)
    await shop.db["usage_records"].insert_many(
        [{"_id": f"x{n:04}", "member_id": 1, "cookie": f"c{n}"} for n in range(450)]
    )
    result, parts = await withdraw(shop, "r1", "cookies"), 1
    while result.outcome == "more":
        result, parts = await withdraw(shop, "r1", "cookies"), parts + 1
    assert (result.outcome, parts) == ("done", 3)
    assert result.places == {"cookies": 454}
    left = await shop.db["usage_records"].count_documents({"cookie": {"$exists": True}})
    assert left == 3


async def test_a_type_that_cannot_hold_it_refuses_and_changes_nothing(shop: Company) -> None:
    await agree(shop)
    await shop.db["newsletter"].update_one({"_id": "n1"}, {"$set": {"active": {"mail": 1}}})
    before = await shop.everything()
    assert (await withdraw(shop, "r1", "marketing")).outcome == "refused"
    assert await shop.everything() == before


async def test_the_check_of_the_map_knows_a_consent_that_could_not_be_withdrawn(
    shop: Company,
) -> None:
    await agree(shop)
    assert not [f for f in await shop.data.survey() if "purposes" in f.where]
    await shop.db["segments"].update_many({"member_id": 1}, {"$set": {"consented": [1]}})
    await shop.db.command({"collMod": "newsletter", "validator": {"active": {"$ne": False}}})
    found = {f.where: f.fatal for f in await shop.data.survey() if "purposes" in f.where}
    assert found == {
        "member.purposes.marketing (code 121)": True,
        "member.purposes.profiling (code 0)": True,
    }
    assert (await shop.one("members", 1))["consents"] == consents()


async def test_a_purpose_or_person_that_is_not_there_is_said(shop: Company) -> None:
    assert (await withdraw(shop, "r1", "selling")).outcome == "refused"
    nobody = SubjectRef(type="member", key="99")
    assert (await withdraw(shop, "r1", "marketing", subject=nobody)).outcome == "gone"


async def test_the_dry_run_names_each_place_and_who_would_be_told(shop: Company) -> None:
    await agree(shop)
    await shop.db["disclosures"].insert_one(
        {"member_id": 1, "recipient": "dain-marketing", "items": ["email"], "at": GIVEN}
    )
    plan = await shop.data.plan_objection(MINJI, ("marketing",))
    assert {(place.collection, place.path) for place in plan.places} == {
        ("members", "consents.marketing.agreed"),
        ("newsletter", "active"),
    }
    assert {place.field for place in plan.places} == {"marketing"}
    assert plan.recipients == {"dain-marketing": ("marketing",)}
    assert {place.field for place in (await shop.data.plan_objection(MINJI, ())).places} == {
        *("marketing", "profiling", "cookies"),
    }
