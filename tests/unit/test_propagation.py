"""Whoever received a corrected field is told, and only about the fields that it received."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.lifecycle import Status
from schemas.messages import Acknowledge
from schemas.notice import NoticeAnswer, NoticeStatus
from schemas.request import Request
from tests.cast import NEW_ADDRESS, NEW_HOBBIES
from tests.world import DAY, MINUTE, World, with_policy
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.stages.propagation import WAITS

CARRIER, MARKETING, PAY = "hanbit-delivery", "dain-marketing", "korea-pay"
DELIVERED = OutboundResult("delivered", "200", seq=1)
DOWN = OutboundResult("put_off", "503")


async def acknowledge(world: World, request: Request, recipient: str, status: str) -> None:
    notice = world.request(request.id).notices[recipient]
    answer = NoticeAnswer.model_validate({"status": status})
    item = Item(Acknowledge(notice.id, recipient, answer))
    await carry(world.house, STATIONS["propagation"], [item])
    await world.work()


async def test_a_recipient_is_told_just_the_fields_that_it_received() -> None:
    world = World()
    world.subjects.ledger["1001"] = {
        CARRIER: ("home_address", "name"),
        MARKETING: ("hobbies",),
        PAY: ("name",),
    }
    changes = [
        {"field": "home_address", "value": NEW_ADDRESS},
        {"field": "hobbies", "value": NEW_HOBBIES},
    ]
    await world.proven(changes=changes)
    told = {notice.recipient: notice.values for notice in world.outbound.notices}
    assert told == {CARRIER: {"home_address": NEW_ADDRESS}, MARKETING: {"hobbies": NEW_HOBBIES}}


async def test_with_nobody_to_tell_the_request_completes_at_once() -> None:
    world = World()
    world.subjects.ledger.clear()
    request = await world.proven()
    assert world.request(request.id).status is Status.COMPLETED
    assert world.outbound.notices == []


async def test_the_person_hears_while_a_recipient_keeps_us_waiting_and_again_at_the_end() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DELIVERED]
    request = await world.proven()
    assert world.request(request.id).status is Status.APPLIED
    await world.tick(50 * MINUTE)
    assert world.outbound.purposes()[-1] == "interim"
    await acknowledge(world, request, CARRIER, "applied")
    assert world.request(request.id).status is Status.COMPLETED
    assert world.outbound.purposes()[-1] == "completion"


async def test_a_recipient_that_is_down_is_tried_again_on_the_schedule_with_the_same_id() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DOWN] * 4
    request = await world.proven()
    for number, wait in enumerate(WAITS[:4], start=1):
        notice = world.request(request.id).notices[CARRIER]
        assert (notice.attempts, notice.status, notice.error) == (number, "pending", "503")
        await world.tick(wait - timedelta(seconds=1))
        assert len(world.outbound.notices) == number
        await world.tick(timedelta(seconds=1))
        assert len(world.outbound.notices) == number + 1
    assert world.request(request.id).status is Status.COMPLETED
    assert len({told.notice_id for told in world.outbound.notices}) == 1


def test_the_schedule_grows_from_seconds_to_a_day() -> None:
    assert list(WAITS) == sorted(WAITS)
    assert (WAITS[0], WAITS[-1]) == (timedelta(seconds=5), DAY)


async def test_a_recipient_that_never_comes_back_is_escalated_and_holds_up_nobody() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DOWN] * 99
    request = await world.proven()
    for wait in WAITS:
        await world.tick(wait)
    assert len(world.outbound.notices) == len(WAITS) + 1
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.OVERDUE
    assert world.request(request.id).status is Status.COMPLETED
    assert "notice.overdue" in world.events()


async def test_a_recipient_that_asks_for_more_time_gets_it() -> None:
    world = World()
    busy = OutboundResult("put_off", "429", retry_after=timedelta(minutes=20))
    world.outbound.answers[CARRIER] = [busy]
    await world.proven()
    await world.tick(20 * MINUTE - timedelta(seconds=1))
    assert len(world.outbound.notices) == 1
    await world.tick(timedelta(seconds=1))
    assert len(world.outbound.notices) == 2


async def test_what_a_recipient_refuses_is_settled_and_told() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [OutboundResult("refused", "unknown_person")]
    request = await world.proven()
    notice = world.request(request.id).notices[CARRIER]
    assert (notice.status, notice.error) == (NoticeStatus.REFUSED, "unknown_person")
    assert world.request(request.id).status is Status.COMPLETED


@pytest.mark.parametrize("first", ["delivered", "acknowledged"])
async def test_a_recipient_that_does_not_settle_in_its_time_is_overdue(first: str) -> None:
    world = World()
    world.outbound.answers[CARRIER] = [OutboundResult(first, seq=1)]  # type: ignore[arg-type]
    request = await world.proven()
    await world.tick(3 * DAY - MINUTE)
    assert world.request(request.id).notices[CARRIER].status == first
    await world.tick(MINUTE)
    await world.tick(MINUTE)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.OVERDUE
    assert world.request(request.id).status is Status.COMPLETED
    assert len(world.outbound.notices) == 1


async def test_acknowledged_then_applied_ends_it_and_gives_no_more_time() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DELIVERED]
    request = await world.proven()
    due = world.request(request.id).steps[f"answer:{CARRIER}"].due
    await world.tick(DAY)
    await acknowledge(world, request, CARRIER, "acknowledged")
    assert world.request(request.id).steps[f"answer:{CARRIER}"].due == due
    await acknowledge(world, request, CARRIER, "applied")
    assert world.request(request.id).status is Status.COMPLETED


async def test_the_same_acknowledgement_again_has_no_effect() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DELIVERED]
    request = await world.proven()
    await acknowledge(world, request, CARRIER, "acknowledged")
    before = world.requests.documents[request.id]
    await acknowledge(world, request, CARRIER, "acknowledged")
    assert world.requests.documents[request.id] == before
    await acknowledge(world, request, CARRIER, "applied")
    completed = world.requests.documents[request.id]
    for status in ("applied", "refused", "acknowledged"):
        await acknowledge(world, request, CARRIER, status)
    assert world.requests.documents[request.id] == completed


async def test_an_acknowledgement_of_another_recipients_notice_has_no_effect() -> None:
    world = World()
    world.subjects.ledger["1001"] = {CARRIER: ("home_address",), PAY: ("home_address",)}
    world.outbound.answers[CARRIER] = [DELIVERED]
    world.outbound.answers[PAY] = [DELIVERED]
    request = await world.proven()
    before = world.requests.documents[request.id]
    notices = world.request(request.id).notices
    applied = NoticeAnswer(status="applied")
    forged = [
        Acknowledge(notices[PAY].id, CARRIER, applied),
        Acknowledge(notices[PAY].id, "nobody", applied),
        Acknowledge("no-such-notice", CARRIER, applied),
    ]
    items = [Item(ack) for ack in forged]
    await carry(world.house, STATIONS["propagation"], items)
    assert world.requests.documents[request.id] == before
    assert not any(item.reasons for item in items)


async def test_completion_waits_for_the_last_of_several_recipients() -> None:
    world = World()
    world.subjects.ledger["1001"] = dict.fromkeys((CARRIER, MARKETING, PAY), ("home_address",))
    world.outbound.answers[MARKETING] = [DOWN]
    world.outbound.answers[PAY] = [DELIVERED]
    request = await world.proven()
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.APPLIED
    await world.tick(timedelta(seconds=5))
    assert world.request(request.id).notices[MARKETING].status is NoticeStatus.APPLIED
    assert world.request(request.id).status is Status.APPLIED
    await acknowledge(world, request, PAY, "refused")
    assert world.request(request.id).status is Status.COMPLETED
    assert sorted(told.recipient for told in world.outbound.notices) == [
        *(MARKETING, MARKETING, CARRIER, PAY)
    ]


async def test_a_notice_says_the_values_as_they_stand_when_it_leaves() -> None:
    """While the recipient was down another correction came: the older one is told along with it."""
    world = World()
    world.outbound.answers[CARRIER] = [DOWN]
    await world.proven()
    newer = {**NEW_ADDRESS, "detail": "99층"}
    world.clock.now += timedelta(milliseconds=1)
    await world.proven(changes=[{"field": "home_address", "value": newer}])
    await world.tick(timedelta(seconds=5))
    values = [told.values["home_address"] for told in world.outbound.notices]
    assert values == [NEW_ADDRESS, newer]
    seqs = [told.seq for told in world.outbound.notices]
    assert seqs == sorted(seqs)
    assert world.outcome()["statuses"] == [Status.COMPLETED] * 2


def test_a_lease_is_as_long_as_a_call_and_otherwise_as_the_patience_with_a_step() -> None:
    assert with_policy(step_timeout=timedelta(seconds=3)).lease == timedelta(seconds=10)
    assert with_policy(step_timeout=timedelta(seconds=15)).lease == timedelta(seconds=15)
    assert World().policy.lease == timedelta(seconds=45)


async def test_a_worker_that_died_with_the_lock_blocks_nobody_for_ever() -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification", "correction")
    document = world.requests.documents[request.id]
    document["sending"] = ("p-1001|hanbit-delivery",)
    await world.work()
    assert world.request(request.id).status is Status.COMPLETED
    other = await world.proven()
    assert world.request(other.id).status is Status.COMPLETED
