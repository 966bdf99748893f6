"""What left the house is never sent again for the sake of a record of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal

import pytest

from schemas.errors import Unreachable
from schemas.lifecycle import Advance, Status
from schemas.messages import Acknowledge, Do
from schemas.notice import NoticeAnswer
from schemas.request import Request
from tests.cast import NEW_HOBBIES
from tests.world import MINUTE, World
from workers.pipeline import STATIONS
from workers.ports import Committed, OutboundResult
from workers.runtime import beside, conveyor
from workers.runtime.cases import Item
from workers.runtime.clock import due_steps
from workers.runtime.conveyor import carry

PROPAGATION = STATIONS["propagation"]
CARRIER = "hanbit-delivery"
Answer = Literal["acknowledged", "applied", "refused"]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "RECORD_PAUSES", (0.0,) * 8)


async def applied(world: World, *keys: str) -> list[Request]:
    """Corrections that stand; the recipients have not been told yet."""
    requests = []
    for key in keys:
        if key != "1001":
            world.join(key, login_id=f"member{key}")
            world.subjects.ledger[key] = {CARRIER: ("home_address",)}
        login = "minji.kim" if key == "1001" else f"member{key}"
        requests.append(await world.submit(subject={"login_id": login}))
    for request in requests:
        world.publish_proof(request)
    await world.work("verification", "correction")
    assert {world.request(request.id).status for request in requests} == {Status.APPLIED}
    world.broker.queues["dsr.propagation"].clear()
    return requests


async def sending(world: World, *requests: Request) -> asyncio.Task[None]:
    """Have the recipients told; returns while the notice is on its way to the carrier."""
    world.outbound.holds[CARRIER] = asyncio.Event()
    items = [Item(Do(request.id, "propagation")) for request in requests]
    task = asyncio.create_task(carry(world.house, PROPAGATION, items))
    await world.outbound.told(len(requests))
    return task


async def answered(world: World, task: asyncio.Task[None]) -> None:
    world.outbound.holds.pop(CARRIER).set()
    await task
    await world.work()


def acknowledgement(world: World, number: int, status: Answer) -> Item:
    """The carrier answers a notice that it has just received."""
    told = world.outbound.notices[number]
    return Item(Acknowledge(told.notice_id, CARRIER, NoticeAnswer(status=status)))


async def test_a_request_that_moved_on_meanwhile_is_recorded_without_sending_again() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    task = await sending(world, request)
    world.clock.now += 55 * MINUTE
    await due_steps(world.house)
    assert "sent_again" in [entry.what for entry in world.request(request.id).history]
    await answered(world, task)
    assert len(world.outbound.notices) == 1
    assert world.request(request.id).notices[CARRIER].status == "applied"
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_database_that_is_away_after_the_sending_costs_no_second_one() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    task = await sending(world, request)
    world.faults.raises["requests.commit before"] = [Unreachable("away")] * 5
    await answered(world, task)
    assert len(world.outbound.notices) == 1
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_record_that_stood_though_the_database_did_not_say_so_is_not_written_again() -> (
    None
):
    world = World()
    (request,) = await applied(world, "1001")
    task = await sending(world, request)
    world.faults.raises["requests.commit after"] = [Unreachable("away")]
    await answered(world, task)
    await world.tick(timedelta(seconds=10))
    what = [entry.what for entry in world.request(request.id).history]
    assert what.count("notices_settled") == 1
    assert world.outbound.purposes().count("completion") == 1
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_of_two_records_the_one_that_stood_is_not_written_again_with_the_other() -> None:
    world = World()
    first, second = await applied(world, "1001", "2002")
    task = await sending(world, first, second)
    await carry(world.house, PROPAGATION, [acknowledgement(world, 1, "acknowledged")])
    load = world.requests.load

    async def away_once(ids: Iterable[str]) -> dict[str, Request]:
        """When the second, which moved on, is to be read again: the record of the first stands."""
        world.requests.load = load  # type: ignore[method-assign]
        raise Unreachable("away")

    world.requests.load = away_once  # type: ignore[method-assign]
    await answered(world, task)
    for request, told in ((first, 0), (second, 1)):
        what = [entry.what for entry in world.request(request.id).history]
        assert what.count("notices_told") == told
        assert what.count("notices_settled") == 1
        assert what.count("completion_due") == 1
        assert world.request(request.id).status is Status.COMPLETED
    assert world.outbound.purposes().count("completion") == 2


async def test_an_acknowledgement_faster_than_the_answer_completes_the_request_once() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    task = await sending(world, request)
    await carry(world.house, PROPAGATION, [acknowledgement(world, 0, "applied")])
    created = world.request(request.id).mails["completion"].created_at
    world.clock.now += MINUTE
    await answered(world, task)
    completed = world.request(request.id)
    assert completed.status is Status.COMPLETED
    assert completed.mails["completion"].created_at == created
    assert [entry.what for entry in completed.history].count("completion_due") == 1
    assert world.outbound.purposes().count("completion") == 1


async def test_an_answer_that_settles_counts_after_an_acknowledgement_that_does_not() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    task = await sending(world, request)
    await carry(world.house, PROPAGATION, [acknowledgement(world, 0, "acknowledged")])
    assert world.request(request.id).notices[CARRIER].status == "acknowledged"
    await answered(world, task)
    assert world.request(request.id).notices[CARRIER].status == "applied"
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_failure_after_an_acknowledgement_is_none() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    world.outbound.answers[CARRIER] = [OutboundResult("put_off", "timeout")]
    task = await sending(world, request)
    await carry(world.house, PROPAGATION, [acknowledgement(world, 0, "acknowledged")])
    await answered(world, task)
    standing = world.request(request.id)
    assert standing.notices[CARRIER].status == "acknowledged"
    assert "answer:hanbit-delivery" in standing.steps
    assert "notice:hanbit-delivery" not in standing.steps


async def test_an_acknowledgement_while_a_second_attempt_runs_leaves_no_lock_behind() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    world.outbound.answers[CARRIER] = [OutboundResult("put_off", "503")]
    await answered(world, await sending(world, request))
    world.clock.now += 5 * MINUTE
    world.outbound.holds[CARRIER] = asyncio.Event()
    again = Item(Do(request.id, "notice:hanbit-delivery"))
    task = asyncio.create_task(carry(world.house, PROPAGATION, [again]))
    await world.outbound.told(2)
    await carry(world.house, PROPAGATION, [acknowledgement(world, 1, "acknowledged")])
    await answered(world, task)
    assert world.request(request.id).sending == ()
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_worker_that_died_while_the_recipient_answered_leaves_no_lock_behind() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    task = await sending(world, request)
    world.faults.dead = True
    world.outbound.holds.pop(CARRIER).set()
    await asyncio.gather(task, return_exceptions=True)
    world.restart()
    await carry(world.house, PROPAGATION, [acknowledgement(world, 0, "acknowledged")])
    assert world.request(request.id).sending == ("p-1001|hanbit-delivery",)
    await world.tick(world.policy.step_timeout)
    assert world.request(request.id).sending == ()
    await carry(world.house, PROPAGATION, [acknowledgement(world, 0, "applied")])
    await world.work()
    assert world.request(request.id).status is Status.COMPLETED
    assert len(world.outbound.notices) == 1


async def test_a_slow_recipient_leaves_its_group_and_is_recorded_when_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conveyor, "PATIENCE", 0.01)
    world = World()
    slow, fast = await applied(world, "1001", "2002")
    world.subjects.ledger["2002"] = {"korea-pay": ("home_address",)}
    world.outbound.holds[CARRIER] = asyncio.Event()
    items = [Item(Do(request.id, "propagation")) for request in (slow, fast)]
    await carry(world.house, PROPAGATION, items)
    assert world.request(fast.id).notices["korea-pay"].status == "applied"
    assert world.request(slow.id).notices[CARRIER].status == "pending"
    assert world.request(slow.id).sending == ("p-1001|hanbit-delivery",)
    world.outbound.holds.pop(CARRIER).set()
    await world.house.settle(5)
    await world.work()
    assert {world.request(r.id).status for r in (slow, fast)} == {Status.COMPLETED}
    assert len(world.outbound.notices) == 2


async def test_two_requests_never_tell_one_recipient_about_one_person_at_once() -> None:
    """So an older value never follows a newer one."""
    world = World()
    first = await world.submit()
    second = await world.submit(changes=[{"field": "hobbies", "value": NEW_HOBBIES}])
    world.subjects.ledger["1001"] = {CARRIER: ("home_address", "hobbies")}
    for request in (first, second):
        world.publish_proof(request)
    await world.work("verification", "correction")
    world.broker.queues["dsr.propagation"].clear()
    task = await sending(world, first)
    await carry(world.house, PROPAGATION, [Item(Do(second.id, "propagation"))])
    assert len(world.outbound.notices) == 1
    step = world.request(second.id).steps["propagation"]
    assert (step.error, step.attempts) == ("recipient_busy", 1)
    await answered(world, task)
    assert world.request(first.id).sending == ()
    await world.tick(timedelta(seconds=2))
    assert world.request(second.id).status is Status.COMPLETED
    assert [told.seq for told in world.outbound.notices] == [2, 2]
    assert world.offences() == []


async def test_a_command_sent_again_while_an_attempt_is_under_way_sends_nothing() -> None:
    """A backlog is long, upkeep sends the command again, and both copies get their turn."""
    world = World()
    (request,) = await applied(world, "1001")
    task = await sending(world, request)
    await carry(world.house, PROPAGATION, [Item(Do(request.id, "propagation"))])
    await answered(world, task)
    assert len(world.outbound.notices) == 1
    assert world.request(request.id).notices[CARRIER].marks == 1


async def test_a_mail_on_its_way_is_not_sent_again_meanwhile() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    command = Item(Do(request.id, "propagation"))
    await carry(world.house, PROPAGATION, [command])
    before = len(world.outbound.mails)
    world.outbound.holds["mail"] = asyncio.Event()
    mailing = STATIONS["mailing"]
    first = asyncio.create_task(
        carry(world.house, mailing, [Item(Do(request.id, "mail:completion"))])
    )
    async with asyncio.timeout(5):
        while len(world.outbound.mails) == before:
            world.outbound.arrived.clear()
            await world.outbound.arrived.wait()
    await carry(world.house, mailing, [Item(Do(request.id, "mail:completion"))])
    world.outbound.holds.pop("mail").set()
    await first
    await world.work()
    assert world.outbound.purposes().count("completion") == 1
    assert world.request(request.id).mails["completion"].marks == 1


async def test_an_attempt_whose_worker_vanished_is_made_again_once_its_lease_is_over() -> None:
    world = World()
    (request,) = await applied(world, "1001")
    task = await sending(world, request)
    world.faults.dead = True
    world.outbound.holds.pop(CARRIER).set()
    await asyncio.gather(task, return_exceptions=True)
    world.restart()
    await world.tick(world.policy.lease - timedelta(seconds=1))
    assert len(world.outbound.notices) == 1
    await world.tick(timedelta(seconds=1))
    assert len(world.outbound.notices) == 2
    assert world.outbound.notices[0].notice_id == world.outbound.notices[1].notice_id
    assert world.request(request.id).status is Status.COMPLETED


async def test_slow_answers_that_come_together_are_recorded_in_one_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conveyor, "PATIENCE", 0.01)
    world = World()
    requests = await applied(world, "1001", "2002", "3003")
    await (await sending(world, *requests))
    groups: list[int] = []
    commit = world.requests.commit

    async def counted(advances: Sequence[Advance]) -> list[Committed]:
        groups.append(len(advances))
        return await commit(advances)

    monkeypatch.setattr(world.requests, "commit", counted)
    world.outbound.holds.pop(CARRIER).set()
    await world.house.settle(5)
    assert groups == [3]


async def test_a_group_keeps_its_place_while_too_much_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conveyor, "PATIENCE", 0.01)
    monkeypatch.setattr(beside, "MOST", 1)
    world = World()
    task = await sending(world, *await applied(world, "1001", "2002"))
    done, _ = await asyncio.wait({task}, timeout=0.3)
    assert not done
    world.outbound.holds.pop(CARRIER).set()
    await asyncio.wait_for(task, 5)
