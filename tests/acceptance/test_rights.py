"""Restriction and objection, seen from outside: by plain reads, by mail, and at the recipients."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from tests.town import Town
from tests.town.checks import assert_company, assert_stores, typed
from tests.town.company import Expected, label, new_address
from tests.town.rights import done, lift_link, pages, take_back, wish

MINJI = 1


async def seen(town: Town) -> dict[str, Any]:
    """What downstream systems see of her address and hobbies, copies included."""
    (order, *_) = [o["_id"] async for o in town.company["orders"].find({"member_id": MINJI})]
    member = await town.company["members_usable"].find_one({"_id": MINJI})
    delivery = await town.company["deliveries_usable"].find_one({"order_id": order})
    zone = await town.company["delivery_zones_usable"].find_one({"member_id": MINJI})
    return {
        "hobbies": member["profile"].get("hobbies"),
        "address": member["profile"].get("address") or None,
        "label": delivery.get("label"),
        "postcode": zone.get("postcode"),
    }


async def planned(town: Town, tracking: str) -> dict[str, Any]:
    """What `dsr plan` says."""
    code, printed, said = await town.dsr("plan", tracking, "--json")
    assert code == 0, said
    return dict(json.loads(printed))


async def test_restricted_fields_stay_hidden_after_completion_until_the_link_lifts_it(
    town: Town,
) -> None:
    minji = wish(town, MINJI, "restriction", "home_address", "hobbies")
    before, others = await seen(town), await town.company["members_usable"].find_one({"_id": 2})
    await town.work()
    await town.submit(minji)
    await town.until(lambda: bool(town.spool.of(minji.id, "challenge-1")), "a challenge")
    plan = await planned(town, town.spool.of(minji.id, "challenge-1")[0].tracking)
    assert plan["action"] == "suspended"
    assert plan["recipients"]["hanbit-delivery"] == ["home_address"]
    await town.prove(minji)
    assert set((await seen(town)).values()) == {None}
    await town.until_completed([minji])
    assert set((await seen(town)).values()) == {None}
    assert await town.company["members_usable"].find_one({"_id": 2}) == others
    (told,) = town.recipients["hanbit-delivery"].calls
    assert (told.body["type"], told.body["fields"]) == ("restriction", ["address"])
    (told,) = town.recipients["dain-marketing"].calls
    assert set(told.body["fields"]) == {"postal_address", "interests"}
    await assert_stores(town)

    async with pages(town) as browser:
        link = lift_link(town, minji)
        assert (await browser.get(link)).status_code == 200
        assert set((await seen(town)).values()) == {None}
        assert (await browser.post(link)).status_code == 200
    assert await seen(town) == before
    await town.until(lambda: bool(town.spool.of(minji.id, "lifted")), "the confirmation")
    assert town.spool.of(minji.id, "lifted")[0].to == (minji.contact,)
    await town.until(lambda: len(town.recipients["dain-marketing"].calls) == 2, "the second notice")
    first, second = town.recipients["dain-marketing"].calls
    assert second.body["type"] == "restriction_lifted"
    assert second.body["fields"]["interests"] == before["hobbies"]
    assert second.body["sequence"] > first.body["sequence"]
    await assert_stores(town)
    assert_company(await town.snapshot(), Expected(deepcopy(town.before)))


async def test_each_restriction_stands_for_itself_whatever_happens_meanwhile(town: Town) -> None:
    both = wish(town, MINJI, "restriction", "home_address", "hobbies")
    hobbies = wish(town, MINJI, "restriction", "hobbies")
    await town.work()
    await done(town, both)
    await done(town, hobbies)
    # Corrected meanwhile: the value stands, but nobody uses it, and no recipient gets it.
    new = new_address(7)
    correction = town.correction(MINJI, home_address=new)
    await done(town, correction)
    member = await town.company["members"].find_one({"_id": MINJI})
    assert member["profile"]["address"] == new
    assert set((await seen(town)).values()) == {None}
    told = town.recipients["hanbit-delivery"].calls[-1].body
    assert (told["type"], told["fields"], told["withheld"]) == ("correction", {}, ["address"])

    await take_back(town, both)
    await town.until(lambda: bool(town.spool.of(both.id, "lifted")), "the confirmation")
    usable = await seen(town)
    assert usable["hobbies"] is None
    assert (usable["address"], usable["label"]) == (new, label(new))
    carrier = town.recipients["hanbit-delivery"].calls
    await town.until(lambda: carrier[-1].body["type"] == "restriction_lifted", "the notice")
    assert carrier[-1].body["fields"] == {"address": new}
    marketing = town.recipients["dain-marketing"].calls
    await town.until(lambda: marketing[-1].body["type"] == "restriction_lifted", "the notice")
    assert marketing[-1].body["fields"] == {"postal_address": new}
    assert marketing[-1].body["withheld"] == ["interests"]
    code, _, said = await town.dsr("audit", "verify")
    assert code == 0, said


async def test_a_deletion_supersedes_a_restriction_of_everything(town: Town) -> None:
    everything = wish(town, 2, "restriction")
    await town.work()
    await done(town, everything)
    member = await town.company["members_usable"].find_one({"_id": 2})
    assert "name" not in member
    deletion = town.deletion(2)
    await done(town, deletion)
    assert await town.company["dsr_subjects"].count_documents({}) == 0
    types = [call.body["type"] for call in town.recipients["dain-marketing"].calls]
    assert types == ["restriction", "deletion"]
    async with pages(town) as browser:
        assert (await browser.post(lift_link(town, everything))).status_code == 200
    assert (await town.request(everything)).get("lifting") is None
    await assert_stores(town)


async def test_an_objection_withdraws_the_consent_in_every_copy_and_nothing_else(
    town: Town,
) -> None:
    minji = wish(town, MINJI, "objection", "marketing", "cookies")
    await town.company["newsletter"].update_one(
        {"member_id": MINJI}, {"$set": {"active": True, "email": minji.contact}}, upsert=True
    )
    town.before = await town.snapshot()
    await town.work()
    await town.submit(minji)
    await town.until(lambda: bool(town.spool.of(minji.id, "challenge-1")), "a challenge")
    (challenge,) = town.spool.of(minji.id, "challenge-1")
    plan = await planned(town, challenge.tracking)
    assert {place["collection"] for place in plan["places"]} == {
        *("members", "newsletter", "usage_records"),
    }
    assert plan["recipients"] == {"dain-marketing": ["marketing"]}
    await town.prove(minji)
    await town.until_completed([minji])

    after = await town.snapshot()
    stamp = after["members"][0]["consents"]["marketing"]["at"]
    assert stamp == after["members"][0]["consents"]["cookies"]["at"]
    expected = deepcopy(town.before)
    consents = expected["members"][0]["consents"]
    consents["marketing"] = {"agreed": False, "at": stamp}
    consents["cookies"] = {"agreed": False, "at": stamp}
    for row in expected["newsletter"]:
        if row["member_id"] == MINJI:
            row["active"] = False
    for row in expected["usage_records"]:
        if row["member_id"] == MINJI:
            del row["cookie"]
    assert_company(after, Expected(expected))
    assert typed(consents["profiling"]) == typed(town.before["members"][0]["consents"]["profiling"])

    (told,) = town.recipients["dain-marketing"].calls
    assert told.body["type"] == "objection"
    assert told.body["purposes"] == ["marketing"]
    assert told.body["subject"] == {"key": "minji.kim"}
    assert not town.recipients["hanbit-delivery"].calls
    await town.until(lambda: bool(town.spool.of(minji.id, "completion")), "the mail")
    (mail,) = town.spool.of(minji.id, "completion")
    assert "마케팅 및 광고: 동의를 철회했습니다" in mail.text
    assert "쿠키 식별자: 동의를 철회했습니다" in mail.text
    assert await town.company["members_usable"].find_one({"_id": MINJI}) == after["members"][0]
    await assert_stores(town)
