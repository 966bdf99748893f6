"""One bad item never fails its neighbours, and never comes to nothing itself (D8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.errors import DsrError, Unreachable
from schemas.lifecycle import Advance, Status, Transition
from schemas.messages import Do, Message
from schemas.request import Request
from tests.cast import new_id, submission
from tests.world import World
from workers.pipeline import STATIONS
from workers.ports import (
    CollectResult,
    Committed,
    ErasureResult,
    Outcome,
    SubjectEffect,
    SubjectResult,
    Tools,
)
from workers.runtime import consumer as consumers
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

CORRECTION = STATIONS["correction"]


class Bug(Exception):
    """Nobody has thought of it."""


class Forbidden(DsrError):
    """Trying again does not help before somebody does something."""

    code = "forbidden"


async def three_verified() -> tuple[World, list[Request]]:
    """Three members whose corrections are proven, and stand in front of the correction stage."""
    world = World()
    requests = []
    for key in ("2001", "2002", "2003"):
        world.join(key, login_id=f"member{key}")
        requests.append(await world.submit(subject={"login_id": f"member{key}"}))
    for request in requests:
        world.publish_proof(request)
    await world.work("verification")
    return world, requests


def commands(requests: list[Request]) -> list[Item]:
    return [Item(Do(request.id, "correction")) for request in requests]


async def test_a_bug_in_one_handler_puts_off_that_item_alone() -> None:
    world, requests = await three_verified()

    async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
        if request and request.id == requests[1].id:
            raise Bug
        return await CORRECTION.handle(message, request, tools)

    await carry(world.house, replace(CORRECTION, handle=handle), commands(requests))
    statuses = [world.request(request.id).status for request in requests]
    assert statuses == [Status.APPLIED, Status.VERIFIED, Status.APPLIED]
    step = world.request(requests[1].id).steps["correction"]
    assert (step.error, step.attempts) == ("internal", 1)
    assert step.due == world.clock.now + timedelta(seconds=2)


async def test_a_status_that_the_table_does_not_allow_puts_off_that_item_alone() -> None:
    world, requests = await three_verified()

    async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
        if request and request.id == requests[1].id:
            return Outcome(Transition("nonsense", "correction", to=Status.COMPLETED))
        return await CORRECTION.handle(message, request, tools)

    await carry(world.house, replace(CORRECTION, handle=handle), commands(requests))
    statuses = [world.request(request.id).status for request in requests]
    assert statuses == [Status.APPLIED, Status.VERIFIED, Status.APPLIED]
    assert world.request(requests[1].id).steps["correction"].error == "internal"


async def test_a_slot_that_somebody_else_claimed_puts_off_that_item_alone() -> None:
    world, requests = await three_verified()
    control = world.subjects.controls["2002"]
    control.slots[requests[1].id], control.kinds[requests[1].id] = SubjectResult("done"), "release"
    await carry(world.house, CORRECTION, commands(requests))
    steps = [world.request(request.id).steps for request in requests]
    assert ["correction" in step for step in steps] == [False, True, False]
    assert steps[1]["correction"].error == "subject_lost"


async def test_a_server_that_is_away_stops_the_whole_group_and_nothing_is_lost() -> None:
    world, requests = await three_verified()
    world.faults.raises["subjects.apply before"] = [Unreachable("away")]
    items = commands(requests)
    with pytest.raises(Unreachable):
        await carry(world.house, CORRECTION, items)
    assert world.subjects.changed == []
    await carry(world.house, CORRECTION, items)
    assert len(world.subjects.changed) == 3


@pytest.mark.parametrize("where", ["requests.commit before", "requests.commit after"])
async def test_carrying_again_after_the_database_was_away_changes_nothing_twice(where: str) -> None:
    world, requests = await three_verified()
    world.faults.raises[where] = [Unreachable("away")]
    items = commands(requests)
    with pytest.raises(Unreachable):
        await carry(world.house, CORRECTION, items)
    await carry(world.house, CORRECTION, items)
    assert len(world.subjects.changed) == 3
    assert [world.request(r.id).status for r in requests] == [Status.APPLIED] * 3
    assert world.offences() == []


async def test_what_fails_as_a_group_is_done_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the runtime or in a driver, met by one request only, which comes again later."""
    world, requests = await three_verified()
    commit = world.requests.commit

    async def fails_for_one(advances: Sequence[Advance]) -> list[Committed]:
        if any(advance.request.id == requests[1].id for advance in advances):
            raise Bug
        return await commit(advances)

    monkeypatch.setattr(world.requests, "commit", fails_for_one)
    await world.work()
    monkeypatch.undo()
    statuses = [world.request(request.id).status for request in requests]
    assert statuses == [Status.COMPLETED, Status.VERIFIED, Status.COMPLETED]
    await world.tick(world.policy.step_timeout)
    assert world.request(requests[1].id).status is Status.COMPLETED
    assert len(world.subjects.changed) == 3
    assert world.offences() == []


