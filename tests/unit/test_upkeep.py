"""Time: whatever is due is sent again, so a lost message costs time and never a request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.deadlines import extended, first_alarm
from schemas.letters import AlarmFacts
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
    assert [p.routing_key for p in world.broker.published[-2:]] == ["verification", "mailing"]
    assert set(moved.steps) == {"expiry", "deadline", "mail:alarm-1"}


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
            alarms.append(hours + 1)
    # Ten whole days in Seoul from nine in the morning are 255 hours; seven tenths are 178.5.
    assert alarms == [179, 255, 279, 303]
    assert world.offences() == []


async def test_the_department_is_mailed_once_near_the_deadline_and_once_at_it() -> None:
    world = World()
    request = await world.proven(changes=[{"field": "name", "value": "김민주"}], language="en")
    for _ in range(30):
        await world.tick(12 * HOUR)
    alarms = [mail for mail in world.outbound.mails if isinstance(mail.facts, AlarmFacts)]
    assert [mail.facts.late for mail in alarms if isinstance(mail.facts, AlarmFacts)] == [
        False,
        True,
    ]
    assert {mail.to for mail in alarms} == {"contact@smallmachines.co.kr"}
    assert {mail.language for mail in alarms} == {"ko"}
    assert {mail.tracking for mail in alarms} == {request.tracking}
    assert len({mail.message_id for mail in alarms}) == 2


async def test_a_letter_that_came_in_too_late_is_one_mail_and_not_two() -> None:
    world = World()
    await world.submit(channel="post", received_at="2026-11-02T09:00:00+09:00")
    await world.tick(timedelta(seconds=1))
    await world.tick(DAY)
    alarms = [mail.facts for mail in world.outbound.mails if isinstance(mail.facts, AlarmFacts)]
    assert [facts.late for facts in alarms] == [True]


async def test_an_extended_request_alarms_again_before_its_new_deadline_and_at_it() -> None:
    world = World()
    request = await world.proven(changes=[{"field": "name", "value": "김민주"}])
    for _ in range(22):
        await world.tick(12 * HOUR)
    longer = extended(request.deadline, world.policy.clocks.named(request.profile))
    now = world.clock.now
    document = world.requests.documents[request.id]
    document["deadline"] = longer
    wait = first_alarm(request.received_at, longer, now)
    document["steps"]["deadline"]["due"] = document["next_due"] = now + wait
    for _ in range(25):
        await world.tick(12 * HOUR)
    alarms = [mail.facts for mail in world.outbound.mails if isinstance(mail.facts, AlarmFacts)]
    assert [facts.late for facts in alarms] == [False, True, False, True]
    assert world.offences() == []


async def test_a_request_that_is_done_in_time_alarms_nobody() -> None:
    world = World()
    request = await world.proven()
    for _ in range(30):
        await world.tick(12 * HOUR)
    assert "alarm" not in [entry.what for entry in world.request(request.id).history]
    assert "alarm" not in world.outbound.purposes()


async def test_an_alarm_is_a_warning_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    request = await world.proven(changes=[{"field": "name", "value": "김민주"}])
    await world.tick(8 * DAY)
    (line,) = [record for record in caplog.records if record.message == "alarm"]
    assert line.levelname == "WARNING"
    assert vars(line)["dsr"] == {
        "request": request.id,
        "tracking": request.tracking,
        "status": "in_review",
        "code": "at_risk",
    }


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
