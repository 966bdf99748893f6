"""A stranger asks again and again in a member's name: her own request goes its way all the same."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.letters import DigestFacts
from schemas.lifecycle import Status
from schemas.messages import Summon
from schemas.request import RequestRecord
from tests.cast import NEW_ADDRESS, STRANGER, said, submission_content
from tests.world import DAY, HOUR, MINUTE, World

BY_STRANGER: dict[str, Any] = {"requester": {"relation": "self", **STRANGER}}


async def flooded(requests: int = 20) -> World:
    """So many requests of a stranger about Minji, each with a wish of its own."""
    world = World()
    for number in range(requests):
        changes = [{"field": "hobbies", "value": [f"바둑 {number}"]}]
        world.publish("submission", submission_content(**BY_STRANGER, changes=changes))
    await world.work()
    for _ in range(3):
        await world.tick(MINUTE)
    return world


def count(world: World, purpose: str) -> int:
    return world.outbound.purposes().count(purpose)


def token(world: World) -> str:
    mail = next(m for m in world.outbound.mails if isinstance(m.facts, DigestFacts))
    assert isinstance(mail.facts, DigestFacts)
    return mail.facts.link.rpartition("/")[2]


async def summon(world: World, tracking: str, by: str) -> None:
    await world.at_once("verification", Summon(tracking, by), seed=0)
    await world.work()


async def test_a_flood_is_three_codes_and_one_digest_a_day() -> None:
    world = await flooded()
    assert (count(world, "challenge"), count(world, "digest")) == (3, 1)
    (digest,) = (mail for mail in world.outbound.mails if mail.facts.purpose == "digest")
    assert digest.to == "minji@mail.example"
    await world.tick(DAY)
    for _ in range(10):
        await world.tick(HOUR)
    assert (count(world, "challenge"), count(world, "digest")) == (6, 2)
    assert world.offences() == []


async def test_her_own_request_is_sent_its_code_when_she_asks_for_it() -> None:
    world = await flooded()
    hers = await world.submit()
    assert hers.challenge is None
    await summon(world, hers.tracking, token(world))
    assert count(world, "challenge") == 4
    assert world.outbound.mails[-1].to == "minji@mail.example"
    await world.prove(hers)
    assert world.request(hers.id).status is Status.COMPLETED
    assert world.subjects.records["1001"].fields["home_address"] == NEW_ADDRESS
    assert world.offences() == []


async def test_signed_in_she_needs_no_code_at_all() -> None:
    world = await flooded()
    hers = await world.signed_in()
    assert hers.status is Status.COMPLETED
    assert count(world, "challenge") == 3


async def test_the_digest_itself_proves_nothing() -> None:
    world = await flooded()
    hers = await world.submit()
    world.publish_proof(hers, token(world), reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    assert world.replies() == [{"accepted": False}]
    assert world.request(hers.id).status is Status.AWAITING_PROOF


async def test_a_summoned_code_is_one_more_and_no_way_round_the_limit() -> None:
    """Whoever burns its five tries gets no further mail out of it today."""
    world = await flooded()
    hers = await world.submit()
    for _ in range(3):
        await summon(world, hers.tracking, token(world))
    assert count(world, "challenge") == 4
    for _ in range(5):
        await world.prove(hers, world.wrong_code(hers))
    await world.tick(HOUR)
    assert count(world, "challenge") == 4
    assert world.request(hers.id).status is Status.AWAITING_PROOF


@pytest.mark.parametrize("which", ["made up", "of another person", "of three days ago"])
async def test_no_other_link_has_a_code_sent(which: str) -> None:
    world = await flooded()
    hers: RequestRecord | Any = await world.submit()
    day = world.clock.now.toordinal()
    given = {
        "made up": "x" * 22,
        "of another person": world.tokens.link("p-1002", day, "waiting", ""),
        "of three days ago": world.tokens.link("p-1001", day - 3, "waiting", ""),
    }[which]
    await summon(world, hers.tracking, given)
    assert count(world, "challenge") == 3


async def test_her_link_has_nobody_elses_code_sent() -> None:
    world = await flooded()
    world.join("1002", login_id="other", email="other@mail.example")
    for number in range(4):
        changes = [{"field": "hobbies", "value": [f"{number}"]}]
        others = await world.submit(subject={"login_id": "other"}, changes=changes)
    before = count(world, "challenge")
    await summon(world, others.tracking, token(world))
    assert count(world, "challenge") == before


async def test_nothing_is_summoned_that_does_not_wait() -> None:
    world = await flooded()
    done = await world.signed_in()
    nobody = await world.submit(subject={"login_id": "nobody"})
    for request in (done, nobody):
        before = world.requests.documents[request.id]
        await summon(world, request.tracking, token(world))
        assert world.requests.documents[request.id] == before


async def test_fifty_at_once_from_many_workers_are_one_digest() -> None:
    for seed in range(5):
        world = await flooded(0)
        wishes = [
            said(submission_content(changes=[{"field": "hobbies", "value": [str(number)]}]))
            for number in range(12)
        ]
        await world.at_once("registration", *wishes, seed=seed)
        await world.work()
        for _ in range(10):
            await world.tick(MINUTE)
        assert (count(world, "challenge"), count(world, "digest")) == (3, 1)


async def test_a_flood_about_somebody_who_does_not_exist_looks_the_same_and_mails_nobody() -> None:
    world = World()
    for _ in range(9):
        request = await world.submit(**BY_STRANGER, subject={"login_id": "nobody"})
    assert request.status is Status.AWAITING_PROOF
    assert {*world.outbound.purposes()} == {"acknowledgement"}
