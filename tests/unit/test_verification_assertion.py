"""A signed-in member corrects and deletes directly: the login's word instead of a code."""

from __future__ import annotations

import pytest

from schemas.lifecycle import Status
from schemas.messages import Stop
from schemas.request import RequestRecord
from schemas.submission import Submission
from tests.cast import (
    NEW_ADDRESS,
    OLD_ADDRESS,
    new_id,
    proof_content,
    said,
    submission_content,
)
from tests.fakes import Crash
from tests.login import Login
from tests.world import DAY, HOUR, World

MORE_WAYS = {"kind": "deletion", "changes": None}


async def asked(world: World, *stages: str, **other: object) -> tuple[Submission, RequestRecord]:
    content = submission_content(**other)
    world.publish("submission", content)
    await world.work(*stages)
    return said(content), world.request(content["submission_id"])


async def test_a_signed_in_member_corrects_without_a_code() -> None:
    world = World()
    request = await world.signed_in()
    assert request.status is Status.COMPLETED
    assert world.subjects.records["1001"].fields["home_address"] == NEW_ADDRESS
    assert request.proof is not None
    assert (request.proof.route, request.proof.digest) == ("assertion", request.digest)
    assert world.offences() == []


async def test_what_is_disputed_is_hidden_from_the_assertion_until_it_is_corrected() -> None:
    world = World()
    wish, request = await asked(world)
    world.publish_assertion(request, world.login.says(wish, world.clock.now))
    await world.work("verification")
    assert world.request(request.id).status is Status.VERIFIED
    assert "home_address" not in world.subjects.usable("1001")


async def test_a_login_that_is_quicker_than_the_challenge_saves_the_code() -> None:
    world = World()
    wish, request = await asked(world, "registration")
    assert request.status is Status.RECEIVED
    world.broker.queues["dsr.verification"].clear()
    world.publish_assertion(request, world.login.says(wish, world.clock.now))
    await world.work()
    assert world.request(request.id).status is Status.COMPLETED
    assert world.outbound.purposes() == ["acknowledgement", "completion"]
    assert world.offences() == []


async def test_the_challenge_that_comes_after_it_has_nothing_to_do() -> None:
    world = World()
    wish, request = await asked(world, "registration")
    challenge = world.broker.queues["dsr.verification"].pop()
    world.publish_assertion(request, world.login.says(wish, world.clock.now))
    await world.work()
    world.broker.queues["dsr.verification"].append(challenge)
    await world.work()
    assert world.outbound.purposes() == ["acknowledgement", "completion"]


async def test_a_member_without_a_mail_address_can_still_prove_it() -> None:
    world = World()
    world.subjects.records["1001"].contacts = ()
    request = await world.signed_in(requester={"relation": "self"})
    assert request.status is Status.COMPLETED
    assert request.mails["completion"].status == "undeliverable"
    assert world.outbound.mails == []


async def test_a_signed_in_member_deletes_after_the_time_to_stop_it() -> None:
    world = World()
    request = await world.signed_in(**MORE_WAYS)
    assert request.status is Status.VERIFIED
    assert "cooling" in world.outbound.purposes()
    await world.tick(5 * DAY + HOUR)
    assert world.request(request.id).status is Status.COMPLETED
    assert "1001" not in world.subjects.records
    assert world.offences() == []


async def test_a_deletion_without_any_contact_waits_as_long_as_with_a_young_one() -> None:
    world = World()
    world.subjects.records["1001"].contacts = ()
    request = await world.signed_in(**MORE_WAYS)
    await world.tick(2 * DAY)
    assert world.request(request.id).status is Status.VERIFIED
    await world.tick(3 * DAY + HOUR)
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_contact_on_file_stops_a_deletion_that_no_code_has_proven() -> None:
    world = World()
    wish, request = await asked(world, "registration", **MORE_WAYS)
    world.broker.queues["dsr.verification"].clear()
    world.publish_assertion(request, world.login.says(wish, world.clock.now))
    await world.work()
    request = world.request(request.id)
    assert request.challenge is None
    (cooling,) = (mail for mail in world.outbound.mails if mail.facts.purpose == "cooling")
    token = cooling.facts.stop_link.rpartition("/")[2]  # type: ignore[union-attr]
    await world.at_once("verification", Stop(request.tracking, token), seed=0)
    assert world.request(request.id).status is Status.WITHDRAWN
    await world.tick(9 * DAY)
    assert "1001" in world.subjects.records


async def test_evidence_is_asked_for_a_name_however_it_was_proven() -> None:
    world = World()
    request = await world.signed_in(changes=[{"field": "name", "value": "김민주"}])
    assert request.status is Status.IN_REVIEW


async def test_the_same_proof_again_is_still_yes_and_done_once() -> None:
    world = World()
    wish, request = await asked(world)
    token = world.login.says(wish, world.clock.now)
    same = new_id()
    for _ in range(3):
        world.publish_assertion(
            request, token, proof_id=same, reply_to="dsr.reply.a", correlation_id="1"
        )
        await world.work()
    assert world.replies() == [{"accepted": True}] * 3
    assert len(world.subjects.changed) == 1


async def test_a_code_that_is_quicker_leaves_the_assertion_nothing_to_do() -> None:
    world = World()
    wish, request = await asked(world)
    world.publish_assertion(request, world.login.says(wish, world.clock.now))
    world.publish_proof(request)
    await world.work()
    record = world.request(request.id)
    assert record.status is Status.COMPLETED
    assert record.steps == {}
    assert len(world.subjects.changed) == 1
    assert world.offences() == []


@pytest.mark.parametrize("point", range(40))
async def test_killed_at_any_point_it_is_proven_once(point: int) -> None:
    world = World()
    wish, request = await asked(world)
    world.publish_assertion(request, world.login.says(wish, world.clock.now))
    world.faults.crash_at = len(world.faults.passed) + point
    with pytest.raises(Crash):
        await world.work()
    world.restart()
    await world.work()
    for _ in range(4):
        await world.tick(HOUR)
    assert world.request(request.id).status is Status.COMPLETED
    assert world.subjects.records["1001"].fields["home_address"] == NEW_ADDRESS
    assert len(world.subjects.changed) == 1
    assert world.offences() == []


async def test_a_proof_needs_just_one_of_code_and_assertion() -> None:
    world = World()
    wish, request = await asked(world)
    token = world.login.says(wish, world.clock.now)
    both = proof_content(request.tracking, world.code(request), assertion=token)
    neither = {name: v for name, v in proof_content(request.tracking, "").items() if name != "code"}
    for content in (both, neither):
        world.publish("proof", content)
    await world.work()
    assert world.parked.reasons() == ["$ one_of_code_and_assertion"] * 2
    assert world.subjects.usable("1001")["home_address"] == OLD_ADDRESS


async def test_a_company_whose_keys_are_names_maps_the_claim_to_an_identifier() -> None:
    world = World()
    world.login = Login(subject_is="login_id", subject_claim="preferred_username")
    world.house = world.new_house()
    wish, request = await asked(world)
    claims = world.login.claims(wish, world.clock.now, preferred_username="minji.kim", sub="x")
    world.publish_assertion(request, world.login.sign(claims))
    await world.work()
    assert world.request(request.id).status is Status.COMPLETED
