"""A mailbox is not a person: what cannot be undone waits, or a second contact on file says yes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from schemas.letters import CoolingFacts
from schemas.lifecycle import Status
from schemas.messages import Confirmed, GoOn, Message, NothingArrived, Revealed, Settled, Stopped
from schemas.request import Contact, Request, RequestRecord
from tests.cast import JIHO, MORNING, withdrawal
from tests.desk import HAN_ALONE, PASSPORT, YES, decide
from tests.new_address import CHANGE, NEW, OLD, address, confirm, world_of
from tests.rights import ACCESS, approved_by_two, say
from tests.world import DAY, HOUR, World
from workers.ports import stop_code

LONG_AGO = MORNING - 400 * DAY
MAIL = Contact(kind="mail", value="minji@mail.example", since=LONG_AGO)
OFFICE = Contact(kind="mail", value="minji@office.example", since=LONG_AGO)
PHONE = Contact(kind="phone", value="010-2345-0001", since=LONG_AGO)
HOME = Contact(kind="post", value="04524 서울특별시 중구 세종대로 110", since=LONG_AGO)
DELETION: dict[str, Any] = {"kind": "deletion", "changes": None}
BY_PHONE: dict[str, Any] = {
    "channel": "phone",
    "requester": {"relation": "self", "name": "김민지"},
    "operator": "park",
}


def reached_by(*contacts: Contact) -> World:
    world = World()
    world.subjects.records["1001"].contacts = contacts
    return world


async def proven(world: World, **other: Any) -> RequestRecord:
    request = await world.proven(**other)
    return world.request(request.id)


async def heard_yes(world: World, request: Request, by: str) -> bool:
    return await say(world, Confirmed(request.tracking, by, str(uuid4())))


def told(world: World) -> dict[str, CoolingFacts]:
    """What is said to each address before it begins."""
    return {m.to: m.facts for m in world.outbound.mails if isinstance(m.facts, CoolingFacts)}


def go_on(request: Request, facts: CoolingFacts) -> Message:
    assert facts.go_on_link is not None
    return GoOn(request.tracking, facts.go_on_link.rpartition("/")[2])


# --- What waits ----------------------------------------------------------------------------------


async def test_whoever_reads_the_mailbox_alone_sees_nothing_before_the_person_could_stop_it() -> (
    None
):
    world = reached_by(MAIL)
    request = await proven(world, **ACCESS)
    assert (request.status, request.package) == (Status.VERIFIED, None)
    facts = told(world)[MAIL.value]
    assert (facts.kind, facts.go_on_link) == ("access", None)
    assert world.subjects.usable("1001").keys() == {"home_address", "name", "hobbies"}
    await world.tick(DAY + HOUR)
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_with_a_login_or_by_the_desk_nobody_waits_to_see_what_is_held() -> None:
    world = reached_by(MAIL)
    signed_in = await world.signed_in(**ACCESS)
    assert world.request(signed_in.id).status is Status.COMPLETED
    other = await world.submit(**ACCESS, requester={"relation": "self", "email": "m@new.example"})
    await say(world, NothingArrived(other.tracking, by="park"))
    assert (await approved_by_two(world, other)).status is Status.COMPLETED


async def test_who_stops_it_is_told_and_nobody_sees_anything() -> None:
    world = reached_by(MAIL, OFFICE)
    request = await proven(world, **ACCESS)
    code = told(world)[OFFICE.value].stop_code
    message = withdrawal(request.tracking, code, channel="phone", operator="park")
    assert await say(world, message)
    await world.tick(3 * DAY)
    done = world.request(request.id)
    assert (done.status, done.package) == (Status.WITHDRAWN, None)
    assert world.subjects.packages == {}
    assert world.offences() == []


# --- A second contact ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [DELETION, ACCESS])
async def test_a_second_mailbox_that_says_yes_ends_the_wait(kind: dict[str, Any]) -> None:
    world = reached_by(MAIL, OFFICE)
    request = await proven(world, **kind)
    first, second = told(world)[MAIL.value], told(world)[OFFICE.value]
    assert first.go_on_link is None, "the contact that proved it is no second one"
    assert request.status is Status.VERIFIED
    await say(world, go_on(request, second))
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert done.seconded is not None and done.seconded.number == 2
    assert world.offences() == []


async def test_the_number_on_file_is_called_and_two_of_the_desk_say_that_it_was_yes() -> None:
    world = reached_by(MAIL, PHONE)
    request = await proven(world, **DELETION)
    assert request.tasks == ("call:cooling-2",)
    assert await heard_yes(world, request, "park")
    assert not await heard_yes(world, request, "park"), "one person is not two"
    assert world.request(request.id).status is Status.VERIFIED
    assert await heard_yes(world, request, "lee")
    done = world.request(request.id)
    assert (done.status, done.tasks) == (Status.COMPLETED, ())
    by = {entry.what: entry.by for entry in done.history}
    assert (by["call_confirmed"], by["seconded"]) == ("desk:park", "desk:lee")
    assert world.offences() == []


async def test_nor_does_the_yes_count_of_whoever_took_the_request_in() -> None:
    world = reached_by(MAIL, PHONE)
    request = await proven(world, **DELETION, **BY_PHONE)
    assert not await heard_yes(world, request, "park")
    assert await heard_yes(world, request, "han")
    assert not await heard_yes(world, request, "park")
    assert world.request(request.id).status is Status.VERIFIED
    assert await heard_yes(world, request, "lee")
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_who_has_lost_the_second_contact_waits_and_is_not_locked_out() -> None:
    world = reached_by(MAIL, PHONE)
    request = await proven(world, **DELETION)
    await world.tick(DAY + HOUR)
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert (done.tasks, done.mails["cooling-2"].code) == ((), "overtaken")
    assert world.offences() == []


@pytest.mark.parametrize("since", [None, MORNING - 3 * DAY])
async def test_a_second_contact_that_somebody_may_have_put_there_just_now_ends_nothing(
    since: Any,
) -> None:
    young = PHONE.model_copy(update={"since": since})
    world = reached_by(MAIL, young, OFFICE.model_copy(update={"since": since}))
    request = await proven(world, **DELETION)
    assert not await heard_yes(world, request, "park")
    assert {facts.go_on_link for facts in told(world).values()} == {None}
    assert request.tasks == ("call:cooling-3",), "but it hears of it, and can stop it"
    token = world.tokens.link(request.id, 3, "go-on", request.digest)
    await say(world, GoOn(request.tracking, token))
    assert world.request(request.id).status is Status.VERIFIED


async def test_a_guardians_wish_is_not_confirmed_by_the_child() -> None:
    world = World()
    world.adopt()
    world.subjects.records["1042"].contacts = (
        Contact(kind="mail", value="seoyun@a.example", since=LONG_AGO),
    )
    await proven(world, requester=JIHO, subject={"login_id": "seoyun"}, **DELETION)
    assert {to: facts.go_on_link for to, facts in told(world).items()} == {
        "jiho@mail.example": None,
        "seoyun@a.example": None,
    }


async def test_the_link_of_another_contact_or_request_ends_nothing() -> None:
    world = reached_by(MAIL, OFFICE)
    request = await proven(world, **DELETION)
    for number, purpose in ((1, "go-on"), (2, "stop"), (1, "proof")):
        token = world.tokens.link(request.id, number, purpose, request.digest)
        await say(world, GoOn(request.tracking, token))
    assert world.request(request.id).status is Status.VERIFIED


async def test_what_has_begun_cannot_be_hastened_or_stopped_any_more() -> None:
    world = reached_by(MAIL, OFFICE)
    request = await proven(world, **DELETION)
    facts = told(world)[OFFICE.value]
    await world.tick(DAY + HOUR)
    version = world.request(request.id).version
    await say(world, go_on(request, facts))
    assert not await say(world, withdrawal(request.tracking, facts.stop_code))
    assert world.request(request.id).version == version


async def test_a_change_of_the_address_waits_for_the_second_contact_as_well() -> None:
    world = world_of(OLD, PHONE)
    request = await world.proven(**CHANGE)
    await confirm(world, request)
    assert world.request(request.id).tasks == ("call:notice-2",)
    for by in ("han", "lee"):
        await heard_yes(world, request, by)
    assert address(world) == NEW
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_the_audit_names_what_began_before_its_time() -> None:
    world = reached_by(MAIL, OFFICE)
    request = await proven(world, **DELETION)
    await say(world, go_on(request, told(world)[OFFICE.value]))
    stored = world.requests.documents[request.id]
    stored["seconded"]["digest"] = "of another content"
    stored["begins_at"] += DAY
    assert sorted(world.offences()) == [
        "I6 a second contact said yes to other content",
        "I6 begun before the time to stop it was over",
    ]


# --- Stopped by phone ----------------------------------------------------------------------------


async def called(world: World) -> RequestRecord:
    """Minji has no mailbox: she is called, and two of the desk have heard yes."""
    request = await world.submit(**BY_PHONE, **DELETION)
    for by in ("han", "lee"):
        assert await heard_yes(world, request, by)
    return world.request(request.id)


async def test_who_is_called_before_a_deletion_can_say_no_in_the_call() -> None:
    world = reached_by(PHONE, HOME)
    request = await called(world)
    assert request.tasks == ("call:cooling-1",)
    assert await say(world, Revealed(request.tracking, "call:cooling-1", "park"), "mailing")
    assert await say(world, Stopped(request.tracking, "park"))
    done = world.request(request.id)
    by = {entry.what: entry.by for entry in done.history}
    assert (done.status, by["withdrawn"]) == (Status.WITHDRAWN, "desk:park")
    assert done.tasks == ("call:withdrawal-1",), "and hears that it was stopped"
    assert "1001" in world.subjects.records
    assert world.offences() == []


async def test_or_later_by_the_code_that_was_read_out_there_through_any_channel() -> None:
    world = reached_by(PHONE, HOME)
    request = await called(world)
    assert await say(world, Settled(request.tracking, "call:cooling-1", "park"), "mailing")
    code = stop_code(request, world.house.tools_now())
    wrong = f"{(int(code) + 1) % 10**8:08}"
    assert not await say(world, withdrawal(request.tracking, wrong, channel="phone"))
    assert await say(world, withdrawal(request.tracking, code, channel="phone"))
    assert world.request(request.id).status is Status.WITHDRAWN


async def test_five_wrong_codes_kill_that_code_and_nothing_else() -> None:
    world = reached_by(MAIL)
    request = await proven(world, **DELETION)
    code = told(world)[MAIL.value].stop_code
    for number in range(5):
        wrong = f"{(int(code) + 1 + number) % 10**8:08}"
        assert not await say(world, withdrawal(request.tracking, wrong))
    assert not await say(world, withdrawal(request.tracking, code))
    assert world.request(request.id).status is Status.VERIFIED
    assert len(world.request(request.id).stop_tries) == 5


async def test_nobody_of_the_desk_stops_what_nobody_was_to_be_called_about() -> None:
    world = reached_by(MAIL)
    request = await proven(world, **DELETION)
    assert not await say(world, Stopped(request.tracking, "park"))
    assert world.request(request.id).status is Status.VERIFIED


async def test_the_code_also_stops_what_a_desk_of_one_has_approved() -> None:
    world = reached_by(PHONE)
    request = await world.submit(**BY_PHONE, **DELETION)
    await say(world, NothingArrived(request.tracking, by="park"))
    await decide(world, request, PASSPORT)
    await decide(world, request, YES, by=HAN_ALONE)
    waiting = world.request(request.id)
    assert waiting.tasks == ("call:approval-1",)
    code = stop_code(waiting, world.house.tools_now())
    assert await say(world, withdrawal(request.tracking, code, channel="phone"))
    assert world.request(request.id).status is Status.WITHDRAWN
