"""Sent twice, or very often from one address: nothing is lost, and nobody else is held up."""

from __future__ import annotations

from typing import Any

from schemas.letters import AcknowledgementFacts, ExpiryFacts
from schemas.lifecycle import Status
from schemas.messages import Summon
from schemas.request import RequestRecord
from tests.cast import STRANGER, submission_content, withdrawal
from tests.world import DAY, MINUTE, World, with_policy
from workers.ports import waiting_token

BY_STRANGER: dict[str, Any] = {"relation": "self", **STRANGER}


def challenged(world: World, request: RequestRecord | Any) -> int:
    return sum(
        mail.tracking == request.tracking and mail.facts.purpose == "challenge"
        for mail in world.outbound.mails
    )


async def test_the_same_form_twice_is_two_requests_and_one_challenge() -> None:
    world = World()
    first, second = await world.submit(), await world.submit()
    assert (challenged(world, first), challenged(world, second)) == (1, 0)
    assert second.duplicate_of == first.tracking
    assert second.status is Status.AWAITING_PROOF
    await world.prove(first)
    assert world.request(first.id).status is Status.COMPLETED
    await world.tick(4 * DAY)
    assert world.request(second.id).status is Status.EXPIRED
    assert len(world.subjects.changed) == 1
    assert world.offences() == []


async def test_both_are_told_which_one_is_acted_on() -> None:
    world = World()
    first, second = await world.submit(), await world.submit()
    await world.prove(first)
    await world.tick(4 * DAY)
    said = {
        (mail.tracking, mail.facts.purpose): mail.facts.same_as
        for mail in world.outbound.mails
        if isinstance(mail.facts, AcknowledgementFacts | ExpiryFacts)
    }
    assert said == {
        (first.tracking, "acknowledgement"): None,
        (second.tracking, "acknowledgement"): first.tracking,
        (second.tracking, "expiry"): first.tracking,
    }


async def test_where_the_older_one_comes_to_nothing_the_other_stands_for_itself() -> None:
    world = World()
    first, second = await world.submit(), await world.submit()
    await world.at_once("verification", withdrawal(first.tracking, world.code(first)), seed=0)
    await world.tick(DAY + MINUTE)
    assert challenged(world, second) == 1
    await world.prove(second)
    assert world.request(second.id).status is Status.COMPLETED


async def test_a_second_one_can_be_summoned_and_proven_by_a_login() -> None:
    world = World()
    await world.submit()
    second, third = await world.submit(), await world.signed_in()
    assert third.status is Status.COMPLETED
    tools = world.house.tools_now()
    token = waiting_token("p-1001", world.clock.now, tools)
    await world.at_once("verification", Summon(second.tracking, token), seed=0)
    await world.work()
    assert challenged(world, second) == 1


async def test_other_content_or_a_wish_that_was_done_is_no_duplicate() -> None:
    world = World()
    done = await world.proven()
    again = await world.submit()
    other = await world.submit(statement="빨리요")
    assert again.duplicate_of is None
    assert other.duplicate_of is None
    assert done.status is Status.COMPLETED
    assert challenged(world, again) == challenged(world, other) == 1


async def test_fifty_of_one_form_at_once_lose_nothing() -> None:
    world = World()
    for _ in range(50):
        world.publish("submission", submission_content())
    await world.work()
    await world.tick(5 * DAY)
    assert len(world.requests.documents) == 50
    assert world.offences() == []


async def test_what_one_address_asks_beyond_its_number_waits_for_a_day_and_is_then_done() -> None:
    world = World(policy=with_policy(requests_a_day=2))
    for number in range(4):
        world.join(f"200{number}", login_id=f"m{number}")
    asked = [
        await world.submit(requester=BY_STRANGER, subject={"login_id": f"m{number}"})
        for number in range(4)
    ]
    assert [challenged(world, request) for request in asked] == [1, 1, 0, 0]
    assert world.outbound.purposes().count("acknowledgement") == 2
    await world.tick(DAY + MINUTE)
    assert [challenged(world, request) for request in asked] == [1, 1, 1, 1]
    assert world.outbound.purposes().count("acknowledgement") == 4
    assert world.offences() == []


async def test_it_is_the_address_that_waits_and_nobody_else() -> None:
    world = World(policy=with_policy(requests_a_day=1))
    for number in range(5):
        await world.submit(
            requester=BY_STRANGER, subject={"login_id": "nobody"}, statement=f"{number}"
        )
    hers = await world.submit()
    assert challenged(world, hers) == 1


async def test_a_stranger_who_uses_her_address_does_not_use_up_her_number() -> None:
    """She asks from an address that is on file for her."""
    world = World(policy=with_policy(requests_a_day=1))
    for number in range(5):
        await world.submit(subject={"login_id": "nobody"}, statement=f"{number}")
    assert world.outbound.purposes().count("acknowledgement") == 1
    hers = await world.submit()
    assert hers.loud
    assert challenged(world, hers) == 1


async def test_what_is_counted_of_an_address_is_no_address() -> None:
    world = World()
    request = await world.submit(requester=BY_STRANGER)
    same = await world.submit(
        requester={**BY_STRANGER, "email": STRANGER["email"].upper()}, statement="또"
    )
    assert request.sender == same.sender
    assert STRANGER["email"] not in str(world.requests.documents[request.id])
    nameless = await world.submit(channel="post", requester={"relation": "self"})
    assert nameless.sender is None
    assert not nameless.loud


async def test_the_deadline_of_what_waits_is_the_same() -> None:
    world = World(policy=with_policy(requests_a_day=1))
    first = await world.submit(statement="1")
    second = await world.submit(statement="2", requester=BY_STRANGER)
    third = await world.submit(statement="3", requester=BY_STRANGER)
    assert first.deadline == second.deadline == third.deadline
    assert third.loud
