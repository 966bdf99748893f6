"""A new mail address where no mail has proven it: a call, a person at the desk."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from schemas.letters import ConfirmationFacts
from schemas.lifecycle import Status
from schemas.messages import Confirmed, Message, Settled
from schemas.request import Contact, Request
from schemas.review import Approve, Why
from tests.cast import MORNING
from tests.desk import decide
from tests.new_address import CHANGE, NEW, OLD, address, confirm, confirmation, stop, world_of
from tests.world import DAY, HOUR, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

PHONE = Contact(kind="phone", value="010-2345-0001", since=MORNING - 400 * DAY)
BY_PHONE: dict[str, Any] = {
    "channel": "phone",
    "requester": {"relation": "self", "name": "김민지"},
    "operator": "park",
}


async def tell(world: World, stage: str, message: Message) -> bool:
    item = Item(message)
    await carry(world.house, STATIONS[stage], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


async def called(world: World, **other: Any) -> Request:
    """Asked by phone, and confirmed by two people in a call to the number on file."""
    request = await world.submit(**{**BY_PHONE, **other})
    for by in ("han", "lee"):
        await tell(world, "verification", Confirmed(request.tracking, by, str(uuid4())))
    return world.request(request.id)


async def test_a_new_address_that_a_call_has_proven_is_confirmed_by_mail_all_the_same() -> None:
    world = world_of(PHONE)
    request = await called(world, **CHANGE)
    assert request.status is Status.AWAITING_PROOF
    assert request.proof is not None
    assert [(mail.facts.purpose, mail.to) for mail in world.outbound.mails] == [
        ("confirmation", NEW)
    ]
    assert request.tasks == (), "a new mail address is confirmed by no call and no letter"
    assert address(world) == OLD.value
    request = await confirm(world, request)
    assert world.request(request.id).tasks == ("call:notice-1",), "the number on file is told"
    await tell(world, "mailing", Settled(request.tracking, "call:notice-1", "park"))
    await world.tick(DAY)
    assert address(world) == NEW
    assert world.offences() == []


async def test_a_call_that_is_confirmed_once_more_proves_nothing_more() -> None:
    world = world_of(PHONE)
    request = await called(world, **CHANGE)
    assert not await tell(world, "verification", Confirmed(request.tracking, "choi", str(uuid4())))
    assert world.outbound.purposes() == ["confirmation"]


async def approved(world: World) -> Request:
    """Her contact is young, so a person has decided, and granted it."""
    request = await world.proven(**CHANGE)
    assert await decide(world, request, Approve()) is None
    return world.request(request.id)


YOUNG = OLD.model_copy(update={"since": None})


async def test_what_the_desk_has_approved_is_confirmed_then_told_and_only_then_changed() -> None:
    world = world_of(YOUNG)
    request = await approved(world)
    assert request.status is Status.VERIFIED
    assert world.outbound.mails[-1].to == NEW
    assert "notice" not in world.outbound.purposes()
    await confirm(world, request)
    assert world.outbound.purposes()[-1] == "notice"
    await world.tick(DAY + HOUR)
    assert address(world) == OLD.value
    await world.tick(5 * DAY)
    assert address(world) == NEW
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_an_approved_address_that_nobody_confirms_comes_back_to_the_desk() -> None:
    world = world_of(YOUNG)
    request = await approved(world)
    await world.tick(world.policy.proof_window + world.policy.grace + HOUR)
    again = world.request(request.id)
    assert again.status is Status.IN_REVIEW
    assert again.review is not None and Why.UNCONFIRMED in again.review.why
    assert address(world) == OLD.value
    assert world.subjects.controls["1001"].restricted["email"] == {request.id}
    first = confirmation(world, request).code
    assert await decide(world, request, Approve()) is None
    codes = [m.facts.code for m in world.outbound.mails if isinstance(m.facts, ConfirmationFacts)]
    assert (len(codes), codes[0]) == (2, first)
    await confirm(world, request, first)
    assert "notice" not in world.outbound.purposes(), "an earlier code is over"
    await confirm(world, request, codes[1])
    await world.tick(6 * DAY)
    assert address(world) == NEW
    assert world.offences() == []


async def test_an_approved_address_of_another_member_is_never_taken_over() -> None:
    world = world_of(YOUNG)
    world.join("1002", email=NEW)
    request = await approved(world)
    await confirm(world, request)
    await world.tick(world.policy.proof_window + world.policy.grace + HOUR)
    assert world.request(request.id).status is Status.IN_REVIEW
    assert "notice" not in world.outbound.purposes()
    assert address(world) == OLD.value


async def test_the_old_address_stops_what_the_desk_has_approved() -> None:
    world = world_of(YOUNG)
    request = await approved(world)
    await confirm(world, request)
    assert (await stop(world, request)).status is Status.WITHDRAWN
    await world.tick(9 * DAY)
    assert address(world) == OLD.value
    assert world.offences() == []


async def test_a_mail_address_that_the_desk_has_not_granted_is_announced_to_nobody() -> None:
    world = world_of(OLD.model_copy(update={"since": None}))
    hobbies = {"field": "hobbies", "value": ["등산"]}
    request = await world.proven(changes=[*CHANGE["changes"], hobbies])
    partly = Approve(refused={"email": "evidence_missing"})
    assert await decide(world, request, partly) is None
    assert "notice" not in world.outbound.purposes()
    assert address(world) == OLD.value
    assert world.request(request.id).status is Status.COMPLETED


async def test_whoever_is_reached_by_phone_only_gets_no_digest() -> None:
    """Its link is stale before a letter is read, and nobody takes it down in a call."""
    world = World()
    world.subjects.records["1001"].contacts = (PHONE,)
    requests = [
        await world.submit(**BY_PHONE, changes=[{"field": "hobbies", "value": [str(number)]}])
        for number in range(4)
    ]
    asked = [world.request(request.id) for request in requests]
    assert [request.challenge is not None for request in asked] == [True, True, True, False]
    assert {request.digests for request in asked} == {()}
