"""One correction, seen from outside: by plain reads of MongoDB, by mail, and at the recipients."""

from __future__ import annotations

from tests.town import Town
from tests.town.checks import assert_all_invariants
from tests.town.company import MINJI, label, new_address

OLD = MINJI.values["profile.address"]
NEW = {"postcode": "04524", "road": "서울특별시 중구 세종대로 110", "detail": "7층 702호"}
NOT_CORRECTION = ("registration", "verification", "propagation", "completion", "mailing", "upkeep")


async def test_a_corrected_address_stands_in_every_copy_and_nothing_else_has_changed(
    town: Town,
) -> None:
    minji = town.correction(1, home_address=NEW)
    await town.work_afresh()
    (tracking,) = await town.submit(minji)
    assert await town.prove(minji) == {"accepted": True}
    await town.until_completed([minji])

    member = await town.company["members"].find_one({"_id": 1})
    assert member["profile"]["address"] == NEW
    orders = [order["_id"] async for order in town.company["orders"].find({"member_id": 1})]
    deliveries = await town.company["deliveries"].find({"order_id": {"$in": orders}}).to_list()
    assert [delivery["label"] for delivery in deliveries] == [label(NEW)]
    zone = await town.company["delivery_zones"].find_one({"member_id": 1})
    assert zone["postcode"] == NEW["postcode"]
    plan = await town.company["delivery_plans"].find_one({"member.id": "1"})
    assert plan["to"] == {"zip": NEW["postcode"], "line1": NEW["road"], "line2": NEW["detail"]}
    # An invoice keeps what was true when it was written.
    invoices = await town.company["orders"].distinct("invoice.address", {"member_id": 1})
    assert invoices == [OLD]

    (mail,) = town.spool.of(minji.id, "completion")
    assert mail.to == (minji.contact,)
    assert tracking in mail.text
    await assert_all_invariants(town)


async def test_a_recipient_is_told_just_its_field_and_one_without_the_field_nothing(
    town: Town,
) -> None:
    minji = town.correction(1, home_address=NEW)
    await town.work()
    await town.submit(minji)
    await town.prove(minji)
    await town.until_completed([minji])

    (call,) = town.recipients["hanbit-delivery"].calls
    assert call.body["fields"] == {"address": NEW}
    (call,) = town.recipients["dain-marketing"].calls
    assert call.body["fields"] == {"postal_address": NEW}
    assert call.body["subject"] == {"key": "minji.kim"}
    assert not town.recipients["korea-pay"].calls


async def test_from_proof_to_application_a_usable_view_shows_neither_value(town: Town) -> None:
    minji = town.correction(1, home_address=NEW)
    neighbour_before = await town.company["members_usable"].find_one({"_id": 2})
    await town.work(*NOT_CORRECTION)
    await town.submit(minji)
    before = await town.company["members_usable"].find_one({"_id": 1})
    assert before["profile"]["address"] == OLD
    await town.prove(minji)
    assert await town.status(minji) == "verified"

    hidden = await town.company["members_usable"].find_one({"_id": 1})
    assert not hidden["profile"].get("address")
    assert hidden["profile"]["hobbies"] == before["profile"]["hobbies"]
    usable = await town.company["delivery_zones_usable"].find_one({"member_id": 1})
    assert "postcode" not in usable
    plan = await town.company["delivery_plans_usable"].find_one({"member.id": "1"})
    assert "zip" not in plan.get("to", {})
    order = await town.company["orders"].find_one({"member_id": 1}, sort=[("_id", 1)])
    delivery = await town.company["deliveries_usable"].find_one({"order_id": order["_id"]})
    assert "label" not in delivery
    assert await town.company["members_usable"].find_one({"_id": 2}) == neighbour_before

    await town.work("correction")
    await town.until_completed([minji])
    after = await town.company["members_usable"].find_one({"_id": 1})
    assert after["profile"]["address"] == NEW
    await assert_all_invariants(town)


async def test_every_reader_of_the_view_sees_the_old_value_then_none_then_the_new_one(
    town: Town,
) -> None:
    seen: list[object] = []
    minji = town.correction(1, home_address=NEW)
    await town.work()
    await town.submit(minji)

    async def look() -> bool:
        found = await town.company["members_usable"].find_one({"_id": 1})
        value = found["profile"].get("address") or None
        if not seen or seen[-1] != value:
            seen.append(value)
        return value == NEW

    await look()
    await town.until(lambda: minji.id in town.spool.challenges(), "a challenge")
    mails = town.spool.challenges()
    await town.channel.prove(mails[minji.id].tracking, mails[minji.id].code)
    await town.until(look, "the new value in the view")
    assert [value for value in seen if value is not None] == [OLD, NEW]


async def test_many_members_are_corrected_at_once_each_with_his_own_value(town: Town) -> None:
    wishes = [town.correction(n, home_address=new_address(n)) for n in range(1, 18)]
    wishes.append(town.correction(18, hobbies=["등산", "사진"]))
    await town.work()
    await town.work()
    await town.submit(*wishes)
    await town.prove_as_mail_arrives(wishes)
    await town.until_completed(wishes)
    await assert_all_invariants(town)


async def test_mail_speaks_the_language_of_the_request(town: Town) -> None:
    korean, english = town.correction(1, hobbies=["등산"]), town.correction(2, hobbies=["등산"])
    town.unproven |= {korean.id, english.id}
    await town.work()
    for wish, language in ((korean, "ko"), (english, "en")):
        await town.channel.submit(wish.submission(language=language))
    await town.until(lambda: len(town.spool.challenges()) == 2, "both challenges")
    said = town.spool.challenges()
    assert "인증" in said[korean.id].text or "코드" in said[korean.id].text
    assert "code" in said[english.id].text
    assert said[korean.id].html
    assert said[english.id].html


async def test_the_same_wish_again_is_done_again_and_told_with_a_later_number(town: Town) -> None:
    await town.work()
    for turn in (1, 2):
        minji = town.correction(1, home_address=new_address(turn))
        await town.submit(minji)
        await town.prove(minji)
        await town.until_completed([minji])
    sequence = [call.body["sequence"] for call in town.recipients["hanbit-delivery"].calls]
    assert sequence == [1, 2]
    await assert_all_invariants(town)


async def test_while_a_recipient_is_down_the_rest_is_done_and_it_is_told_later(town: Town) -> None:
    carrier = town.recipients["hanbit-delivery"]
    carrier.mode = "down"
    minji = town.correction(1, home_address=NEW)
    await town.work()
    await town.submit(minji)
    await town.prove(minji)
    await town.until(lambda: bool(carrier.calls), "a first try")
    assert await town.status(minji) == "applied"
    carrier.mode = "applies"
    await town.until_completed([minji])
    assert len(carrier.taken()) == 1
    assert {call.id for call in carrier.calls} == {carrier.taken()[0].id}
    await assert_all_invariants(town)
