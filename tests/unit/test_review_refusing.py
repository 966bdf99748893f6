"""No, with a reason of the list: told to whom it may be told, and nothing of it is left behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.letters import RefusalFacts
from schemas.lifecycle import Status
from schemas.refusals import REFUSALS
from schemas.request import SubjectRef
from schemas.review import AddExhibit, Refuse
from tests.cast import STRANGER
from tests.desk import CHOI, NEW_NAME, QUESTION, YES, blocked, decide, nobody_matched
from tests.world import DAY, World
from workers.ports import Correct

NEUTRAL = sorted(code for code, ground in REFUSALS.items() if ground.neutral)
TELLING = sorted(REFUSALS.keys() - set(NEUTRAL))


@pytest.mark.parametrize("reason", REFUSALS)
async def test_whoever_has_proven_it_is_told_at_the_contact_on_file(reason: str) -> None:
    world = World()
    request = await world.proven(requester={"relation": "self", **STRANGER}, **NEW_NAME)
    assert "name" not in world.subjects.usable("1001")
    assert await decide(world, request, Refuse(reason)) is None
    done = world.request(request.id)
    assert done.status is Status.REFUSED
    assert done.steps == {}
    assert world.subjects.usable("1001")["name"] == "김민지"
    mail = world.outbound.mails[-1]
    assert mail.to == "minji@mail.example"
    assert isinstance(mail.facts, RefusalFacts)
    assert mail.facts.reason == REFUSALS[reason].reason
    assert mail.facts.legal_ground == REFUSALS[reason].legal_ground
    assert world.offences() == []


@pytest.mark.parametrize("reason", NEUTRAL)
async def test_whoever_has_proven_nothing_reads_the_same_whether_or_not_anybody_is_on_file(
    reason: str,
) -> None:
    world = World()
    facts = []
    for request in (
        await blocked(world, requester={"relation": "self", **STRANGER}),
        await nobody_matched(world),
    ):
        assert await decide(world, request, Refuse(reason)) is None
        mail = world.outbound.mails[-1]
        assert mail.to == STRANGER["email"]
        assert isinstance(mail.facts, RefusalFacts)
        facts.append(replace(mail.facts, tracking="DSR-…"))
    assert facts[0] == facts[1]
    assert facts[0].reason == REFUSALS[reason].reason
    assert world.offences() == []


@pytest.mark.parametrize("reason", TELLING)
async def test_a_reason_that_tells_what_is_on_file_is_not_for_whoever_has_proven_nothing(
    reason: str,
) -> None:
    world = World()
    request = await blocked(world, requester={"relation": "self", **STRANGER})
    assert await decide(world, request, Refuse(reason)) == "reason_tells_too_much"
    assert world.request(request.id).status is Status.IN_REVIEW


async def test_a_reason_that_is_not_of_the_list_refuses_nothing() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    assert await decide(world, request, Refuse("because")) == "unknown_reason"
    assert world.request(request.id).status is Status.IN_REVIEW


async def test_a_refused_request_can_never_be_applied() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    await decide(world, request, Refuse("is_correct"))
    assert await decide(world, request, YES) == "not_in_review"
    late = Correct(request.id, SubjectRef(type="member", key="1001"), {"name": "김민주"})
    (result,) = await world.subjects.apply([late])
    assert result.outcome == "lost"
    await world.tick(30 * DAY)
    assert world.request(request.id).status is Status.REFUSED


async def test_evidence_is_destroyed_once_it_is_decided() -> None:
    world = World()
    request = await blocked(world)
    await decide(world, request, AddExhibit("e-1", size=2048))
    await decide(world, request, Refuse("not_the_person"), by=CHOI)
    done = world.request(request.id)
    assert world.subjects.exhibits_destroyed == [request.id]
    assert done.review is not None
    assert done.review.exhibits_destroyed_at == world.clock.now
    assert done.steps == {}


async def test_without_an_address_it_stands_on_record_that_nobody_could_be_told() -> None:
    world = World()
    request = await blocked(world, channel="phone", requester={"relation": "self"})
    await decide(world, request, Refuse("not_the_person"))
    mail = world.request(request.id).mails["refusal"]
    assert (mail.status, mail.code) == ("undeliverable", "no_address")


async def test_a_question_can_be_refused_as_well() -> None:
    world = World()
    request = await world.submit(**QUESTION)
    assert await decide(world, request, Refuse("manifestly_unfounded_or_repeated")) is None
    assert world.request(request.id).status is Status.REFUSED
    assert world.offences() == []
