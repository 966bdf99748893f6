"""Time: whatever is due is sent again, so a lost message costs time and never a request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.lifecycle import Status
from schemas.messages import Tick
from tests.cast import submission_content
from tests.world import DAY, HOUR, MINUTE, World
from workers.pipeline import STATIONS
from workers.runtime import clock, outbox

TIMEOUT = 2 * MINUTE


@pytest.mark.parametrize("queue", ["verification", "correction", "propagation", "mailing"])
async def test_purging_any_work_queue_by_hand_loses_nothing(queue: str) -> None:
    world = World()
    content = submission_content()
    world.publish("submission", content)
    stages = [name for name in STATIONS if name not in {"upkeep", queue}]
    await world.work(*stages)
    world.broker.queues[f"dsr.{queue}"].clear()
    await world.tick(5 * MINUTE)
    request = world.request(content["submission_id"])
    world.publish_proof(request)
    await world.work("verification")
    await world.work(*stages)
    world.broker.queues[f"dsr.{queue}"].clear()
    await world.tick(5 * MINUTE)
    assert world.request(request.id).status is Status.COMPLETED
    assert sorted(world.outbound.purposes()) == ["acknowledgement", "challenge", "completion"]


async def test_a_message_that_was_lost_is_sent_again_when_its_step_is_due() -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    world.broker.queues["dsr.correction"].clear()
    await world.tick(TIMEOUT - timedelta(seconds=1))
    assert world.request(request.id).status is Status.VERIFIED
    await world.tick(timedelta(seconds=1))
    assert world.request(request.id).status is Status.COMPLETED


async def test_each_sending_again_doubles_the_next_wait() -> None:
    """So that a long queue is not made longer."""
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    waits = []
    for _ in range(13):
        step = world.request(request.id).steps["correction"]
        waits.append(step.due - world.clock.now)
        world.clock.now = step.due
        await clock.due_steps(world.house)
    assert waits[:4] == [TIMEOUT, TIMEOUT, 2 * TIMEOUT, 4 * TIMEOUT]
    assert waits[-2:] == [1024 * TIMEOUT] * 2
    assert len(world.broker.queues["dsr.correction"]) == 14
    await world.work()
    assert len(world.subjects.changed) == 1


async def test_what_failed_and_what_crashed_is_remembered_when_it_is_sent_again() -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    step = world.requests.documents[request.id]["steps"]["correction"]
    step |= {"attempts": 3, "crashes": 2, "error": "subject_refused"}
    world.clock.now += TIMEOUT
    await clock.due_steps(world.house)
    again = world.request(request.id).steps["correction"]
    assert (again.attempts, again.crashes, again.error, again.sends) == (3, 2, "subject_refused", 1)


async def test_steps_that_are_due_together_are_sent_in_one_transition() -> None:
    world = World()
    request = await world.submit()
    request = world.request(request.id)
    world.clock.now += 8 * DAY
    await clock.due_steps(world.house)
    moved = world.request(request.id)
    assert moved.version == request.version + 1
    assert moved.history[-1].what == "alarm"
    assert [p.routing_key for p in world.broker.published[-1:]] == ["verification"]
    assert set(moved.steps) == {"expiry", "deadline"}


async def test_what_is_not_due_is_left_alone() -> None:
    world = World()
    request = await world.submit()
    before = world.requests.documents[request.id]
    await world.tick(HOUR)
    assert world.requests.documents[request.id] == before


async def test_the_alarm_comes_before_the_deadline_at_it_and_every_day_after() -> None:
    world = World()
    request = await world.proven(changes=[{"field": "name", "value": "김민주"}])
    alarms: list[float] = []
    for hours in range(13 * 24):
        await world.tick(HOUR)
        history = world.request(request.id).history
        if sum(entry.what == "alarm" for entry in history) > len(alarms):
            alarms.append((hours + 1) / 24)
    assert alarms == [7, 10, 11, 12, 13]
    assert world.offences() == []


async def test_two_upkeeps_at_once_send_a_due_step_once() -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    world.broker.queues["dsr.correction"].clear()
    world.clock.now += TIMEOUT
    for seed in range(20):
        await world.at_once("upkeep", Tick(request.id), Tick(request.id), seed=seed)
        assert world.request(request.id).steps["correction"].sends == 1
    assert len(world.broker.queues["dsr.correction"]) == 1


async def test_a_tick_for_a_request_that_is_gone_is_nothing() -> None:
    world = World()
    (item,) = await world.at_once("upkeep", Tick("no-such-request"), seed=0)
    assert not item.reasons


async def test_more_due_requests_than_fit_one_look_are_all_served() -> None:
    world = World()
    for number in range(70):
        world.join(f"3{number:03}", login_id=f"m{number}")
        await world.submit(subject={"login_id": f"m{number}"})
    world.clock.now += 73 * HOUR
    assert await clock.due_steps(world.house) == 70
    await world.work()
    assert {world.request(i).status for i in world.requests.documents} == {Status.EXPIRED}
    assert await outbox.relay(world.house) == 0
