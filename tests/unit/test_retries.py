"""When to try again: a pure decision, and what it does to a message that kills its worker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.errors import Unreachable
from schemas.lifecycle import Status, Step
from schemas.request import Particulars, Request
from tests.cast import MORNING
from tests.fakes import Crash
from tests.world import HOUR, World
from workers.runtime import consumer as consumers
from workers.runtime.retries import CRASHES_ALONE, CRASHES_REST, came_again, put_off, wait_after


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 2), (1, 4), (2, 8), (9, 1024), (10, 2048), (11, 3600), (12, 3600), (10**6, 3600)],
)
def test_waits_double_from_two_seconds_to_an_hour(attempts: int, seconds: int) -> None:
    assert wait_after(attempts) == timedelta(seconds=seconds)


def test_what_is_put_off_waits_counts_and_says_why() -> None:
    step = Step(due=MORNING, attempts=2, crashes=1, sends=4)
    (opening,) = put_off("correction", step, "subject_gone", "correction").opens
    assert (opening.due_in, opening.attempts, opening.error) == (wait_after(2), 3, "subject_gone")
    assert opening.crashes == 1
    assert not opening.send


def test_what_came_again_is_counted_and_keeps_everything_else() -> None:
    step = Step(due=MORNING, attempts=2, crashes=1, sends=4, error="451")
    (opening,) = came_again("mail:x", step, "mailing", timedelta(minutes=2)).opens
    assert (opening.crashes, opening.attempts, opening.sends, opening.error) == (2, 2, 4, "451")
    assert not opening.send


async def test_a_message_that_kills_its_worker_is_soon_handled_alone_and_then_rests() -> None:
    """Its neighbours are done by then, and it is never given up."""
    world = World()
    requests = []
    for key in ("2001", "2002"):
        world.join(key, login_id=f"m{key}")
        requests.append(await world.submit(subject={"login_id": f"m{key}"}))
    for request in requests:
        world.publish_proof(request)
    await world.work("verification")
    open_ = world.sealer.open
    poison, kills = requests[0].id, 0

    async def kill(request: Request) -> Particulars:
        nonlocal kills
        if request.id == poison:
            kills += 1
            world.faults.dead = True
            raise Crash
        return await open_(request)

    world.sealer.open = kill  # type: ignore[method-assign]
    for _ in range(CRASHES_REST + 5):
        try:
            await world.work()
        except Crash:
            world.restart()
            if kills > CRASHES_ALONE + 2:
                assert world.subjects.changed == [(requests[1].id, "home_address")]
    assert kills == CRASHES_REST + 1
    step = world.request(poison).steps["correction"]
    assert step.error == "keeps_coming_back"
    assert step.due <= world.clock.now + HOUR
    world.sealer.open = open_  # type: ignore[method-assign]
    await world.tick(HOUR)
    assert world.request(poison).status is Status.COMPLETED


async def test_clean_restarts_are_counted_but_park_nothing_and_lose_nothing() -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    for _ in range(10):
        queue = world.broker.queues["dsr.correction"]
        queue[0] = replace(queue[0], redelivered=True)
        world.faults.crash_at = len(world.faults.passed) + 2
        with pytest.raises(Crash):
            await world.work("correction")
        world.restart()
    await world.work()
    assert world.request(request.id).status is Status.COMPLETED
    assert world.parked.messages == {}
    assert world.offences() == []


async def test_a_return_is_counted_once_however_long_its_group_has_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumers, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(consumers, "LONGEST_PAUSE", 0.0)
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    queue = world.broker.queues["dsr.correction"]
    queue[0] = replace(queue[0], redelivered=True)
    world.faults.raises["subjects.apply before"] = [Unreachable("away")] * 30
    await world.work()
    what = [entry.what for entry in world.request(request.id).history]
    assert what.count("came_again") == 1
    assert world.request(request.id).status is Status.COMPLETED
