"""Recipients are held to it: who rests, is gone, or is late, and what becomes of its notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.datamap import DataMap
from schemas.letters import EscalationFacts, FollowupFacts
from schemas.lifecycle import Status
from schemas.messages import Acknowledge
from schemas.notice import NoticeAnswer, NoticeStatus
from schemas.request import Request
from tests.cast import NEW_ADDRESS, NEW_HOBBIES, datamap
from tests.world import DAY, HOUR, MINUTE, World
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.stages.propagation import WAITS
from workers.stages.propagation.settling import LONGEST, SOON

CARRIER, MARKETING = "hanbit-delivery", "dain-marketing"
DELIVERED = OutboundResult("delivered", seq=1)
DOWN = OutboundResult("put_off", "http_503")
RESTS = OutboundResult("put_off", "recipient_rests", timedelta(seconds=30), tried=False)
GONE = OutboundResult("refused", "gone_410")
DISABLED = OutboundResult("overdue", "recipient_disabled")
NOBODY = OutboundResult("put_off", "subject_gone")
NEWER = {**NEW_ADDRESS, "detail": "99층"}


async def acknowledge(world: World, request: Request, status: str, by: str = "") -> None:
    notice = world.request(request.id).notices[CARRIER]
    answer = NoticeAnswer.model_validate({"status": status})
    await carry(
        world.house,
        STATIONS["propagation"],
        [Item(Acknowledge(notice.id, CARRIER, answer, by))],
    )
    await world.work()


def corrected(value: object) -> list[dict[str, object]]:
    return [{"field": "home_address", "value": value}]


# --- A person who is gone by now -----------------------------------------------------------------


@pytest.mark.parametrize("before", [[], [OutboundResult("put_off", "restricted")]])
async def test_of_somebody_who_is_gone_no_more_is_said_and_the_request_ends(
    before: list[OutboundResult | Exception],
) -> None:
    world = World()
    world.outbound.answers[CARRIER] = [*before, NOBODY, NOBODY]
    request = await world.proven()
    for _ in range(len(before) + 1):
        await world.tick(SOON)
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert (CARRIER in done.notices, done.sending, done.waits_for) == (False, (), ())
    assert not [name for name in done.mails if name.startswith("escalation")]
    assert not [step for step in done.steps if step.endswith(CARRIER)]


async def test_somebody_whose_record_was_away_for_a_moment_is_told_of() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [NOBODY]
    request = await world.proven()
    await world.tick(SOON)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.APPLIED


# --- A recipient that rests, or is disabled ------------------------------------------------------


async def test_while_a_recipient_rests_no_try_is_used_up() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [RESTS] * 4
    request = await world.proven()
    for _ in range(3):
        await world.tick(4 * HOUR)
    notice = world.request(request.id).notices[CARRIER]
    assert (notice.attempts, notice.status) == (0, NoticeStatus.PENDING)
    for _ in range(2):
        await world.tick(DAY)
    assert world.request(request.id).status is Status.COMPLETED


async def test_the_longer_a_recipient_rests_the_more_seldom_it_is_asked_for_each_notice() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [RESTS] * 999
    await world.proven()
    for _ in range(6 * 60):
        await world.tick(MINUTE)
    # At once, within a minute, and then as if it had been tried: 5 min, 30 min, 2 h.
    assert len(world.outbound.notices) == 5


async def test_for_a_recipient_that_rests_nothing_is_marked_and_the_notice_goes_out_later() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [RESTS]
    request = await world.proven()
    world.outbound.resting[CARRIER] = timedelta(seconds=30)
    await world.tick(MINUTE)
    notice = world.request(request.id).notices[CARRIER]
    assert (notice.marks, notice.attempts, notice.error) == (1, 0, "recipient_rests")
    world.outbound.resting.clear()
    await world.tick(5 * MINUTE)
    assert world.request(request.id).status is Status.COMPLETED


async def test_whoever_only_ever_rests_is_escalated_as_well() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [RESTS]
    request = await world.proven()
    world.outbound.resting[CARRIER] = timedelta(seconds=30)
    await world.tick(LONGEST + MINUTE)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.OVERDUE
    await world.tick(MINUTE)
    assert world.request(request.id).status is Status.COMPLETED


async def test_whoever_rests_for_longer_than_all_tries_would_take_is_escalated() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [RESTS] * 99
    request = await world.proven()
    await world.tick(LONGEST - MINUTE)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.PENDING
    await world.tick(2 * MINUTE)
    await world.tick(MINUTE)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.OVERDUE
    assert world.request(request.id).status is Status.COMPLETED


@pytest.mark.parametrize("answer", [GONE, DISABLED])
async def test_the_department_hears_of_a_recipient_that_takes_no_notices_any_more(
    answer: OutboundResult,
) -> None:
    world = World()
    world.outbound.answers[CARRIER] = [answer]
    request = await world.proven()
    (mail,) = [m for m in world.outbound.mails if isinstance(m.facts, EscalationFacts)]
    assert mail.to == datamap().organisation.email
    assert isinstance(mail.facts, EscalationFacts) and mail.facts.gone
    assert world.request(request.id).status is Status.COMPLETED


# --- Escalation -----------------------------------------------------------------------------------


async def test_a_dead_recipient_is_one_mail_a_day_however_many_wait_for_it() -> None:
    world = World()
    for key in ("1002", "1003"):
        world.join(key, login_id=f"m{key}", email=f"{key}@a.example")
        world.subjects.ledger[key] = {CARRIER: ("home_address",)}
    world.outbound.answers[CARRIER] = [DELIVERED] * 9
    first = await world.proven()
    for key in ("1002", "1003"):
        subject = {"login_id": f"m{key}", "email": f"{key}@a.example"}
        await world.proven(subject=subject)
    await world.tick(3 * DAY)
    for _ in range(3):
        await world.tick(MINUTE)
    assert world.outbound.purposes().count("escalation") == 1
    statuses = [world.request(i).notices[CARRIER].status for i in world.requests.documents]
    assert statuses == [NoticeStatus.OVERDUE] * 3
    assert world.offences() == []
    again = await world.proven(changes=corrected(NEWER))
    await world.tick(3 * DAY)
    await world.tick(MINUTE)
    assert world.request(again.id).notices[CARRIER].status is NoticeStatus.OVERDUE
    assert world.outbound.purposes().count("escalation") == 2
    assert first.id != again.id


# --- Late answers ---------------------------------------------------------------------------------


async def test_a_late_answer_is_taken_and_the_person_hears_of_it_as_promised() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DELIVERED]
    request = await world.proven()
    await world.tick(3 * DAY)
    await world.tick(MINUTE)
    assert world.request(request.id).status is Status.COMPLETED
    await acknowledge(world, request, "acknowledged")
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.OVERDUE
    await acknowledge(world, request, "applied")
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.APPLIED
    (mail,) = [m for m in world.outbound.mails if isinstance(m.facts, FollowupFacts)]
    assert mail.to == "minji@mail.example"
    assert isinstance(mail.facts, FollowupFacts)
    assert [one.status for one in mail.facts.recipients] == [NoticeStatus.APPLIED]
    await acknowledge(world, request, "applied")
    assert world.outbound.purposes().count("followup") == 1
    assert world.request(request.id).waits_for == ()


async def test_an_answer_in_time_is_told_by_the_completion_alone() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DELIVERED]
    request = await world.proven()
    await acknowledge(world, request, "applied")
    await world.tick(4 * DAY)
    assert "followup" not in world.outbound.purposes()


# --- Told together --------------------------------------------------------------------------------


async def test_corrections_that_wait_for_a_recipient_are_told_as_one_by_the_newest() -> None:
    world = World()
    world.subjects.ledger["1001"] = {MARKETING: ("home_address", "hobbies")}
    world.outbound.answers[MARKETING] = [DOWN, DOWN, DOWN]
    first = await world.proven()
    world.clock.now += timedelta(milliseconds=1)
    second = await world.proven(changes=[{"field": "hobbies", "value": NEW_HOBBIES}])
    world.clock.now += timedelta(milliseconds=1)
    third = await world.proven(changes=corrected(NEWER))
    assert len(world.outbound.notices) == 3
    await world.tick(timedelta(seconds=5))
    told = world.outbound.notices[3:]
    assert [notice.values for notice in told] == [{"home_address": NEWER, "hobbies": NEW_HOBBIES}]
    assert told[0].notice_id == world.request(third.id).notices[MARKETING].id
    for request in (first, second, third):
        assert world.request(request.id).notices[MARKETING].status is NoticeStatus.APPLIED
        assert world.request(request.id).status is Status.COMPLETED
    await world.tick(DAY)
    assert len(world.outbound.notices) == 4
    assert world.offences() == []


async def test_what_was_told_along_is_settled_with_the_notice_that_told_it() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DOWN, DELIVERED]
    first = await world.proven()
    world.clock.now += timedelta(milliseconds=1)
    second = await world.proven(changes=corrected(NEWER))
    for request in (first, second):
        assert world.request(request.id).notices[CARRIER].status is NoticeStatus.DELIVERED
    await acknowledge(world, second, "applied")
    for request in (first, second):
        assert world.request(request.id).status is Status.COMPLETED


async def test_what_waits_to_be_told_along_has_an_end_of_its_own() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DOWN] * 99
    first = await world.proven()
    world.clock.now += timedelta(milliseconds=1)
    await world.proven(changes=corrected(NEWER))
    for wait in (*WAITS, HOUR):
        await world.tick(wait)
        await world.tick(MINUTE)
    await world.tick(DAY)
    await world.tick(MINUTE)
    assert world.request(first.id).notices[CARRIER].status is NoticeStatus.OVERDUE
    assert world.request(first.id).status is Status.COMPLETED


async def test_a_word_that_was_lost_between_two_requests_costs_time_only() -> None:
    """The worker died when the newer notice stood told, before the older one heard of it."""
    world = World()
    world.outbound.answers[CARRIER] = [DOWN]
    first = await world.proven()
    world.clock.now += timedelta(milliseconds=1)
    await world.proven(changes=corrected(NEWER))
    document = world.requests.documents[first.id]
    notice = {**document["notices"][CARRIER], "status": "pending"}
    document["notices"][CARRIER] = notice
    document["status"] = "applied"
    document["steps"][f"notice:{CARRIER}"] = {"due": world.clock.now, "attempts": 1}
    document["mails"].pop("completion")
    document["next_due"] = world.clock.now
    await world.tick(MINUTE)
    assert world.request(first.id).notices[CARRIER].status is NoticeStatus.APPLIED
    assert world.request(first.id).status is Status.COMPLETED
    assert world.outbound.notices[-1].values == {"home_address": NEWER}


# --- Asked ----------------------------------------------------------------------------------------


def asking() -> DataMap:
    """The carrier is a processor that can be asked."""
    ours = datamap()
    content = ours.recipients[CARRIER].model_dump()
    content["transport"] = {
        "kind": "opendsr",
        "url": "https://opendsr.carrier.example/v2",
        "controller_id": "smallmachines",
    }
    carrier = type(ours.recipients[CARRIER]).model_validate(content)
    return ours.model_copy(update={"recipients": {**ours.recipients, CARRIER: carrier}})


async def test_a_recipient_that_can_be_asked_is_asked_until_it_has_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    monkeypatch.setattr("tests.world.datamap", asking)
    world.house = world.new_house()
    world.outbound.answers[CARRIER] = [
        DELIVERED,
        DELIVERED,
        DOWN,
        OutboundResult("acknowledged"),
        OutboundResult("applied"),
    ]
    request = await world.proven()
    expected = ["delivered", "delivered", "acknowledged", "applied"]
    for status, wait in zip(expected, (5, 30, 120, 360), strict=True):
        await world.tick(timedelta(minutes=wait))
        assert world.request(request.id).notices[CARRIER].status == status
    assert len(world.outbound.asked) == 4
    assert world.request(request.id).status is Status.COMPLETED
    assert world.request(request.id).steps == {}
