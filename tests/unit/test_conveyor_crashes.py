"""A worker that dies at any point of a correction, and another one that starts after it.

Every point is tried in turn: before and after each write, each publication, each thing that leaves
the house, each acknowledgement. Afterwards the broker delivers again what was not acked, and the
clock goes on.
"""

from __future__ import annotations

from schemas.lifecycle import Status
from tests.cast import NEW_ADDRESS, proof_content, submission_content
from tests.fakes import Crash
from tests.world import MINUTE, World


async def work(world: World) -> bool:
    """Let the workers work; whether one died, in whose place another one then did the rest."""
    try:
        await world.work()
    except Crash:
        world.restart()
        await world.work()
        for _ in range(3):
            await world.tick(5 * MINUTE)
        return True
    return False


async def a_correction(world: World) -> bool:
    """From the submission to the end; whether a worker died on the way."""
    content = submission_content()
    world.publish("submission", content)
    died = await work(world)
    request = world.request(content["submission_id"])
    world.publish("proof", proof_content(request.tracking, world.code(request)))
    return await work(world) or died


async def test_a_crash_at_any_point_loses_nothing_and_does_nothing_twice() -> None:
    point, died = 0, True
    while died:
        world = World()
        world.faults.crash_at = point
        died = await a_correction(world)
        where = f"point {point}, {world.faults.passed[point] if died else 'none'}"
        (request_id,) = world.requests.documents
        request = world.request(request_id)
        assert request.status is Status.COMPLETED, where
        assert world.offences() == [], where
        assert world.subjects.records["1001"].fields["home_address"] == NEW_ADDRESS, where
        assert world.subjects.changed == [(request_id, "home_address")], where
        assert not any(world.subjects.controls["1001"].restricted.values()), where
        assert world.parked.messages == {}, where
        assert request.outbox == () and request.steps == {} and request.sending == (), where
        marks = sum(mail.marks for mail in request.mails.values())
        assert len(world.outbound.mails) <= marks <= len(request.mails) + 1, where
        assert {told.notice_id for told in world.outbound.notices} == {*request.notice_ids}, where
        assert len(world.outbound.notices) <= request.notices["hanbit-delivery"].marks <= 2, where
        for mail in world.outbound.mails:
            copies = [m for m in world.outbound.mails if m.message_id == mail.message_id]
            assert all(copy == mail for copy in copies), where
        point += 1
    assert point > 100
