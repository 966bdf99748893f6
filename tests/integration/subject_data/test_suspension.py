"""A suspension stands in the company's database until it is lifted, whatever else happens."""

from __future__ import annotations

import pytest

from schemas.datamap import DataMap
from tests.integration.subject_data.company import (
    JIHO,
    MINJI,
    NEW,
    OLD,
    Company,
    NewCompany,
)
from tests.integration.subject_data.erasing import Eraser, dated
from workers.ports import Correct, RecordEffect, Release, Resume, SubjectResult, Suspend

FIELDS = ("home_address", "hobbies")


async def do(company: Company, effect: RecordEffect) -> SubjectResult:
    (result,) = await company.data.apply([effect])
    return result


async def suspend(company: Company, request: str, *fields: str) -> SubjectResult:
    await company.restrict(request, MINJI, *fields)
    return await do(company, Suspend(request, MINJI, fields))


async def profile(company: Company) -> dict[str, object]:
    """What downstream systems see of her."""
    return dict((await company.usable("members"))[0]["profile"])


async def test_it_hides_the_fields_until_it_is_lifted(shop: Company) -> None:
    assert await suspend(shop, "r1", *FIELDS) == SubjectResult("done", seq=1)
    assert (await profile(shop)).keys() == {"address", "gender", "theme"}
    assert (await profile(shop))["address"] == {"geo": [37.5, 127.0]}
    result = await do(shop, Resume("r1", MINJI))
    assert (result.outcome, result.seq) == ("done", 2)
    assert (await profile(shop))["hobbies"] == ["등산", "독서"]
    (control,) = [control async for control in shop.data.controls()]
    assert control.restricting == frozenset()


async def test_each_is_done_once_however_often_it_is_asked(shop: Company) -> None:
    await suspend(shop, "r1", *FIELDS)
    assert (await do(shop, Suspend("r1", MINJI, FIELDS))).outcome == "already"
    assert (await do(shop, Release("r1", MINJI))).outcome == "lost"
    await do(shop, Resume("r1", MINJI))
    again = await do(shop, Resume("r1", MINJI))
    assert (again.outcome, again.seq) == ("already", 2)
    assert (await do(shop, Suspend("r1", MINJI, FIELDS))).outcome == "lost"
    assert "hobbies" in await profile(shop)


async def test_what_was_taken_back_first_is_not_suspended(shop: Company) -> None:
    await shop.restrict("r1", MINJI, *FIELDS)
    await shop.release("r1", MINJI)
    assert (await do(shop, Suspend("r1", MINJI, FIELDS))).outcome == "lost"
    assert (await do(shop, Resume("r1", MINJI))).outcome == "lost"
    assert (await do(shop, Resume("r9", JIHO))).outcome == "gone"
    assert "hobbies" in await profile(shop)


async def test_a_field_of_two_requests_is_seen_when_the_last_is_lifted(shop: Company) -> None:
    await suspend(shop, "r1", *FIELDS)
    await suspend(shop, "r2", "hobbies")
    await do(shop, Resume("r1", MINJI))
    seen = await profile(shop)
    assert seen["address"] == {**OLD, "geo": [37.5, 127.0]}
    assert "hobbies" not in seen
    await do(shop, Resume("r2", MINJI))
    assert "hobbies" in await profile(shop)


async def test_a_correction_meanwhile_is_written_and_stays_hidden(shop: Company) -> None:
    await suspend(shop, "r1", "home_address")
    await shop.restrict("r2", MINJI, "home_address")
    assert (await do(shop, Correct("r2", MINJI, {"home_address": NEW}))).outcome == "done"
    member = await shop.one("members", 1)
    assert member["profile"]["address"]["postcode"] == "06236"
    assert (await profile(shop))["address"] == {"geo": [37.5, 127.0]}
    await do(shop, Resume("r1", MINJI))
    seen = (await profile(shop))["address"]
    assert seen == member["profile"]["address"]


async def test_it_follows_a_value_that_ties_documents(shop: Company) -> None:
    await suspend(shop, "r1", "login_id")
    await shop.correct("r2", MINJI, login_id="kim.minji")
    posts = await shop.usable("posts")
    assert ["author_login" in post for post in posts] == [False, True]
    await do(shop, Resume("r1", MINJI))
    assert (await shop.usable("posts"))[0]["author_login"] == "kim.minji"


async def test_nobody_is_told_a_value_that_is_suspended(shop: Company) -> None:
    await suspend(shop, "r1", "home_address", "login_id")
    other = await shop.data.current(MINJI, ("name", "home_address"), "r2")
    assert other.values == {"name": "김민지"}
    assert other.withheld == {"home_address"}
    # Who a notice is about is no disclosure: the recipient knows the person by it.
    assert other.key_for("dain-marketing") == "minji90"
    assert (await shop.data.current(MINJI, ("home_address",), "r1")).withheld == frozenset()


async def test_a_deletion_of_a_field_ends_its_suspension_and_forgets_what_tied_it(
    shop: Company,
) -> None:
    await suspend(shop, "r1", "hobbies")
    await suspend(shop, "r2", "hobbies", "login_id")
    await shop.restrict("r3", MINJI, "hobbies")
    assert (await Eraser(shop).to_the_end("r3", MINJI, "hobbies")).outcome == "done"
    (control,) = [control async for control in shop.data.controls()]
    assert control.restricting == {"r2"}
    assert {slot.request: slot.kind for slot in control.slots} == {
        "r1": "lapsed",
        "r2": "suspend",
        "r3": "erase",
    }
    assert (await do(shop, Resume("r1", MINJI))).outcome == "lost"
    assert (await do(shop, Resume("r2", MINJI))).outcome == "done"


@pytest.mark.parametrize("fields", [(), ("login_id",)])
async def test_a_deletion_leaves_nothing_that_a_suspension_kept(
    new_company: NewCompany, shop_map: DataMap, fields: tuple[str, ...]
) -> None:
    shop = new_company(shop_map)
    await shop.fill(dated())
    await shop.data.init()
    await suspend(shop, "r1", "login_id")
    await shop.restrict("r2", MINJI, *(fields or tuple(shop.datamap.subjects["member"].fields)))
    assert (await Eraser(shop).to_the_end("r2", MINJI, *fields)).outcome == "done"
    for control in await shop.db["dsr_subjects"].find().to_list(None):
        assert "minji90" not in str(control)
    assert (await do(shop, Resume("r1", MINJI))).outcome in {"gone", "lost"}
