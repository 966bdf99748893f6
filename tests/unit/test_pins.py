"""Who asked by phone or letter has a PIN for the status page: told once, tried five times."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.actors import of_desk
from schemas.bindings import pinned_by, viewed_by
from schemas.lifecycle import Status
from schemas.messages import AskViewing, GivePin, Message, View
from schemas.progress import Progress, progress
from schemas.request import Request
from tests.cast import AGENT_PARK, new_id
from tests.world import DAY, HOUR, MINUTE, POLICY, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.stages.verification.viewing import PIN_LASTS

CALLED = {
    "channel": "phone",
    "operator": AGENT_PARK,
    "requester": {"relation": "self", "name": "김민지", "phone": "010-2345-0001"},
}


async def say(world: World, message: Message) -> bool:
    item = Item(message)
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


async def told(world: World, request: Request) -> str:
    """The PIN that an agent tells."""
    assert await say(world, GivePin(request.tracking, AGENT_PARK))
    stands = world.request(request.id)
    assert stands.pin is not None
    return world.tokens.code(stands.id, stands.pin.number, pinned_by(stands))


async def opens(world: World, request: Request, pin: str) -> bool:
    return await say(world, View(request.tracking, pin, new_id()))


async def seen(world: World, request: Request) -> Progress:
    stands = world.request(request.id)
    particulars = await world.house.tools.sealer.open(stands)
    window = POLICY.letter_window + POLICY.grace
    return progress(stands, particulars, world.house.requests.now(), window)


async def test_a_pin_opens_the_page_again_and_again_and_who_gave_it_is_on_record() -> None:
    world = World()
    request = await world.submit(**CALLED)
    pin = await told(world, request)
    assert await opens(world, request, pin)
    assert await opens(world, request, pin)
    given = [one.by for one in world.request(request.id).history if one.what == "pin_given"]
    assert given == [of_desk(AGENT_PARK)]
    assert world.offences() == []


async def test_nothing_of_a_pin_is_stored() -> None:
    world = World()
    request = await world.submit(**CALLED)
    pin = await told(world, request)
    assert pin not in repr(world.requests.documents)
    assert pin not in repr(world.broker.published)


async def test_the_fifth_wrong_try_ends_a_pin_and_a_new_one_ends_the_one_before() -> None:
    world = World()
    request = await world.submit(**CALLED)
    pin = await told(world, request)
    for number in range(1, 6):
        assert not await opens(world, request, f"{(int(pin) + number) % 10**8:08}")
    assert not await opens(world, request, pin)
    newer = await told(world, request)
    assert not await opens(world, request, pin)
    assert await opens(world, request, newer)


async def test_a_try_that_comes_twice_is_one() -> None:
    world = World()
    request = await world.submit(**CALLED)
    pin = await told(world, request)
    once = View(request.tracking, f"{(int(pin) + 1) % 10**8:08}", new_id())
    for _ in range(6):
        assert not await say(world, once)
    assert await opens(world, request, pin)


async def test_a_pin_ends_some_day() -> None:
    world = World()
    request = await world.submit(**CALLED)
    pin = await told(world, request)
    world.clock.now += PIN_LASTS + MINUTE
    assert not await opens(world, request, pin)


async def test_who_gave_an_address_gets_a_code_there_and_no_pin() -> None:
    world = World()
    request = await world.submit()
    assert not await say(world, GivePin(request.tracking, AGENT_PARK))
    assert not await say(world, GivePin("DSR-0000-0000", AGENT_PARK))
    assert world.request(request.id).pin is None


async def test_a_pin_proves_nothing_and_is_of_one_request() -> None:
    world = World()
    request = await world.submit(**CALLED)
    other = await world.submit(**CALLED, statement="another")
    pin = await told(world, request)
    await told(world, other)
    assert not await opens(world, other, pin)
    await world.prove(request, pin)
    assert world.request(request.id).status is Status.AWAITING_PROOF
    await say(world, AskViewing(request.tracking))
    code = world.tokens.code(request.id, 1, viewed_by(request))
    assert not await opens(world, request, code)


@pytest.mark.parametrize("first", ["pin", "proof"])
async def test_whoever_read_the_code_back_in_the_same_call_sees_all_of_it(first: str) -> None:
    world = World()
    request = await world.submit(**CALLED)
    if first == "pin":
        await told(world, request)
        world.clock.now += 10 * MINUTE
    await world.prove(request, channel="phone", operator=AGENT_PARK)
    if first == "proof":
        world.clock.now += 10 * MINUTE
        await told(world, request)
    stands = await seen(world, request)
    assert stands.full
    assert stands.proven_at is not None


@pytest.mark.parametrize(("channel", "later"), [("web", timedelta(0)), ("phone", 2 * HOUR)])
async def test_anybody_else_with_a_pin_sees_what_a_request_about_nobody_looks_like(
    channel: str, later: timedelta
) -> None:
    views = []
    for subject in ({"login_id": "minji.kim"}, {"login_id": "nobody"}):
        world = World()
        request = await world.submit(**CALLED, subject=subject)
        await told(world, request)
        world.clock.now += later
        if subject["login_id"] == "minji.kim":
            who = {"operator": AGENT_PARK} if channel == "phone" else {}
            await world.prove(request, channel=channel, **who)
            assert world.request(request.id).proof is not None
        await world.tick(8 * DAY)
        views.append(await seen(world, request))
    of_minji, of_nobody = views
    assert not of_minji.full
    assert of_minji.proven_at is None
    assert (of_minji.stage, of_minji.actor) == (of_nobody.stage, of_nobody.actor)
