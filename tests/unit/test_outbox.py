"""What a transition owes the broker is sent, packed, and struck off only once it is confirmed."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from schemas.errors import Unreachable
from schemas.lifecycle import Status
from schemas.messages import EVENTS, MAX_ITEMS, WORK, Do
from tests.cast import submission
from tests.world import MINUTE, World
from workers.pipeline import STATIONS
from workers.runtime import outbox
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.runtime.outbox import RELAY_AFTER


async def test_a_group_sends_on_one_message_for_each_next_stage() -> None:
    world = World()
    items = [Item(submission()) for _ in range(10)]
    await carry(world.house, STATIONS["registration"], items)
    work = [p for p in world.broker.published if p.exchange == WORK]
    assert sorted(p.routing_key for p in work) == ["mailing", "verification"]
    assert {len(json.loads(p.body)["items"]) for p in work} == {10}


async def test_a_message_holds_at_most_64_items() -> None:
    world = World()
    items = [Item(submission()) for _ in range(MAX_ITEMS + 1)]
    await carry(world.house, STATIONS["registration"], items)
    sizes = [
        len(json.loads(p.body)["items"])
        for p in world.broker.published
        if p.routing_key == "mailing"
    ]
    assert sorted(sizes) == [1, 64]


async def test_commands_must_find_a_queue_and_events_need_not() -> None:
    world = World()
    await world.submit()
    mandatory = {(p.exchange, p.mandatory) for p in world.broker.published if p.exchange}
    assert mandatory == {(WORK, True), (EVENTS, False)}


async def test_messages_between_workers_and_events_carry_identifiers_only() -> None:
    world = World()
    await world.proven()
    keys = {
        key for p in world.broker.published for item in json.loads(p.body)["items"] for key in item
    }
    assert keys == {"request", "step", "tracking", "at"}


async def test_what_is_confirmed_is_struck_off_and_the_version_stays() -> None:
    world = World()
    request = await world.submit()
    assert request.outbox == ()
    assert request.version == len(world.request(request.id).history)


async def test_while_the_broker_is_away_the_outbox_holds_it_and_the_relay_pays_later() -> None:
    world = World()
    world.broker.down = True
    await carry(world.house, STATIONS["registration"], [Item(submission())])
    (request_id,) = world.requests.documents
    assert {out.name for out in world.request(request_id).outbox} == {
        *("challenge", "mail:acknowledgement", "request.received")
    }
    world.broker.down = False
    await world.tick(RELAY_AFTER - timedelta(seconds=1))
    assert world.outbound.mails == []
    await world.tick(timedelta(seconds=2))
    assert world.outbound.purposes() == ["acknowledgement", "challenge"]
    assert world.request(request_id).outbox == ()


async def test_a_debt_that_cannot_be_paid_yet_stays_a_debt() -> None:
    world = World()
    world.broker.down = True
    await carry(world.house, STATIONS["registration"], [Item(submission())])
    for _ in range(3):
        await world.tick(MINUTE)
    (request_id,) = world.requests.documents
    assert len(world.request(request_id).outbox) >= 3
    world.broker.down = False
    await world.tick(MINUTE)
    assert world.request(request_id).status is Status.AWAITING_PROOF
    assert world.offences() == []


async def test_two_relays_at_once_cost_a_duplicate_at_most_which_has_no_effect() -> None:
    world = World()
    world.broker.down = True
    await carry(world.house, STATIONS["registration"], [Item(submission())])
    world.broker.down = False
    world.clock.now += MINUTE
    assert await outbox.relay(world.house) == 1
    assert await outbox.relay(world.new_house()) in {0, 1}
    await world.work()
    assert world.outbound.purposes() == ["acknowledgement", "challenge"]


async def test_a_strike_that_is_lost_costs_a_duplicate_which_has_no_effect() -> None:
    world = World()
    world.faults.raises["requests.strike before"] = [Unreachable("away")] * 3
    request = await world.submit()
    assert world.request(request.id).outbox != ()
    before = world.outbound.purposes()
    for _ in range(3):
        await world.tick(MINUTE)
    assert world.outbound.purposes() == before
    assert world.request(request.id).outbox == ()


async def test_the_next_transition_strikes_off_what_was_published_in_its_own_write() -> None:
    world = World()
    world.house.strike_after = 3_600.0
    await carry(world.house, STATIONS["registration"], [Item(submission())])
    (request_id,) = world.requests.documents
    assert owed(world, request_id) == {"challenge", "mail:acknowledgement", "request.received"}
    await carry(world.house, STATIONS["verification"], [Item(Do(request_id, "challenge"))])
    assert owed(world, request_id) == {"mail:challenge-1", "request.awaiting_proof"}
    assert "requests.strike before" not in world.faults.passed


async def test_what_could_not_be_published_is_never_struck_off_by_the_next_transition() -> None:
    world = World()
    world.house.strike_after = 3_600.0
    world.broker.down = True
    await carry(world.house, STATIONS["registration"], [Item(submission())])
    world.broker.down = False
    (request_id,) = world.requests.documents
    await carry(world.house, STATIONS["verification"], [Item(Do(request_id, "challenge"))])
    assert owed(world, request_id) == {
        *("challenge", "mail:acknowledgement", "request.received"),
        *("mail:challenge-1", "request.awaiting_proof"),
    }


async def test_a_transition_that_does_not_stand_strikes_nothing_off() -> None:
    world = World()
    world.house.strike_after = 0.01
    await carry(world.house, STATIONS["registration"], [Item(submission())])
    (request_id,) = world.requests.documents
    world.faults.raises["requests.commit before"] = [Unreachable("away")]
    with pytest.raises(Unreachable):
        await carry(world.house, STATIONS["verification"], [Item(Do(request_id, "challenge"))])
    await world.house.settle(timeout=5.0)
    assert owed(world, request_id) == set(), "it was published, so the batch strikes it off"


async def two_that_owe(world: World) -> tuple[str, str]:
    """The first of them something that the broker does not take."""
    world.broker.down = True
    for _ in range(2):
        await carry(world.house, STATIONS["registration"], [Item(submission())])
        world.clock.now += timedelta(seconds=1)
    first, second = world.requests.documents
    await carry(world.house, STATIONS["verification"], [Item(Do(second, "challenge"))])
    world.requests.documents[second]["outbox"] = [
        out for out in world.requests.documents[second]["outbox"] if out["name"] != "challenge"
    ]
    world.broker.down, world.broker.closed = False, {"verification"}
    world.clock.now += MINUTE
    return first, second


async def test_a_queue_that_takes_nothing_keeps_what_goes_there_and_nothing_else() -> None:
    world = World()
    first, second = await two_that_owe(world)
    assert await outbox.relay(world.house) == 1
    assert "challenge" in owed(world, first)
    assert owed(world, second) == set()


async def test_the_relay_goes_on_behind_what_cannot_be_sent_and_comes_back_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "PAGE", 1)
    world = World()
    first, second = await two_that_owe(world)
    assert await outbox.relay(world.house) == 0
    assert await outbox.relay(world.house) == 1
    assert owed(world, second) == set()
    assert await outbox.relay(world.house) == 0, "there is nothing behind them"
    world.broker.closed = set()
    assert await outbox.relay(world.house) == 1
    assert owed(world, first) == set()


async def test_while_the_broker_is_away_the_relay_has_nothing_done_and_no_reason_to_hurry() -> None:
    world = World()
    await two_that_owe(world)
    world.broker.down = True
    assert await outbox.relay(world.house) == 0


async def test_what_a_newer_version_wrote_into_a_request_keeps_no_message_back() -> None:
    world = World()
    _, second = await two_that_owe(world)
    world.requests.documents[second]["status"] = "of_a_newer_version"
    assert await outbox.relay(world.house) == 1
    assert not world.requests.documents[second]["outbox"]


async def test_whoever_ends_strikes_off_at_once_what_was_published() -> None:
    world = World()
    world.house.strike_after = 3_600.0
    await carry(world.house, STATIONS["registration"], [Item(submission())])
    (request_id,) = world.requests.documents
    async with asyncio.timeout(10):
        await world.house.settle(timeout=3_600.0)
    assert owed(world, request_id) == set()


async def test_what_is_published_while_a_worker_ends_is_struck_off_too() -> None:
    world = World()
    world.house.strike_after = 3_600.0

    async def recorded_late() -> None:
        await asyncio.sleep(0)
        await carry(world.house, STATIONS["registration"], [Item(submission())])

    world.house.later(recorded_late())
    async with asyncio.timeout(10):
        await world.house.settle(timeout=3_600.0)
    (request_id,) = world.requests.documents
    assert owed(world, request_id) == set()


def owed(world: World, request_id: str) -> set[str]:
    """What the stored request lists as owed."""
    return {out.name for out in world.request(request_id).outbox}
