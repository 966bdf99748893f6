"""Each right where a child comes of age meanwhile, and where a call or a letter tells of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.lifecycle import Status
from schemas.messages import (
    AskDownload,
    Download,
    Lift,
    NothingArrived,
    Settled,
)
from schemas.request import Contact
from schemas.review import AskFor, Match, Refuse, Why
from tests.cast import JIHO, new_id, submission_content, withdrawal
from tests.desk import NEW_NAME, decide
from tests.rights import (
    ACCESS,
    AT_ONCE,
    FIELD,
    OBJECTION,
    OF_A_CHILD,
    RESTRICTION,
    approved_by_two,
    completion,
    download_code,
    nobody_matched,
    package,
    say,
)
from tests.world import DAY, HOUR, MINUTE, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

# --- The age of a child --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [RESTRICTION, OBJECTION, ACCESS])
async def test_what_a_guardian_has_proven_is_not_carried_out_once_the_child_is_of_age(
    kind: dict[str, Any],
) -> None:
    world = World(AT_ONCE)
    world.adopt(lapses_at=world.clock.now + HOUR)
    request = await world.submit(**kind, **OF_A_CHILD)
    world.publish_proof(request)
    await world.work("verification")
    assert world.request(request.id).status is Status.VERIFIED
    world.clock.now += HOUR
    await world.work()
    stands = world.request(request.id)
    assert stands.status is Status.IN_REVIEW
    assert stands.review is not None and stands.review.why == (Why.GUARDIAN_UNCLEAR,)
    assert world.subjects.changed == []
    assert not world.subjects.controls["1042"].slots


async def test_a_guardian_does_not_lift_what_protects_a_child_that_is_of_age() -> None:
    world = World(AT_ONCE)
    world.adopt(lapses_at=world.clock.now + DAY)
    request = await world.submit(**RESTRICTION, **OF_A_CHILD)
    await world.prove(request)
    link = str(completion(world, request).lift_link).rpartition("/")[2]
    world.clock.now += DAY
    await say(world, Lift(request.tracking, link))
    assert set(world.subjects.usable("1042")) == {"name"}
    assert world.request(request.id).lifting is None


async def test_a_code_that_a_guardian_got_before_the_birthday_fetches_nothing_after_it() -> None:
    world = World(AT_ONCE)
    world.adopt(lapses_at=world.clock.now + 10 * MINUTE)
    request = await world.submit(**ACCESS, **OF_A_CHILD)
    await world.prove(request)
    link = package(world, request)
    await say(world, AskDownload(request.tracking, link), "access")
    code = download_code(world, world.request(request.id))
    world.clock.now += 10 * MINUTE
    assert not await say(world, Download(request.tracking, link, code, new_id()), "access")


async def test_the_right_of_a_guardian_whom_the_desk_matched_ends_with_the_age_too() -> None:
    world = World(AT_ONCE)
    lapses = world.adopt(lapses_at=world.clock.now + DAY).lapses_at
    request = await nobody_matched(world, **ACCESS, requester=JIHO)
    assert await decide(world, request, Match({"login_id": "seoyun"})) is None
    assert (await world.sealer.open(world.request(request.id))).lapses_at == lapses
    await approved_by_two(world, request)
    link = package(world, request)
    world.clock.now += DAY
    await say(world, AskDownload(request.tracking, link), "access")
    assert "download" not in world.outbound.purposes()


async def test_what_the_desk_grants_a_guardian_of_an_adult_can_be_fetched() -> None:
    world = World(AT_ONCE)
    world.adopt(lapses_at=world.clock.now - DAY)
    request = await world.submit(**ACCESS, **OF_A_CHILD)
    await say(world, NothingArrived(request.tracking, by="park"))
    await approved_by_two(world, request)
    await say(world, AskDownload(request.tracking, package(world, request)), "access")
    assert world.outbound.purposes()[-1] == "download"


# --- Those who are reached by call or letter -----------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "route", "after"),
    [
        (Contact(kind="phone", value="010-1-1"), "call", 2 * DAY),
        (Contact(kind="post", value="서울특별시 관악구 1"), "letter", 6 * DAY),
    ],
)
async def test_a_code_that_goes_by_call_or_letter_is_good_until_it_can_have_arrived(
    contact: Contact, route: str, after: timedelta
) -> None:
    world = World(AT_ONCE)
    world.subjects.records["1001"].contacts = (contact,)
    request = await world.submit(**ACCESS)
    code = world.tokens.code(request.id, 1, request.digest)
    await world.prove(request, code)
    said = f"{route}:completion"
    world.clock.now += after
    assert await say(world, Settled(request.tracking, said, "park"), "mailing")
    assert world.request(request.id).status is Status.COMPLETED
    link = world.tokens.link(request.id, 1, "package", request.digest)
    await say(world, AskDownload(request.tracking, link), "access")
    stands = world.request(request.id)
    assert stands.tasks == (f"{route}:download-1",)
    world.clock.now += after
    code = download_code(world, stands)
    assert await say(world, Download(request.tracking, link, code, new_id()), "access")


async def test_nobody_calls_with_a_code_that_a_newer_one_has_replaced() -> None:
    world = World(AT_ONCE)
    world.subjects.records["1001"].contacts = (Contact(kind="phone", value="010-1-1"),)
    request = await world.submit(**ACCESS)
    await world.prove(request, world.tokens.code(request.id, 1, request.digest))
    await say(world, Settled(request.tracking, "call:completion", "park"), "mailing")
    link = world.tokens.link(request.id, 1, "package", request.digest)
    for _ in range(2):
        await say(world, AskDownload(request.tracking, link), "access")
    assert world.request(request.id).tasks == ("call:download-2",)


async def test_nobody_calls_with_a_code_for_a_request_that_is_at_the_desk_already() -> None:
    world = World(AT_ONCE)
    world.subjects.records["1001"].contacts = (Contact(kind="phone", value="010-1-1"),)
    content = submission_content(**ACCESS)
    world.publish("submission", content)
    await world.work("registration", "verification")
    request = world.request(content["submission_id"])
    message = Item(NothingArrived(request.tracking, by="park"))
    await carry(world.house, STATIONS["verification"], [message])
    await world.work()
    stands = world.request(request.id)
    assert (stands.tasks, stands.sending) == ((), ())
    assert set(stands.steps) == {"deadline"}


async def test_nobody_is_called_for_what_was_missing_of_a_request_that_is_refused() -> None:
    world = World(AT_ONCE)
    world.subjects.records["1001"].contacts = (Contact(kind="phone", value="010-1-1"),)
    request = await world.submit(**FIELD, **NEW_NAME)
    await world.prove(request, world.tokens.code(request.id, 1, request.digest))
    assert await decide(world, request, AskFor(("evidence",))) is None
    assert world.request(request.id).tasks == ("call:pause-1",)
    await decide(world, request, Refuse("evidence_missing"))
    assert world.request(request.id).tasks == ("call:refusal",)


async def test_no_letter_waits_for_ever_of_a_request_whose_person_was_deleted() -> None:
    world = World(AT_ONCE)
    world.subjects.records["1001"].contacts = (Contact(kind="post", value="서울특별시 관악구 1"),)
    request = await world.submit(**ACCESS)
    code = world.tokens.code(request.id, 1, request.digest)
    await carry(world.house, STATIONS["verification"], [Item(withdrawal(request.tracking, code))])
    await world.work()
    assert world.request(request.id).tasks == ("letter:withdrawal-1",)
    del world.sealer.keys[request.id]
    await world.tick(3 * DAY)
    stands = world.request(request.id)
    assert (stands.tasks, stands.steps) == ((), {})
    assert stands.mails["withdrawal-1"].status == "undeliverable"
