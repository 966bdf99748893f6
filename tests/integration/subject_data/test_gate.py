"""What may go to third parties, and the record that it did."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from schemas.disclosure import DisclosureWish, Permission
from tests.integration.subject_data.company import MINJI, Company

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LAW = {"kind": "law", "reference": "Act art. 17"}
MARKETING = {"kind": "consent", "reference": "marketing"}


def wish(**other: Any) -> DisclosureWish:
    content = {
        "schema": "dsr.disclosure/1",
        "id": str(uuid4()),
        "subject": {"type": "member", "key": "1"},
        "recipient": "hanbit-delivery",
        "fields": ["home_address", "name"],
        "basis": LAW,
        **other,
    }
    return DisclosureWish.model_validate(content, strict=False)


def why(answer: Permission) -> list[tuple[str, str | None]]:
    return [(one.reason, one.field) for one in answer.hindrances]


async def ledger(shop: Company) -> list[dict[str, Any]]:
    return [row async for row in shop.db["disclosures"].find({"basis": {"$exists": True}})]


async def test_what_goes_is_in_the_ledger_and_its_recipient_is_told_later(shop: Company) -> None:
    asked = wish()
    assert await shop.data.may_disclose(asked, NOW) == Permission(recorded=NOW)
    assert await ledger(shop) == [
        {
            "_id": asked.id,
            "member_id": 1,
            "recipient": "hanbit-delivery",
            "items": ["home_address", "name"],
            "at": NOW,
            "basis": "law",
            "reference": "Act art. 17",
        }
    ]
    told = await shop.data.recipients(MINJI, ("home_address",))
    assert told["hanbit-delivery"] == ("home_address",)


async def test_a_question_records_nothing(shop: Company) -> None:
    assert (await shop.data.may_disclose(wish(record=False), NOW)).allowed
    assert await ledger(shop) == []


async def test_the_same_id_again_is_one_entry_and_with_other_content_refused(
    shop: Company,
) -> None:
    asked = wish()
    first = await shop.data.may_disclose(asked, NOW)
    assert await shop.data.may_disclose(asked, LATER) == first
    other = wish(id=asked.id, fields=["name"])
    assert why(await shop.data.may_disclose(other, LATER)) == [("id_used_otherwise", None)]
    assert len(await ledger(shop)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"recipient": "nobody"}, ("unknown_recipient", None)),
        ({"fields": ["hobbies"]}, ("not_for_recipient", "hobbies")),
        ({"subject": {"type": "member", "key": "999"}}, ("unknown_person", None)),
        ({"subject": {"type": "member", "key": "01"}}, ("unknown_person", None)),
        ({"basis": {"kind": "consent", "reference": "nothing"}}, ("unknown_purpose", None)),
        ({"basis": MARKETING}, ("not_for_purpose", None)),
    ],
)
async def test_what_the_map_or_the_record_does_not_allow(
    shop: Company, change: dict[str, Any], reason: tuple[str, str | None]
) -> None:
    assert why(await shop.data.may_disclose(wish(**change), NOW)) == [reason]
    assert await ledger(shop) == []


@pytest.mark.parametrize("agreed", [True, False, None])
async def test_a_consent_must_stand(shop: Company, agreed: bool | None) -> None:
    if agreed is not None:
        change = {"$set": {"consents.marketing.agreed": agreed}}
        await shop.db["members"].update_one({"_id": 1}, change)
    asked = wish(recipient="dain-marketing", fields=["hobbies"], basis=MARKETING)
    expected = [] if agreed else [("no_consent", None)]
    assert why(await shop.data.may_disclose(asked, NOW)) == expected


async def test_a_consent_that_was_withdrawn_elsewhere_is_none(shop: Company) -> None:
    await shop.db["members"].update_one({"_id": 1}, {"$set": {"consents.marketing.agreed": True}})
    await shop.db["newsletter"].insert_one({"_id": "n", "member_id": 1, "active": False})
    asked = wish(recipient="dain-marketing", fields=["hobbies"], basis=MARKETING)
    assert why(await shop.data.may_disclose(asked, NOW)) == [("no_consent", None)]


async def test_a_restricted_field_does_not_go(shop: Company) -> None:
    await shop.restrict("r1", MINJI, "home_address")
    assert why(await shop.data.may_disclose(wish(), NOW)) == [("restricted", "home_address")]
    assert (await shop.data.may_disclose(wish(fields=["name"]), NOW)).allowed


async def test_a_restriction_at_the_same_moment_is_before_it_or_after_it(shop: Company) -> None:
    for number in range(8):
        asked = wish()
        answer, restricted = await asyncio.gather(
            shop.data.may_disclose(asked, NOW), shop.restrict(f"r{number}", MINJI, "home_address")
        )
        assert restricted.outcome == "done"
        there = await shop.db["disclosures"].find_one({"_id": asked.id})
        assert answer.allowed is (there is not None)
        await shop.db["dsr_subjects"].delete_many({})


async def test_many_at_once_are_each_recorded_once(shop: Company) -> None:
    asked = [wish() for _ in range(6)]
    answers = await asyncio.gather(*(shop.data.may_disclose(one, NOW) for one in (*asked, *asked)))
    assert all(answer.allowed for answer in answers)
    assert len(await ledger(shop)) == len(asked)


async def test_an_import_records_what_was_and_loses_no_row(shop: Company) -> None:
    rows = [
        wish(at=NOW),
        wish(recipient="nobody"),
        wish(subject={"type": "member", "key": "999"}),
        wish(fields=["hobbies"]),
        wish(fields=["nothing_known"]),
    ]
    expected = ["imported", "unknown_recipient", "unknown_person", "imported", "unknown_field"]
    assert await shop.data.import_disclosures(rows, NOW) == expected
    again = ["already", *expected[1:3], "already", expected[4]]
    assert await shop.data.import_disclosures(rows, NOW) == again
    assert len(await ledger(shop)) == 2
