"""A worker that dies at any point of a request's way, and another one that starts after it.

Every point is tried in turn: before and after each write, each publication, each thing that leaves
the house, each acknowledgement to the broker. Then the broker delivers again what was not acked,
recipients acknowledge again, and the clock goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from schemas.lifecycle import Status
from schemas.messages import Acknowledge
from schemas.notice import NoticeAnswer
from schemas.request import Request
from tests.cast import NEW_ADDRESS, OLD_ADDRESS, submission_content, withdrawal
from tests.fakes import Crash
from tests.world import DAY, HOUR, MINUTE, World
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

CARRIER = "hanbit-delivery"
Journey = Callable[[World], Awaitable[None]]


async def at_last(world: World, act: Callable[[], Awaitable[object]]) -> None:
    """Do it; where the worker dies in it, it is done again by another one, with time passing."""
    try:
        await act()
    except Crash:
        world.restart()
        await act()
        for _ in range(3):
            await world.tick(5 * MINUTE)


async def submitted(world: World, **other: object) -> Request:
    content = submission_content(**other)
    world.publish("submission", content)
    await at_last(world, world.work)
    return world.request(content["submission_id"])


async def proven(world: World, request: Request, code: str | None = None) -> None:
    world.publish_proof(request, code)
    await at_last(world, world.work)


async def passes(world: World, time: timedelta) -> None:
    await at_last(world, lambda: world.tick(time))


async def a_correction(world: World) -> None:
    await proven(world, await submitted(world))


async def a_correction_after_wrong_codes(world: World) -> None:
    request = await submitted(world)
    for _ in range(6):
        await proven(world, request, "00000000")
    await proven(world, request)


async def a_correction_whose_recipient_is_down_at_first(world: World) -> None:
    world.outbound.answers[CARRIER] = [OutboundResult("put_off", "503")] * 2
    await proven(world, await submitted(world))
    await passes(world, timedelta(seconds=5))
    await passes(world, 5 * MINUTE)


async def a_correction_that_is_acknowledged_late(world: World) -> None:
    world.outbound.answers[CARRIER] = [OutboundResult("delivered", "200")] * 2
    request = await submitted(world)
    await proven(world, request)
    await passes(world, HOUR)

    async def acknowledge() -> None:
        notice = world.request(request.id).notices[CARRIER]
        ack = Acknowledge(notice.id, CARRIER, NoticeAnswer(status="applied"))
        await carry(world.house, STATIONS["propagation"], [Item(ack)])
        await world.work()

    await at_last(world, acknowledge)


async def an_expiry(world: World) -> None:
    await submitted(world)
    await passes(world, 73 * HOUR)


async def a_withdrawal(world: World) -> None:
    request = await submitted(world)
    back = withdrawal(request.tracking, world.code(request)).model_dump(mode="json", by_alias=True)
    world.publish("withdrawal", {name: value for name, value in back.items() if value})
    await at_last(world, world.work)


async def a_deletion(world: World) -> None:
    """Announced, cooled off, done in two parts, scanned again, and shredded in the end."""
    request = await submitted(world, kind="deletion", changes=None)
    world.subjects.steps[request.id] = 1
    await proven(world, request)
    await passes(world, world.policy.cooling_off_young)
    await passes(world, world.policy.second_scan)
    world.evidence.epoch = 2
    await passes(world, 31 * DAY)


JOURNEYS: dict[Journey, Status] = {
    a_correction: Status.COMPLETED,
    a_correction_after_wrong_codes: Status.COMPLETED,
    a_correction_whose_recipient_is_down_at_first: Status.COMPLETED,
    a_correction_that_is_acknowledged_late: Status.COMPLETED,
    an_expiry: Status.EXPIRED,
    a_withdrawal: Status.WITHDRAWN,
    a_deletion: Status.COMPLETED,
}


def check(world: World, ends: Status, where: str) -> None:
    """Nothing lost, nothing twice, nothing left over."""
    (request_id,) = world.requests.documents
    request = world.request(request_id)
    done = ends is Status.COMPLETED
    corrected = done and request.kind == "correction"
    assert request.status is ends, where
    assert world.offences() == [], where
    assert request.outbox == () and request.steps == {} and request.sending == (), where
    assert world.parked.messages == {}, where
    if done and not corrected:
        assert world.subjects.records == {}, where
        gone = [(request_id, name) for name in ("home_address", "name", "hobbies")]
        assert world.subjects.changed == gone, where
        assert request.certificate is not None and request.certificate["shredded_at"], where
    else:
        address = NEW_ADDRESS if corrected else OLD_ADDRESS
        assert world.subjects.usable("1001")["home_address"] == address, where
        assert world.subjects.changed == [(request_id, "home_address")] * corrected, where
    for mail in world.outbound.mails:
        copies = [m for m in world.outbound.mails if m.message_id == mail.message_id]
        assert all(copy == mail for copy in copies), where
    sent, lost = len(world.outbound.mails), 0
    for mark in request.mails.values():
        # Each failure and the one success leave an outcome; at most one mark can be without.
        outcomes = mark.attempts + (mark.status == "sent")
        lost += mark.marks - outcomes
        assert mark.marks - outcomes <= 1, where
    assert sent <= sum(mark.marks for mark in request.mails.values()), where
    if done:
        notice = request.notices[CARRIER]
        assert {told.notice_id for told in world.outbound.notices} == {notice.id}, where
        assert len(world.outbound.notices) <= notice.marks <= notice.attempts + 2, where
        assert world.outbound.purposes().count("completion") <= 2, where
    else:
        assert world.outbound.notices == [], where
    assert lost <= 1, where


async def the_submission() -> int:
    """How many points every journey has passed when it goes its own way."""
    world = World()
    await submitted(world)
    return len(world.faults.passed)


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
async def test_a_crash_at_any_point_loses_nothing_and_does_nothing_twice(
    journey: Journey,
) -> None:
    point = 0 if journey is a_correction else await the_submission()
    first = point
    while True:
        world = World()
        world.faults.crash_at = point
        await journey(world)
        passed = len(world.faults.passed)
        met = world.faults.passed[point] if point < passed else "none"
        check(world, JOURNEYS[journey], f"crash at point {point}: {met}")
        if point >= passed:
            break
        point += 1
    assert point - first > 10