async def test_what_only_one_item_is_denied_is_waited_for_after_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, requests = await three_verified()
    monkeypatch.setattr(consumers, "FIRST_PAUSE", 0.0)
    apply, denied = world.subjects.apply, 5

    async def forbids_one(
        effects: Sequence[SubjectEffect],
    ) -> Sequence[SubjectResult | ErasureResult | CollectResult]:
        nonlocal denied
        if denied and any(effect.request == requests[1].id for effect in effects):
            denied -= 1
            assert denied > 2 or len(world.subjects.changed) == 2
            raise Forbidden("no")
        return await apply(effects)

    monkeypatch.setattr(world.subjects, "apply", forbids_one)
    await world.work()
    assert [world.request(r.id).status for r in requests] == [Status.COMPLETED] * 3
    assert len(world.subjects.changed) == 3


async def test_a_sender_that_raises_is_a_mail_put_off() -> None:
    world = World()
    world.outbound.answers["mail"] = [Bug("oh")]
    request = await world.submit()
    (pending,) = [m for m in world.request(request.id).mails.values() if m.status == "pending"]
    assert (pending.code, pending.attempts) == ("internal", 1)
    await world.tick(timedelta(seconds=5))
    assert {mail.status for mail in world.request(request.id).mails.values()} == {"sent"}


async def test_a_transport_that_raises_leaves_a_trace_and_no_recipient_untold(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.subjects.ledger["1001"]["korea-pay"] = ("home_address",)
    world.outbound.answers["korea-pay"] = [Bug("oh")]
    request = await world.proven()
    notices = world.request(request.id).notices
    assert notices["hanbit-delivery"].status == "applied"
    assert (notices["korea-pay"].status, notices["korea-pay"].error) == ("pending", "internal")
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == ["send_failed"]
    await world.tick(timedelta(seconds=5))
    assert world.request(request.id).status is Status.COMPLETED
    assert [told.recipient for told in world.outbound.notices].count("hanbit-delivery") == 1


@pytest.mark.parametrize("count", [50, 64, 200])
async def test_the_same_submission_many_times_at_once_is_one_request(count: int) -> None:
    world = World()
    again = submission(submission_id=new_id())
    items = [Item(again) for _ in range(count)]
    await carry(world.house, STATIONS["registration"], items)
    assert len(world.requests.documents) == 1
    assert len({item.reply.tracking for item in items if item.reply}) == 1
    assert all(item.reply is not None and item.reply.accepted for item in items)
    assert world.request(again.submission_id).version == 1


async def test_the_same_command_many_times_in_a_group_is_done_once() -> None:
    world, requests = await three_verified()
    items = [Item(Do(requests[0].id, "correction")) for _ in range(64)]
    await carry(world.house, CORRECTION, items)
    assert world.subjects.changed == [(requests[0].id, "home_address")]
    what = [entry.what for entry in world.request(requests[0].id).history]
    assert what.count("corrected") == 1


async def test_two_requests_about_one_person_go_one_after_the_other() -> None:
    world = World()
    first = await world.submit()
    second = await world.submit(changes=[{"field": "hobbies", "value": ["바둑"]}])
    for request in (first, second):
        world.publish_proof(request)
    await world.work("verification")
    groups: list[int] = []
    apply = world.subjects.apply

    async def counting(
        effects: Sequence[SubjectEffect],
    ) -> Sequence[SubjectResult | ErasureResult | CollectResult]:
        groups.append(len(effects))
        return await apply(effects)

    world.subjects.apply = counting  # type: ignore[method-assign]
    await carry(world.house, CORRECTION, commands([first, second]))
    assert groups == [1, 1]
    assert world.subjects.controls["1001"].seq == 2
