"""A process that dies at any point of a decision: its person decides again, and it counts once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from schemas.lifecycle import Status
from schemas.request import Request
from schemas.review import Answer, Decision, Refuse
from tests.cast import STRANGER
from tests.desk import HAN_ALONE, NEW_NAME, PASSPORT, QUESTION, YES, blocked, decide
from tests.fakes import Crash
from tests.world import DAY, MINUTE, World

REPLY = "주문 기록은 법에 따라 5년 동안 보관합니다."
Journey = Callable[[World], Awaitable[Request]]
POINT = [0]
"""At which point after the decision began the worker dies."""


async def decided(world: World, request: Request, decision: Decision) -> None:
    """Whoever gets no answer looks, and decides again; told that it is decided, that is it."""
    try:
        await decide(world, request, decision)
    except Crash:
        world.restart()
        assert await decide(world, request, decision) in {None, "not_in_review"}
        for _ in range(3):
            await world.tick(5 * MINUTE)


async def approved(world: World) -> Request:
    request = await world.proven(**NEW_NAME)
    start(world)
    await decided(world, request, YES)
    return request


async def refused(world: World) -> Request:
    request = await world.proven(**NEW_NAME)
    start(world)
    await decided(world, request, Refuse("is_correct"))
    return request


async def answered(world: World) -> Request:
    request = await world.submit(requester={"relation": "self", **STRANGER}, **QUESTION)
    start(world)
    await decided(world, request, Answer(REPLY))
    return request


async def approved_alone(world: World) -> Request:
    request = await blocked(world)
    await decide(world, request, PASSPORT)
    await decide(world, request, YES, by=HAN_ALONE)
    start(world)
    try:
        await world.tick(DAY)
    except Crash:
        world.restart()
        for _ in range(3):
            await world.tick(5 * MINUTE)
    return request


def start(world: World) -> None:
    """From here on the worker dies at the point that the test is about."""
    world.faults.crash_at = len(world.faults.passed) + POINT[0]


@pytest.mark.parametrize(
    ("journey", "ends", "mail"),
    [
        (approved, Status.COMPLETED, "completion"),
        (refused, Status.REFUSED, "refusal"),
        (answered, Status.COMPLETED, "answer"),
        (approved_alone, Status.COMPLETED, "completion"),
    ],
)
async def test_a_decision_counts_once_wherever_its_process_died(
    journey: Journey, ends: Status, mail: str
) -> None:
    POINT[0] = -1
    died = True
    while died:
        POINT[0] += 1
        world = World()
        request = await journey(world)
        died = world.faults.crash_at is None
        done = world.request(request.id)
        assert done.status is ends, POINT
        assert 1 <= world.outbound.purposes().count(mail) <= done.mails[mail].marks, POINT
        assert len(world.subjects.changed) <= 1, POINT
        assert world.offences() == [], POINT
    assert POINT[0] > 5
