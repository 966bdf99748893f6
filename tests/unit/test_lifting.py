"""A restriction is lifted by whoever it is about, also where the first link is lost or over."""

from __future__ import annotations

from schemas.letters import LiftFacts
from schemas.messages import SendLift
from schemas.request import Contact, Request
from tests.cast import JIHO
from tests.desk import blocked
from tests.rights import approved_by_two, completion
from tests.unit.test_restriction import press, restricted, restriction, take_back, token
from tests.world import DAY, HOUR, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry


async def asks_for_a_link(world: World, request: Request) -> bool:
    """The desk is asked, and has one sent to the contact on file."""
    item = Item(SendLift(request.tracking, "park"))
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


def sent(world: World) -> list[tuple[str, LiftFacts]]:
    """Where a link was sent afterwards, and what it says."""
    return [(m.to, m.facts) for m in world.outbound.mails if isinstance(m.facts, LiftFacts)]


async def restricted_by_father(world: World) -> Request:
    """Jiho has his child's data restricted; three years later it is old enough."""
    world.adopt()
    request = await restricted(world, requester=JIHO, subject={"login_id": "seoyun"})
    await world.tick(3 * 365 * DAY + HOUR)
    return request


async def test_a_grown_child_lifts_what_its_guardian_had_restricted() -> None:
    world = World()
    request = await restricted_by_father(world)
    assert await asks_for_a_link(world, request)
    ((to, facts),) = sent(world)
    assert (to, facts.relation) == ("1042@a.example", "guardian")
    await press(world, request, facts.link.rpartition("/")[2])
    assert set(world.subjects.usable("1042")) == {"home_address", "name", "hobbies"}
    assert world.offences() == []


async def test_or_by_the_code_that_it_got_through_any_channel() -> None:
    world = World()
    request = await restricted_by_father(world)
    await asks_for_a_link(world, request)
    ((_, facts),) = sent(world)
    assert await take_back(world, request, facts.code, channel="post", operator="park")
    assert world.request(request.id).lifting is not None


async def test_the_guardians_own_link_and_code_lift_nothing_then_but_tell_the_child_how() -> None:
    world = World()
    request = await restricted_by_father(world)
    await press(world, request, token(world, request))
    assert not await take_back(world, request, str(completion(world, request).lift_code))
    assert world.request(request.id).lifting is None
    ((to, _),) = sent(world)
    assert to == "1042@a.example", "once a day at most"


async def test_a_guardian_whose_child_is_young_lifts_it_himself_and_no_link_goes_to_the_child() -> (
    None
):
    world = World()
    world.adopt()
    request = await restricted(world, requester=JIHO, subject={"login_id": "seoyun"})
    assert not await asks_for_a_link(world, request)
    await press(world, request, token(world, request))
    assert world.request(request.id).lifting is not None


async def test_a_lost_link_is_sent_again_to_the_contact_as_it_stands_by_now() -> None:
    world = World()
    request = await restricted(world)
    old = token(world, request)
    moved = Contact(kind="mail", value="minji@later.example")
    world.subjects.records["1001"].contacts = (moved,)
    assert await asks_for_a_link(world, request)
    assert not await asks_for_a_link(world, request)
    ((to, facts),) = sent(world)
    assert to == moved.value
    code = str(completion(world, request).lift_code)
    assert not await take_back(world, request, code), "a later code takes its place"
    await press(world, request, old)
    assert world.request(request.id).lifting is not None, "both links are hers"
    assert facts.code != code


async def test_a_killed_code_is_replaced_by_the_next_one() -> None:
    world = World()
    request = await restricted(world)
    wrong = f"{(int(str(completion(world, request).lift_code)) + 1) % 10**8:08}"
    for _ in range(world.policy.max_tries):
        await take_back(world, request, wrong)
    await asks_for_a_link(world, request)
    ((_, facts),) = sent(world)
    assert await take_back(world, request, facts.code)


async def test_there_is_nothing_to_send_where_nothing_stands_or_nobody_is_on_file() -> None:
    world = World()
    request = await world.submit(**restriction())
    assert not await asks_for_a_link(world, request)
    await world.prove(request)
    del world.subjects.records["1001"]
    assert not await asks_for_a_link(world, request)
    assert sent(world) == []


async def test_what_the_desk_granted_has_a_code_that_works_though_the_challenge_is_dead() -> None:
    world = World()
    request = await blocked(world, **restriction())
    assert request.challenge is not None and request.challenge.dead
    await approved_by_two(world, request)
    code = str(completion(world, request).lift_code)
    assert not await take_back(world, request, f"{(int(code) + 1) % 10**8:08}")
    assert await take_back(world, request, code)
    assert world.offences() == []
