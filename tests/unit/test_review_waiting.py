"""A deadline is put off once, and stands still while a person is asked; both are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.deadlines import alarms, extended
from schemas.letters import ExtensionFacts, PauseFacts
from schemas.lifecycle import Status
from schemas.review import AskFor, Extend, Refuse, Resume
from tests.cast import STRANGER, withdrawal
from tests.desk import CHOI, HAN_ALONE, NEW_NAME, PASSPORT, YES, blocked, decide
from tests.world import DAY, World

MORE = Extend("complex")
WHO_ARE_YOU = AskFor(("identity", "evidence"))


async def test_the_deadline_is_put_off_and_the_person_hears_why_and_until_when() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    assert await decide(world, request, MORE) is None
    later = world.request(request.id)
    korea = world.policy.clocks.named("korea")
    assert later.deadline == extended(request.deadline, korea) > request.deadline
    mail = world.outbound.mails[-1]
    assert mail.to == "minji@mail.example"
    assert isinstance(mail.facts, ExtensionFacts)
    assert mail.facts.deadline == later.deadline
    assert later.status is Status.IN_REVIEW


async def test_a_request_that_was_put_off_is_not_late_before_its_new_deadline() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    await decide(world, request, MORE)
    await world.tick(request.deadline - world.clock.now + DAY)
    assert "alarm" not in [entry.what for entry in world.request(request.id).history]
    await decide(world, request, YES)
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_it_is_put_off_once() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    await decide(world, request, MORE)
    assert await decide(world, request, MORE) == "extended_already"
    assert world.outbound.purposes().count("extension") == 1


async def test_a_deadline_that_has_passed_is_not_put_off() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    await world.tick(11 * DAY)
    assert await decide(world, request, MORE) == "deadline_passed"


async def test_before_it_is_proven_it_is_told_to_whoever_asked() -> None:
    world = World()
    request = await blocked(world, requester={"relation": "self", **STRANGER})
    await decide(world, request, MORE)
    await decide(world, request, WHO_ARE_YOU)
    told = {mail.facts.purpose: mail.to for mail in world.outbound.mails}
    assert (told["extension"], told["pause"]) == (STRANGER["email"], STRANGER["email"])


async def test_while_the_requester_is_asked_the_clock_stands_still() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    assert await decide(world, request, WHO_ARE_YOU) is None
    mail = world.outbound.mails[-1]
    assert isinstance(mail.facts, PauseFacts)
    assert len(mail.facts.missing) == 2
    await world.tick(20 * DAY)
    waiting = world.request(request.id)
    assert "alarm" not in [entry.what for entry in waiting.history]
    assert "still_paused" in [entry.what for entry in waiting.history]
    assert "name" not in world.subjects.usable("1001")
    assert await decide(world, request, Resume()) is None
    again = world.request(request.id)
    assert again.deadline == request.deadline + 20 * DAY
    assert "paused" not in again.steps
    assert await decide(world, request, YES) is None
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_after_the_pause_the_alarm_comes_when_it_would_have_come() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    await world.tick(5 * DAY)
    left = alarms(request.received_at, request.deadline)[0] - world.clock.now
    await decide(world, request, WHO_ARE_YOU)
    await world.tick(30 * DAY)
    await decide(world, request, Resume())
    await world.tick(left - timedelta(minutes=5))
    assert "alarm" not in [entry.what for entry in world.request(request.id).history]
    await world.tick(timedelta(minutes=10))
    assert "alarm" in [entry.what for entry in world.request(request.id).history]


@pytest.mark.parametrize("ending", [YES, Refuse("evidence_missing")])
async def test_whoever_does_not_answer_can_be_decided_upon_and_that_is_not_late(
    ending: Refuse,
) -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    await decide(world, request, WHO_ARE_YOU)
    await world.tick(40 * DAY)
    assert await decide(world, request, ending) is None
    assert world.request(request.id).status.final
    assert world.offences() == []


async def test_what_waits_can_be_taken_back_and_that_is_not_late() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    await decide(world, request, WHO_ARE_YOU)
    await world.tick(2 * DAY)
    taken_back = withdrawal(request.tracking, world.code(request))
    await world.at_once("verification", taken_back, seed=0)
    assert world.request(request.id).status is Status.WITHDRAWN
    assert world.offences() == []


async def test_asking_makes_an_approval_void_that_has_not_taken_effect() -> None:
    world = World()
    request = await blocked(world)
    await decide(world, request, PASSPORT)
    await decide(world, request, YES, by=HAN_ALONE)
    await decide(world, request, WHO_ARE_YOU)
    await world.tick(3 * DAY)
    assert world.request(request.id).status is Status.IN_REVIEW
    await decide(world, request, Resume())
    assert await decide(world, request, YES, by=CHOI) is None
    assert world.request(request.id).status is Status.IN_REVIEW
    assert world.subjects.changed == []


async def test_one_pause_at_a_time_and_none_is_ended_twice() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    assert await decide(world, request, Resume()) == "not_paused"
    assert await decide(world, request, AskFor(())) == "unknown_reason"
    assert await decide(world, request, AskFor(("your_soul",))) == "unknown_reason"
    await decide(world, request, WHO_ARE_YOU)
    assert await decide(world, request, WHO_ARE_YOU) == "paused"
    assert await decide(world, request, MORE) == "paused"
    await decide(world, request, Resume())
    await decide(world, request, WHO_ARE_YOU)
    assert {"pause-1", "pause-2"} <= world.request(request.id).mails.keys()
