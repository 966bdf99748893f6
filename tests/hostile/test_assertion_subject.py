"""A genuine, fresh token of somebody else: signed in, but not the person whom it is about."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.lifecycle import Status
from tests.cast import JIHO, OLD_ADDRESS, said, submission, submission_content
from tests.world import World


async def tried(sub: Any, world: World | None = None, **other: Any) -> tuple[World, Status]:
    world = world or World()
    content = submission_content(**other)
    world.publish("submission", content)
    await world.work()
    request = world.request(content["submission_id"])
    token = world.login.says(said(content), world.clock.now, sub=sub)
    world.publish_assertion(request, token, reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    return world, world.request(request.id).status


@pytest.mark.parametrize("sub", ["1002", "", None, "10010", "1001 ", ["1001"], True, {"$gt": ""}])
async def test_another_member_changes_nothing_of_minjis(sub: Any) -> None:
    world = World()
    world.join("1002", login_id="other", email="other@mail.example")
    world, status = await tried(sub, world)
    assert status is Status.AWAITING_PROOF
    assert world.replies()[-1] == {"accepted": False}
    assert world.subjects.usable("1001")["home_address"] == OLD_ADDRESS


async def test_a_number_in_the_claim_is_the_same_key() -> None:
    _, status = await tried(1001)
    assert status is Status.COMPLETED


async def test_identifiers_that_lead_to_nobody_are_proven_by_nobody() -> None:
    """Also where the member who is signed in exists, and the answer is the same."""
    world, status = await tried("1001", subject={"login_id": "nobody"})
    assert status is Status.AWAITING_PROOF
    assert world.replies()[-1] == {"accepted": False}


async def test_identifiers_of_two_people_are_proven_by_neither() -> None:
    world = World()
    world.join("1002", login_id="other", email="other@mail.example")
    mixed = {"login_id": "minji.kim", "email": "other@mail.example"}
    for sub in ("1001", "1002"):
        _, status = await tried(sub, world, subject=mixed)
        assert status is Status.AWAITING_PROOF


async def test_a_child_that_is_signed_in_does_not_prove_its_guardian() -> None:
    world = World()
    content = submission_content(requester=JIHO)
    world.publish("submission", content)
    await world.work()
    if content["submission_id"] not in world.requests.documents:
        return
    request = world.request(content["submission_id"])
    world.publish_assertion(request, world.login.says(said(content), world.clock.now))
    await world.work()
    assert world.request(request.id).proof is None


async def test_an_unknown_tracking_code_is_answered_like_a_wrong_token() -> None:
    world, _ = await tried("1002")
    wish = submission()
    request = world.request(next(iter(world.requests.documents)))
    other = request.model_copy(update={"tracking": "DSR-AAAA-AAAA"})
    world.publish_assertion(
        other,
        world.login.says(wish, world.clock.now),
        reply_to="dsr.reply.a",
        correlation_id="1",
    )
    await world.work()
    assert world.replies() == [{"accepted": False}] * 2
