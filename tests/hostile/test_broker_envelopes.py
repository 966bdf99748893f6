"""Messages that disagree with the way they came, or that only claim to be ours."""

from __future__ import annotations

import json

import pytest

from schemas.messages import WORK
from tests.attack import CANARY, parked
from tests.cast import new_id, proof_content, submission_content
from tests.fakes import NothingSealed
from tests.world import World
from workers.pipeline import STATIONS
from workers.runtime.decode import IntakeRules

Log = pytest.LogCaptureFixture
USERS = IntakeRules(NothingSealed(), users={"web": "intake-web"}, own_user="dsr")
HONEST = {"user_id": "intake-web"}


@pytest.mark.parametrize("key", ["submission.phone", "submission.fax"])
async def test_a_forged_channel_is_parked(key: str, caplog: Log) -> None:
    reasons = await parked(submission_content(), caplog, routing_key=key)
    assert reasons == "$.channel disagrees_with_routing_key"


@pytest.mark.parametrize("user", ["intake-phone", "intake-web ", "", None])
async def test_a_forged_broker_user_is_parked(user: str | None, caplog: Log) -> None:
    reasons = await parked(submission_content(), caplog, user_id=user, rules=USERS, honest=HONEST)
    assert reasons == "$.channel disagrees_with_broker_user"


async def test_an_unset_name_of_our_own_user_lets_nobody_in(caplog: Log) -> None:
    rules = IntakeRules(NothingSealed(), users={"web": "intake-web"})
    reasons = await parked(submission_content(), caplog, user_id="", rules=rules, honest=HONEST)
    assert reasons == "$.channel disagrees_with_broker_user"


async def test_of_several_users_each_may_publish_and_both_together_are_nobody(caplog: Log) -> None:
    rules = IntakeRules(NothingSealed(), users={"web": "intake-web|dsr-form"})
    world = World(rules=rules)
    for user in ("intake-web", "dsr-form"):
        world.publish("submission", submission_content(), user_id=user)
    await world.work()
    assert len(world.requests.documents) == 2
    both = "intake-web|dsr-form"
    reasons = await parked(submission_content(), caplog, user_id=both, rules=rules, honest=HONEST)
    assert reasons == "$.channel disagrees_with_broker_user"


async def test_our_own_user_may_publish_for_every_channel() -> None:
    world = World(rules=USERS)
    world.publish("submission", submission_content(), user_id="dsr")
    await world.work()
    assert len(world.requests.documents) == 1


@pytest.mark.parametrize("word", ["submission", "proof"])
async def test_a_forged_message_id_is_parked(word: str, caplog: Log) -> None:
    content = submission_content() if word == "submission" else proof_content("DSR-ACEF-HJKM", "1")
    reasons = await parked(content, caplog, word=word, message_id=new_id())
    assert reasons == "$ disagrees_with_message_id"


async def test_a_proof_on_the_way_of_submissions_is_parked(caplog: Log) -> None:
    content = proof_content("DSR-ACEF-HJKM", CANARY)
    reasons = await parked(content, caplog, routing_key="submission.web", message_id=None)
    assert "$.schema literal_error" in reasons


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"{}",
        b'{"schema": "dsr.work/1", "items": []}',
        b'{"schema": "dsr.work/1", "items": [{"request": {"$gt": ""}, "step": "correction"}]}',
        b'{"schema": "dsr.other/1", "items": [{"request": "1", "step": "correction"}]}',
        b"[" * 5000,
        json.dumps(submission_content()).encode(),
    ],
)
async def test_what_only_claims_to_be_a_command_is_parked(body: bytes) -> None:
    world = World()
    world.broker.arrive(WORK, "correction", body)
    await world.work()
    assert world.parked.reasons() == ["$ not_a_message_of_ours"]
    assert world.subjects.changed == []


@pytest.mark.parametrize("step", ["propagation", "mail:completion", "$where", "", "nothing"])
async def test_a_command_for_another_stage_is_parked(step: str) -> None:
    world = World()
    request = await world.submit()
    body = {"schema": "dsr.work/1", "items": [{"request": request.id, "step": step}]}
    world.broker.arrive(WORK, "correction", json.dumps(body).encode())
    await world.work()
    assert world.parked.reasons() == ["$.items not_a_step_of_this_stage"]


async def test_a_command_of_more_items_than_ours_ever_have_is_parked() -> None:
    world = World()
    items = [{"request": new_id(), "step": "correction"}] * 65
    body = json.dumps({"schema": "dsr.work/1", "items": items}).encode()
    world.broker.arrive(WORK, "correction", body)
    await world.work()
    assert world.parked.reasons() == ["$.items too_many"]


@pytest.mark.parametrize("step", ["correction", "release", "propagation", "notice:hanbit-delivery"])
async def test_a_forged_command_for_a_step_that_is_not_open_has_no_effect(step: str) -> None:
    """Whoever can publish to our exchange still cannot skip the proof."""
    world = World()
    request = await world.submit()
    for key in STATIONS:
        body = {"schema": "dsr.work/1", "items": [{"request": request.id, "step": step}]}
        world.broker.arrive(WORK, key, json.dumps(body).encode())
    before = world.requests.documents[request.id]
    await world.work()
    assert world.requests.documents[request.id] == before
    assert world.subjects.changed == [] and world.outbound.notices == []


async def test_a_repeated_message_has_no_effect() -> None:
    world = World()
    request = await world.proven()
    before = world.outcome()
    commands = [p for p in world.broker.published if p.exchange == WORK]
    assert len(commands) > 5
    for command in commands:
        world.broker.arrive(WORK, command.routing_key, command.body)
    await world.work()
    assert world.outcome() == before
    assert world.request(request.id).version == len(world.request(request.id).history)
