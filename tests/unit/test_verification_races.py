"""Proof, expiry and withdrawal at the same moment: the first claim wins, and nothing is left over.

Each is played in many orders of the two workers' calls; the seed in a failure's name replays it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from schemas.lifecycle import Status
from schemas.messages import Disown, Do
from tests.cast import MINJI, NEW_ADDRESS, OLD_ADDRESS, proof, withdrawal
from tests.world import HOUR, MINUTE, World
from workers.ports import Release, SubjectEffect

SEEDS = range(40)


async def settle(world: World) -> None:
    await world.work()
    for _ in range(4):
        await world.tick(5 * MINUTE)


def check(world: World, status: Status) -> None:
    """Either the whole correction or nothing of it, and nobody's field stays hidden."""
    corrected = status is Status.COMPLETED
    address = world.subjects.records["1001"].fields["home_address"]
    assert address == (NEW_ADDRESS if corrected else OLD_ADDRESS)
    assert world.subjects.usable("1001")["home_address"] == address
    assert len(world.subjects.changed) == corrected
    assert world.outbound.purposes().count("completion") == corrected
    assert len(world.outbound.notices) == corrected
    assert world.offences() == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_proof_and_its_expiry_in_the_same_moment_have_one_winner(seed: int) -> None:
    world = World()
    request = await world.submit()
    world.clock.now += 73 * HOUR
    right = proof(request.tracking, world.code(request))
    await world.at_once("verification", right, Do(request.id, "expiry"), seed=seed)
    await settle(world)
    status = world.request(request.id).status
    assert status in {Status.COMPLETED, Status.EXPIRED}
    check(world, status)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_proof_and_a_withdrawal_in_the_same_moment_have_one_winner(seed: int) -> None:
    world = World()
    request = await world.submit()
    code = world.code(request)
    items = await world.at_once(
        "verification",
        proof(request.tracking, code),
        withdrawal(request.tracking, code),
        seed=seed,
    )
    await settle(world)
    status = world.request(request.id).status
    assert status in {Status.COMPLETED, Status.WITHDRAWN}
    withdrawn = items[1].reply is not None and items[1].reply.accepted
    assert withdrawn == (status is Status.WITHDRAWN)
    check(world, status)


@pytest.mark.parametrize("seed", SEEDS)
async def test_this_was_not_me_and_a_proof_in_the_same_moment_have_one_winner(seed: int) -> None:
    world = World()
    request = await world.submit()
    token = world.tokens.link(request.id, 1, "disown", request.digest)
    right = proof(request.tracking, world.code(request))
    await world.at_once("verification", right, Disown(request.tracking, token), seed=seed)
    await settle(world)
    status = world.request(request.id).status
    assert status in {Status.COMPLETED, Status.IN_REVIEW}
    assert len(world.subjects.changed) == (status is Status.COMPLETED)


@pytest.mark.parametrize("seed", SEEDS)
async def test_two_right_proofs_at_once_open_the_way_once(seed: int) -> None:
    world = World()
    request = await world.submit()
    code = world.code(request)
    proofs = [proof(request.tracking, code) for _ in range(2)]
    await world.at_once("verification", *proofs, seed=seed)
    await settle(world)
    assert world.request(request.id).status is Status.COMPLETED
    check(world, Status.COMPLETED)


@pytest.mark.parametrize("seed", SEEDS)
async def test_ten_wrong_codes_at_once_count_as_five(seed: int) -> None:
    world = World()
    request = await world.submit()
    wrong = [proof(request.tracking, world.wrong_code(request)) for _ in range(10)]
    await world.at_once("verification", *wrong, seed=seed)
    challenge = world.request(request.id).challenge
    assert challenge is not None
    assert challenge.dead and len(challenge.tries) == 5
    what = Counter(entry.what for entry in world.request(request.id).history)
    assert what["code_wrong"] == 4 and what["code_killed"] == 1


async def test_no_order_of_proof_and_expiry_was_left_out() -> None:
    """The seeds above meet both winners; a test of a race that nobody else ever wins is none."""
    winners = set()
    for seed in SEEDS:
        world = World()
        request = await world.submit()
        world.clock.now += 73 * HOUR
        right = proof(request.tracking, world.code(request))
        await world.at_once("verification", right, Do(request.id, "expiry"), seed=seed)
        winners.add(world.request(request.id).status)
    assert winners == {Status.VERIFIED, Status.EXPIRED}


async def test_a_withdrawal_whose_worker_died_after_its_claim_is_not_lost_to_a_proof() -> None:
    """The claim stood, so the correction can never be applied: said again, it is a withdrawal."""
    world = World()
    request = await world.submit()
    back = withdrawal(request.tracking, world.code(request))
    apply = world.subjects.apply

    async def restrict_then_the_other_claims(effects: Sequence[SubjectEffect]) -> Any:
        results = await apply(effects)
        await apply([Release(request.id, MINJI)])
        return results

    world.subjects.apply = restrict_then_the_other_claims  # type: ignore[method-assign]
    await world.at_once("verification", proof(request.tracking, world.code(request)), seed=1)
    assert world.request(request.id).status is Status.VERIFIED
    world.subjects.apply = apply  # type: ignore[method-assign]
    await world.work()
    assert world.request(request.id).steps["correction"].error == "subject_lost"
    (item,) = await world.at_once("verification", back, seed=1)
    await settle(world)
    assert item.reply is not None and item.reply.accepted
    check(world, Status.WITHDRAWN)
    assert world.request(request.id).status is Status.WITHDRAWN
