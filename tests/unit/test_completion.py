"""The person is told what was done; the request is completed when that mail has left."""

from __future__ import annotations

from schemas.lifecycle import Status
from schemas.messages import Do
from tests.world import HOUR, MINUTE, World
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

CARRIER = "hanbit-delivery"


async def test_completion_joins_the_group_that_settled_the_last_notice() -> None:
    """Nobody is waited for, so no message of its own is needed and no write either."""
    world = World()
    request = await world.proven()
    assert not [p for p in world.broker.published if p.routing_key == "completion"]
    history = world.request(request.id).history
    what = [entry.what for entry in history]
    assert what.index("completion_due") == what.index("notices_settled") + 1
    assert [entry.version for entry in history] == list(range(1, len(history) + 1))


async def test_the_status_is_completed_only_when_the_mail_has_left() -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification", "correction", "propagation")
    assert world.request(request.id).status is Status.APPLIED
    await world.work("mailing")
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_completed_request_has_no_open_step_and_no_clock() -> None:
    world = World()
    request = await world.proven()
    done = world.request(request.id)
    assert (done.steps, done.next_due, done.sending) == ({}, None, ())


async def test_once_the_completion_mail_is_on_its_way_no_interim_word_follows() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [OutboundResult("put_off", "503")]
    request = await world.submit()
    await world.prove(request)
    world.outbound.answers["mail"] = [OutboundResult("put_off", "451")] * 2
    await world.tick(5 * MINUTE)
    await world.tick(HOUR)
    await world.tick(MINUTE)
    assert "interim" not in world.request(request.id).mails
    assert world.request(request.id).status is Status.COMPLETED


async def test_the_person_hears_within_an_hour_of_the_change_even_if_no_recipient_answers() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [OutboundResult("delivered", "200")]
    request = await world.proven()
    await world.tick(HOUR)
    applied_at = world.request(request.id).applied_at
    mail = world.request(request.id).mails["interim"]
    assert applied_at is not None
    assert mail.status == "sent"
    assert mail.created_at - applied_at <= HOUR


async def test_an_interim_word_is_said_once() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [OutboundResult("delivered", "200")]
    request = await world.proven()
    for _ in range(5):
        await world.tick(HOUR)
    item = Item(Do(request.id, "interim"))
    await carry(world.house, STATIONS["completion"], [item])
    await world.work()
    assert world.outbound.purposes().count("interim") == 1
