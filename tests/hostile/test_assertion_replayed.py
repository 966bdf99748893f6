"""A token that somebody caught is used again: for the same request, or for another one."""

from __future__ import annotations

import pytest

from schemas.lifecycle import Status
from schemas.submission import Submission
from tests.cast import new_id, proof, said, submission_content
from tests.world import World


async def asked(world: World, **other: object) -> Submission:
    content = submission_content(**other)
    world.publish("submission", content)
    await world.work()
    return said(content)


async def test_a_used_token_under_another_proof_id_proves_nothing_again() -> None:
    world = World()
    wish = await asked(world)
    token = world.login.says(wish, world.clock.now)
    request = world.request(wish.submission_id)
    world.publish_assertion(request, token)
    await world.work()
    before = world.outcome()
    world.publish_assertion(request, token, reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    assert world.replies() == [{"accepted": False}]
    assert world.outcome() == before


async def test_a_token_for_one_request_proves_no_other_even_of_the_same_content() -> None:
    world = World()
    first, second = await asked(world), await asked(world)
    token = world.login.says(first, world.clock.now)
    world.publish_assertion(world.request(second.submission_id), token)
    await world.work()
    assert world.request(second.submission_id).status is Status.AWAITING_PROOF
    assert world.request(second.submission_id).asserted is None


async def test_a_login_that_gives_two_tokens_one_jti_is_believed_once() -> None:
    world = World()
    first, second = await asked(world), await asked(world)
    same = new_id()
    for wish in (first, second):
        token = world.login.says(wish, world.clock.now, jti=same)
        world.publish_assertion(
            world.request(wish.submission_id), token, reply_to="dsr.reply.a", correlation_id="1"
        )
        await world.work()
    assert world.replies() == [{"accepted": True}, {"accepted": False}]
    assert world.request(first.submission_id).status is Status.COMPLETED
    assert world.request(second.submission_id).status is Status.AWAITING_PROOF


@pytest.mark.parametrize("seed", range(10))
async def test_of_two_requests_at_once_with_one_jti_one_is_proven(seed: int) -> None:
    world = World()
    same = new_id()
    proofs = []
    for wish in (await asked(world), await asked(world)):
        token = world.login.says(wish, world.clock.now, jti=same)
        tracking = world.request(wish.submission_id).tracking
        proofs.append(proof(tracking, None, assertion=token))
    items = await world.at_once("verification", *proofs, seed=seed)
    await world.work()
    assert sorted(item.reply.accepted for item in items if item.reply) == [False, True]
    assert sorted(world.outcome()["statuses"]) == ["awaiting_proof", "completed"]
    assert world.offences() == []


@pytest.mark.parametrize("seed", range(10))
async def test_one_token_from_two_channels_at_once_is_one_proof(seed: int) -> None:
    world = World()
    wish = await asked(world)
    token = world.login.says(wish, world.clock.now)
    tracking = world.request(wish.submission_id).tracking
    twice = [proof(tracking, None, assertion=token) for _ in range(2)]
    items = await world.at_once("verification", *twice, seed=seed)
    await world.work()
    assert sorted(item.reply.accepted for item in items if item.reply) == [False, True]
    assert len(world.subjects.changed) == 1
    assert world.offences() == []
