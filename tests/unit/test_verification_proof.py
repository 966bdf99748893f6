"""A code that only the contact on file knows: five tries, one answer, and nothing before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.lifecycle import Status
from tests.cast import AGENT_PARK, NEW_ADDRESS, OLD_ADDRESS, new_id, proof
from tests.world import HOUR, World, with_policy


async def test_before_the_proof_nothing_is_changed_hidden_or_told() -> None:
    world = World()
    await world.submit()
    assert world.subjects.usable("1001")["home_address"] == OLD_ADDRESS
    assert world.outbound.notices == []


async def test_a_right_code_hides_the_disputed_field_and_no_other_until_it_is_corrected() -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    assert world.request(request.id).status is Status.VERIFIED
    assert set(world.subjects.usable("1001")) == {"name", "hobbies"}
    await world.work()
    assert world.subjects.usable("1001")["home_address"] == NEW_ADDRESS


async def test_a_wrong_code_changes_nothing() -> None:
    world = World()
    request = await world.submit()
    await world.prove(request, world.wrong_code(request))
    assert world.request(request.id).status is Status.AWAITING_PROOF
    assert world.subjects.usable("1001")["home_address"] == OLD_ADDRESS


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1} {2}", "{1}-{2}", "link"])
async def test_the_code_is_right_as_people_type_it_and_so_is_the_link(typed: str) -> None:
    world = World()
    request = await world.submit()
    code = world.code(request)
    given = typed.format(code, code[:4], code[4:])
    if typed == "link":
        given = world.tokens.link(request.id, 1, "proof", request.digest)
    await world.prove(request, given)
    assert world.request(request.id).status is Status.COMPLETED


async def test_four_wrong_codes_leave_the_fifth_try() -> None:
    world = World()
    request = await world.submit()
    for _ in range(4):
        await world.prove(request, world.wrong_code(request))
    await world.prove(request)
    assert world.request(request.id).status is Status.COMPLETED


async def test_five_wrong_codes_kill_that_code_only_and_another_goes_to_the_contact() -> None:
    """So a stranger cannot guess, and cannot lock a person out either."""
    world = World()
    request = await world.submit()
    first = world.code(request)
    for _ in range(5):
        await world.prove(request, world.wrong_code(request))
    second = world.code(request)
    assert second != first
    await world.prove(request, first)
    assert world.request(request.id).status is Status.AWAITING_PROOF
    await world.prove(request, second)
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_sixth_wrong_code_changes_nothing_at_all() -> None:
    world = World(policy=with_policy(challenges_a_day=1))
    request = await world.submit()
    for _ in range(5):
        await world.prove(request, world.wrong_code(request))
    before = world.requests.documents[request.id]
    await world.prove(request, world.wrong_code(request))
    await world.prove(request, world.code(request))
    assert world.requests.documents[request.id] == before


async def test_the_same_proof_again_counts_once() -> None:
    world = World()
    request = await world.submit()
    same = new_id()
    for _ in range(9):
        await world.prove(request, world.wrong_code(request), proof_id=same)
    challenge = world.request(request.id).challenge
    assert challenge is not None
    assert challenge.tries == (same,) and not challenge.dead


async def test_a_proof_id_that_was_wrong_once_is_not_right_with_another_code() -> None:
    world = World()
    request = await world.submit()
    same = new_id()
    await world.prove(request, world.wrong_code(request), proof_id=same)
    await world.prove(request, proof_id=same)
    assert world.request(request.id).status is Status.AWAITING_PROOF


async def test_the_code_of_another_request_fails() -> None:
    """It is bound to what was asked, so it proves nothing about anything else."""
    world = World()
    hers = await world.submit()
    other = await world.submit(changes=[{"field": "hobbies", "value": ["바둑"]}])
    assert world.code(hers) != world.code(other)
    await world.prove(hers, world.code(other))
    assert world.request(hers.id).status is Status.AWAITING_PROOF


async def test_a_used_code_opens_nothing_a_second_time() -> None:
    world = World()
    request = await world.proven()
    before = world.outcome()
    await world.prove(request)
    assert world.outcome() == before


async def test_the_same_right_proof_again_gets_the_same_answer() -> None:
    """Its publisher did not hear the first one."""
    world = World()
    request = await world.submit()
    right = proof(request.tracking, world.code(request))
    answers = []
    for _ in range(3):
        (item,) = await world.at_once("verification", right, seed=0)
        answers.append(item.reply)
        await world.work()
    assert [reply is not None and reply.accepted for reply in answers] == [True] * 3
    assert len(world.subjects.changed) == 1


async def test_a_proof_within_the_grace_hour_still_counts() -> None:
    world = World()
    request = await world.submit()
    world.clock.now += timedelta(hours=72, minutes=59)
    await world.prove(request)
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_proof_after_the_grace_hour_does_not_even_if_nobody_looked_at_the_clock() -> None:
    world = World()
    request = await world.submit()
    world.clock.now += timedelta(hours=73, seconds=1)
    await world.prove(request)
    assert world.request(request.id).status is Status.AWAITING_PROOF
    assert world.subjects.changed == []


async def test_a_code_that_the_agent_types_for_a_caller_is_a_proof_by_phone() -> None:
    world = World()
    request = await world.submit(channel="phone", operator=AGENT_PARK)
    await world.prove(request, channel="phone", operator=AGENT_PARK)
    record = world.request(request.id).proof
    assert record is not None
    assert (record.route, record.number, record.digest) == ("phone", 1, request.digest)


@pytest.mark.parametrize("field", ["name", "email", "birth_date"])
async def test_a_field_that_needs_evidence_goes_to_a_person_and_stays_hidden(field: str) -> None:
    value = {"name": "김민주", "email": "new@mail.example", "birth_date": "1990-05-13"}[field]
    world = World()
    request = await world.proven(changes=[{"field": field, "value": value}])
    assert world.request(request.id).status is Status.IN_REVIEW
    assert world.subjects.changed == []
    assert field not in world.subjects.usable("1001")
    await world.tick(HOUR)
    assert world.request(request.id).status is Status.IN_REVIEW


async def test_a_person_who_is_gone_by_then_is_answered_no_and_nothing_breaks() -> None:
    world = World()
    request = await world.submit()
    del world.subjects.records["1001"]
    await world.prove(request)
    assert world.request(request.id).status is Status.AWAITING_PROOF
    await world.tick(timedelta(hours=73))
    assert world.request(request.id).status is Status.EXPIRED
