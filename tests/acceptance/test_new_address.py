"""A change of the mail address, seen from outside: both mailboxes have a say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.messages import Stop
from tests.town import Town
from tests.town.checks import assert_stores
from tests.town.company import Correction
from tests.town.spool import ReceivedMail
from workers import wiring
from workers.pipeline import STATIONS
from workers.runtime.conveyor import Item, carry

NEW = "minji.new@mail.example"
YES = {"accepted": True}


def wish_of(town: Town, address: str) -> Correction:
    """Of a member whose address has been on file for long."""
    long_ago = datetime.now(UTC) - timedelta(days=60)
    number = next(m["_id"] for m in town.before["members"] if _since(m) < long_ago)
    return town.correction(number, email=address)


def _since(member: Any) -> datetime:
    found: datetime = member["contact_since"]["email"]
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def mail(town: Town, wish: Correction, purpose: str) -> ReceivedMail:
    await town.until(lambda: bool(town.spool.of(wish.id, purpose)), purpose)
    return town.spool.of(wish.id, purpose)[0]


async def confirmed(town: Town, wish: Correction) -> ReceivedMail:
    """Proven by the old address, and then by the new one."""
    await town.submit(wish)
    assert await town.prove(wish) == YES
    letter = await mail(town, wish, "confirmation")
    sent = await town.channel.prove(letter.tracking, letter.code)
    assert await town.channel.answer(sent) == YES
    return letter


async def test_the_new_address_confirms_the_old_one_is_told_and_it_stands_in_every_copy(
    town: Town,
) -> None:
    wish = wish_of(town, NEW)
    await town.work()
    letter = await confirmed(town, wish)
    assert letter.to == (NEW,)
    await town.until_completed([wish])
    assert (await mail(town, wish, "notice-1")).to == (wish.contact,)
    assert (await mail(town, wish, "completion")).to == (wish.contact,)
    member = await town.company["members"].find_one({"_id": wish.key})
    assert member["email"] == NEW
    for name in ("newsletter", "support_tickets", "members"):
        assert wish.contact not in str(await town.company[name].find().to_list())
    await assert_stores(town)


async def test_the_old_address_stops_it(town: Town) -> None:
    town.env |= {"DSR_COOLING_OFF_HOURS": "24", "DSR_COOLING_OFF_YOUNG_HOURS": "24"}
    wish = wish_of(town, NEW)
    await town.work()
    await confirmed(town, wish)
    notice = await mail(town, wish, "notice-1")
    (link,) = (line for line in notice.text.splitlines() if "/stop-change/" in line)
    assert await town.status(wish) == "verified"
    async with wiring.open_parts(town.settings) as parts:
        stop = Item(Stop(notice.tracking, link.strip().rpartition("/")[2]))
        await carry(parts.house, STATIONS["verification"], [stop])
    assert await town.status(wish) == "withdrawn"
    member = await town.company["members"].find_one({"_id": wish.key})
    assert member["email"] == wish.contact
    usable = await town.company["members_usable"].find_one({"_id": wish.key})
    assert usable["email"] == wish.contact
    await assert_stores(town)


async def test_an_address_that_another_member_holds_is_confirmed_and_lapses(town: Town) -> None:
    other = next(m for m in town.before["members"][::-1] if m["email"])
    wish = wish_of(town, other["email"])
    town.unproven.add(wish.id)
    await town.work()
    letter = await confirmed(town, wish)
    assert letter.to == (other["email"],)
    for name in (wish.member["name"], wish.contact, wish.member["login"]["id"]):
        assert name not in letter.text + letter.html
    assert await town.status(wish) == "awaiting_proof"
    past = datetime.now(UTC)
    await town.ours["requests"].update_one(
        {"_id": wish.id}, {"$set": {"steps.expiry.due": past, "next_due": past}}
    )

    async def expired() -> bool:
        return await town.status(wish) == "expired"

    await town.until(expired, "the end of the time to prove")
    await mail(town, wish, "expiry")
    members = town.company["members"]
    assert (await members.find_one({"_id": wish.key}))["email"] == wish.contact
    assert await members.count_documents({"email": other["email"]}) == 1
    await assert_stores(town)
