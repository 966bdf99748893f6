"""A worker that dies at any point of a restriction, of its lifting, or of an objection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from schemas.letters import CompletionFacts
from schemas.lifecycle import Status
from schemas.request import RequestRecord
from tests.cast import withdrawal
from tests.unit.test_conveyor_crashes import at_last, proven, submitted
from tests.world import World

CARRIER, MARKETING = "hanbit-delivery", "dain-marketing"
Journey = Callable[[World], Awaitable[None]]


async def a_restriction_that_is_lifted(world: World) -> None:
    request = await submitted(world, kind="restriction", changes=None, fields=["home_address"])
    await proven(world, request)
    (code,) = {
        mail.facts.lift_code
        for mail in world.outbound.mails
        if isinstance(mail.facts, CompletionFacts)
    }
    back = withdrawal(request.tracking, str(code)).model_dump(mode="json", by_alias=True)
    world.publish("withdrawal", {name: value for name, value in back.items() if value})
    await at_last(world, world.work)


async def an_objection_in_parts(world: World) -> None:
    world.subjects.records["1001"].consents = {"marketing": True, "profiling": True}
    world.subjects.ledger["1001"][MARKETING] = ("name",)
    request = await submitted(world, kind="objection", changes=None, fields=["marketing"])
    world.subjects.steps[request.id] = 1
    await proven(world, request)


def check(world: World, where: str) -> None:
    """Nothing lost, nothing twice, nothing left over."""
    (request_id,) = world.requests.documents
    request = world.request(request_id)
    assert request.status is Status.COMPLETED, where
    assert world.offences() == [], where
    assert request.outbox == () and request.steps == {} and request.sending == (), where
    assert world.parked.messages == {}, where
    assert "home_address" in world.subjects.usable("1001"), where
    for mail in world.outbound.mails:
        copies = [m for m in world.outbound.mails if m.message_id == mail.message_id]
        assert all(copy == mail for copy in copies), where
    for name, mark in request.mails.items():
        assert world.outbound.purposes().count(name.partition("-")[0]) <= mark.marks, where
    if request.kind == "restriction":
        lifted_once(world, request, where)
    else:
        assert world.subjects.changed == [(request_id, "marketing")], where
        assert world.subjects.records["1001"].consents["profiling"], where
        assert {told.recipient for told in world.outbound.notices} == {MARKETING}, where


def lifted_once(world: World, request: RequestRecord, where: str) -> None:
    """Told in that order, each under one id."""
    assert request.lifting is not None and request.lifting.told_before is not None, where
    first, second = request.lifting.told_before[CARRIER], request.notices[CARRIER]
    told = [(told.notice_id, told.about) for told in world.outbound.notices]
    assert set(told) == {(first.id, "restriction"), (second.id, "restriction_lifted")}, where
    assert told == sorted(told, key=lambda one: one[0] == second.id), where
    assert world.events().count("restriction.lifted") <= 2, where
    assert set(request.mails) == {"acknowledgement", "challenge-1", "completion", "lifted"}, where


@pytest.mark.parametrize("journey", [a_restriction_that_is_lifted, an_objection_in_parts])
async def test_a_crash_at_any_point_loses_nothing_and_does_nothing_twice(journey: Journey) -> None:
    world = World()
    await submitted(world)
    first = point = len(world.faults.passed)
    while True:
        world = World()
        world.faults.crash_at = point
        await journey(world)
        passed = len(world.faults.passed)
        met = world.faults.passed[point] if point < passed else "none"
        check(world, f"crash at point {point}: {met}")
        if point >= passed:
            break
        point += 1
    assert point - first > 10
