"""Whoever has no mail address is called or written to, and is told by that route as well."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from schemas.lifecycle import Status
from schemas.messages import Confirmed, Message, Revealed, Settled
from schemas.request import Contact, RequestRecord
from tests.cast import MORNING
from tests.world import DAY, HOUR, World, with_policy
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

PHONE = Contact(kind="phone", value="010-2345-0001", since=MORNING - 400 * DAY)
HOME = Contact(kind="post", value="04524 서울특별시 중구 세종대로 110")
CALLER = {"relation": "self", "name": "김민지"}
AT_ONCE = with_policy(cooling_off=0 * DAY, cooling_off_young=0 * DAY)


async def reported(world: World, message: Message) -> bool:
    """What somebody says at the command line, and whether there was anything to it."""
    item = Item(message)
    stage = "verification" if isinstance(message, Confirmed) else "mailing"
    await carry(world.house, STATIONS[stage], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


async def with_contact(contact: Contact, **other: Any) -> tuple[World, RequestRecord]:
    world = World(AT_ONCE)
    world.subjects.records["1001"].contacts = (contact,)
    asked: dict[str, Any] = {"channel": "phone", "requester": CALLER, "operator": "park", **other}
    request = await world.submit(**asked)
    return world, world.request(request.id)


def confirmed(request: RequestRecord, by: str) -> Confirmed:
    return Confirmed(request.tracking, by, str(uuid4()))


async def test_without_a_mail_address_the_number_on_file_is_called() -> None:
    world, request = await with_contact(PHONE)
    assert request.tasks == ("call:challenge-1",)
    assert request.status is Status.AWAITING_PROOF
    assert world.outbound.mails == []
    assert request.sending == (), "others may send this person a code"
    assert world.offences() == []


async def test_a_call_proves_once_a_second_person_has_approved_it() -> None:
    world, request = await with_contact(PHONE)
    assert await reported(world, confirmed(request, "han"))
    assert world.request(request.id).status is Status.AWAITING_PROOF
    assert not await reported(world, confirmed(request, "han")), "one person is not two"
    assert world.request(request.id).status is Status.AWAITING_PROOF
    assert await reported(world, confirmed(request, "lee"))
    stands = world.request(request.id)
    assert stands.status is Status.APPLIED
    assert stands.proof is not None and stands.proof.route == "phone"
    by = {entry.what: entry.by for entry in stands.history}
    assert (by["call_confirmed"], by["proven"]) == ("desk:han", "desk:lee")
    assert stands.mails["challenge-1"].status == "sent"


@pytest.mark.parametrize("order", [("park", "lee"), ("lee", "Park")])
async def test_whoever_took_the_request_in_is_none_of_the_two_who_confirm_the_call(
    order: tuple[str, str],
) -> None:
    world, request = await with_contact(PHONE)
    said = [await reported(world, confirmed(request, by)) for by in order]
    assert said == [by == "lee" for by in order]
    assert world.request(request.id).status is Status.AWAITING_PROOF
    assert await reported(world, confirmed(request, "han")), "somebody else is"
    assert world.offences() == []


async def test_a_request_without_a_mail_address_is_complete_once_the_call_is_recorded() -> None:
    world, request = await with_contact(PHONE)
    for by in ("han", "lee"):
        await reported(world, confirmed(request, by))
    assert world.request(request.id).tasks == ("call:completion",)
    assert await reported(world, Settled(request.tracking, "call:completion", "park"))
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert (done.mails["completion"].status, done.mails["completion"].route) == ("sent", "call")
    assert (done.tasks, done.steps) == ((), {})
    assert world.offences() == []


async def test_a_letter_is_printed_posted_and_its_code_proves() -> None:
    world, request = await with_contact(HOME)
    assert request.tasks == ("letter:challenge-1",)
    assert await reported(world, Revealed(request.tracking, "letter:challenge-1", "park"))
    mail = world.request(request.id).mails["challenge-1"]
    assert (mail.marks, mail.printed_at) == (1, world.clock.now)
    assert await reported(world, Settled(request.tracking, "letter:challenge-1", "park"))
    await world.tick(6 * DAY)
    code = world.tokens.code(request.id, 1, request.digest)
    await world.prove(request, code, channel="phone")
    assert world.request(request.id).tasks == ("letter:completion",)
    assert await reported(world, Settled(request.tracking, "letter:completion", "park"))
    assert world.request(request.id).status is Status.COMPLETED


async def test_whom_it_was_shown_to_is_on_record_before_it_is_seen() -> None:
    world, request = await with_contact(PHONE)
    assert await reported(world, Revealed(request.tracking, "call:challenge-1", "park"))
    last = world.request(request.id).history[-1]
    assert (last.what, last.by) == ("number_shown", "desk:park")


@pytest.mark.parametrize("kind", [Revealed, Settled])
async def test_a_task_that_does_not_wait_is_neither_shown_nor_settled(kind: Any) -> None:
    world, request = await with_contact(PHONE)
    before = dict(world.requests.documents[request.id])
    for task in ("call:completion", "letter:challenge-1", "mail:challenge-1", "deadline"):
        assert not await reported(world, kind(request.tracking, task, "park"))
    assert not await reported(world, kind("DSR-ACEF-HJK2", "call:challenge-1", "park"))
    assert world.requests.documents[request.id] == before


async def test_nobody_confirms_by_phone_what_was_asked_by_mail() -> None:
    world = World()
    request = await world.submit()
    record = world.request(request.id)
    assert not await reported(world, confirmed(record, "park"))
    assert world.request(request.id).challenge == record.challenge


async def test_a_call_nobody_makes_is_late_and_waits_on() -> None:
    world, request = await with_contact(PHONE)
    await world.tick(2 * DAY + HOUR)
    stands = world.request(request.id)
    assert "task_late" in [entry.what for entry in stands.history]
    assert stands.tasks == ("call:challenge-1",)
    assert stands.steps["call:challenge-1"].due > world.clock.now
    assert world.offences() == []


async def test_what_nobody_proves_leaves_no_call_of_its_challenge_to_make() -> None:
    world, request = await with_contact(PHONE)
    await world.tick(8 * DAY)
    done = world.request(request.id)
    assert done.status is Status.EXPIRED
    assert done.tasks == ()


async def test_the_end_is_told_by_the_way_in_which_it_was_asked() -> None:
    caller = {**CALLER, "phone": "010-1111-2222"}
    world, request = await with_contact(PHONE, requester=caller)
    await world.tick(8 * DAY)
    assert world.request(request.id).tasks == ("call:expiry",)
    assert await reported(world, Settled(request.tracking, "call:expiry", "park", reached=False))
    done = world.request(request.id)
    assert (done.status, done.mails["expiry"].status) == (Status.EXPIRED, "undeliverable")
    assert (done.steps, done.next_due) == ({}, None)


async def test_a_letter_without_a_mail_address_is_acknowledged_by_letter() -> None:
    writer = {"relation": "self", "name": "김민지", "postal_address": "서울 중구 세종대로 110"}
    world, request = await with_contact(HOME, channel="post", requester=writer)
    assert set(request.tasks) == {"letter:acknowledgement", "letter:challenge-1"}
    assert world.outbound.mails == []


async def test_how_long_a_proof_is_waited_for_tells_nothing_about_the_record() -> None:
    """The same request: by mail, phone, letter, and for nobody at all."""
    for asked in (
        {"channel": "web", "requester": {**CALLER, "email": "x@elsewhere.example"}},
        {"channel": "phone", "requester": CALLER},
        {"channel": "post", "requester": {**CALLER, "postal_address": "서울"}},
    ):
        ends = set()
        for contact in (None, PHONE, HOME, Contact(kind="mail", value="minji@mail.example")):
            world = World()
            world.subjects.records["1001"].contacts = (contact,) if contact else ()
            request = await world.submit(**asked)
            ends.add(request.steps["expiry"].due)
            nobody = await world.submit(**asked, subject={"login_id": "nobody"})
            ends.add(nobody.steps["expiry"].due)
        assert len(ends) == 1


async def test_a_deletion_is_announced_by_mail_and_call_and_else_by_the_best_route() -> None:
    world = World()
    world.subjects.records["1001"].contacts = (PHONE, HOME)
    request = await world.submit(kind="deletion", changes=None)
    stands = world.request(request.id)
    for by in ("han", "lee"):
        await reported(world, confirmed(stands, by))
    assert world.request(request.id).tasks == ("call:cooling-1",)
    world.subjects.records["1001"].contacts = (Contact(kind="mail", value="m@a.example"), PHONE)
    other = await world.submit(kind="deletion", changes=None, fields=["home_address"])
    await world.prove(other)
    assert world.request(other.id).tasks == ("call:cooling-2",), "a mailbox is not a person"
    assert [m.to for m in world.outbound.mails if m.facts.purpose == "cooling"] == ["m@a.example"]


async def test_two_members_with_one_number_are_told_apart_by_all_identifiers() -> None:
    world = World()
    world.join("1002", login_id="jiwoo", phone="+821012345678")
    world.subjects.records["1002"].contacts = (PHONE,)
    hers = await world.submit(subject={"login_id": "minji.kim", "phone": "+821012345678"})
    assert (await world.sealer.open(hers)).subject == world.subjects.records["1001"].ref
    nobodys = await world.submit(subject={"phone": "+821012345678"})
    assert nobodys.challenge is None
    both = await world.submit(subject={"login_id": "minji.kim", "email": "jiwoo@a.example"})
    assert both.challenge is None
    assert hers.status is nobodys.status is both.status is Status.AWAITING_PROOF


async def test_who_was_not_called_in_between_is_called_once_about_the_end() -> None:
    world, request = await with_contact(PHONE)
    world.outbound.answers["hanbit-delivery"] = [OutboundResult("delivered", "200")]
    for by in ("han", "lee"):
        await reported(world, confirmed(request, by))
    await world.tick(HOUR)
    assert world.request(request.id).tasks == ("call:interim",)
    await world.tick(4 * DAY)
    stands = world.request(request.id)
    assert stands.tasks == ("call:completion",)
    assert stands.mails["interim"].code == "overtaken"


async def test_no_letter_is_posted_with_a_code_that_is_dead() -> None:
    world, request = await with_contact(HOME)
    for _ in range(5):
        await world.prove(request, "00000000", channel="phone")
    stands = world.request(request.id)
    assert stands.challenge is not None and stands.challenge.number == 2
    assert stands.tasks == ("letter:challenge-2",)
