"""What is handed in with a request that no person decides is kept sealed, and goes with its end."""

from __future__ import annotations

import pytest

from schemas.lifecycle import Status
from schemas.request import Request
from schemas.review import AddExhibit, Role, Staff
from tests.cast import withdrawal
from tests.desk import NEW_NAME, YES, decide
from tests.world import DAY, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

MAILBOX = Staff("mailbox", Role.AGENT)
FILE = AddExhibit("e-1", size=3)


def told(world: World, request: Request) -> list[str]:
    return [entry.what for entry in world.request(request.id).history]


async def handed_in(**other: object) -> tuple[World, Request]:
    """A file lies with a request that waits for its proof."""
    world = World()
    request = await world.submit(**other)
    assert await decide(world, request, FILE, MAILBOX) is None
    assert world.request(request.id).status is Status.AWAITING_PROOF
    return world, request


async def test_it_is_destroyed_once_the_request_is_done() -> None:
    world, request = await handed_in()
    await world.prove(request)
    await world.tick()
    stands = world.request(request.id)
    assert stands.status is Status.COMPLETED
    assert stands.review is not None and stands.review.exhibits_destroyed_at is not None
    assert told(world, request).count("evidence_destroyed") == 1
    assert world.offences() == []


@pytest.mark.parametrize("end", ["expired", "withdrawn"])
async def test_it_is_destroyed_where_nobody_proves_it_or_it_is_taken_back(end: str) -> None:
    world, request = await handed_in()
    if end == "withdrawn":
        message = withdrawal(request.tracking, world.code(request))
        await carry(world.house, STATIONS["verification"], [Item(message)])
        await world.work()
    else:
        await world.tick(4 * DAY)
    assert world.request(request.id).status == end
    assert "evidence_destroyed" in told(world, request)


async def test_it_is_there_when_the_request_comes_to_the_desk_and_nobody_was_there_before() -> None:
    world, request = await handed_in(**NEW_NAME)
    await world.prove(request)
    stands = world.request(request.id)
    assert stands.status is Status.IN_REVIEW
    assert stands.review is not None
    assert [one.id for one in stands.review.exhibits] == ["e-1"]
    assert [why.value for why in stands.review.why] == ["evidence_field"]
    await decide(world, request, YES)
    await world.tick()
    assert world.request(request.id).status is Status.COMPLETED
    assert told(world, request).count("evidence_destroyed") == 1


async def test_nothing_is_handed_in_once_it_is_done() -> None:
    world = World()
    request = await world.proven()
    assert world.request(request.id).status is Status.COMPLETED
    assert await decide(world, request, FILE, MAILBOX) == "decided_already"
