"""The new values stand in every copy, exactly once, and the restriction is lifted with them."""

from __future__ import annotations

from datetime import timedelta

from schemas.lifecycle import Status
from schemas.messages import Do
from tests.cast import NEW_ADDRESS, OLD_ADDRESS
from tests.world import DAY, HOUR, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry


async def test_a_correction_goes_all_the_way_from_the_form_to_the_last_mail() -> None:
    world = World()
    request = await world.submit()
    await world.prove(request)
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert world.subjects.records["1001"].fields["home_address"] == NEW_ADDRESS
    assert done.results["home_address"].result == "corrected"
    assert done.results["home_address"].places == 2
    assert [told.recipient for told in world.outbound.notices] == ["hanbit-delivery"]
    assert world.outbound.purposes() == ["acknowledgement", "challenge", "completion"]
    assert world.events() == [
        *("request.received", "request.awaiting_proof", "restriction.applied", "request.verified"),
        *("restriction.lifted", "request.applied"),
        *("notice.pending", "notice.applied", "request.completed"),
    ]
    assert world.offences() == []


async def test_nobody_else_is_touched() -> None:
    world = World()
    world.join("2002", login_id="jiho.lee")
    before = dict(world.subjects.records["2002"].fields)
    await world.proven()
    assert world.subjects.records["2002"].fields == before
    assert {n: v for n, v in world.subjects.records["1001"].fields.items() if "addr" not in n} == {
        "name": "김민지",
        "hobbies": ["독서"],
    }


async def test_a_value_that_stood_already_is_told_as_unchanged_and_nobody_is_notified() -> None:
    world = World()
    request = await world.proven(changes=[{"field": "home_address", "value": OLD_ADDRESS}])
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert done.results["home_address"].result == "unchanged"
    assert world.outbound.notices == []


async def test_the_second_delivery_finds_the_slot_and_changes_nothing() -> None:
    """The worker died between the two commits."""
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    particulars = await world.sealer.open(request)
    stage = STATIONS["correction"]
    outcome = await stage.handle(
        Do(request.id, "correction"), world.request(request.id), world.house.tools_now()
    )
    assert particulars.subject is not None
    await world.subjects.apply(outcome.effects)  # type: ignore[arg-type]
    await world.work()
    assert world.subjects.changed == [(request.id, "home_address")]
    assert world.request(request.id).results["home_address"].places == 2
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_very_many_copies_go_in_parts_and_are_restricted_meanwhile() -> None:
    world = World()
    request = await world.submit()
    world.subjects.steps[request.id] = 3
    world.publish_proof(request)
    await world.work("verification")
    for _ in range(3):
        await carry(world.house, STATIONS["correction"], [Item(Do(request.id, "correction"))])
        assert "home_address" not in world.subjects.usable("1001")
        assert world.request(request.id).status is Status.VERIFIED
    await world.work()
    assert world.request(request.id).status is Status.COMPLETED
    what = [entry.what for entry in world.request(request.id).history]
    assert what.count("corrected_in_part") == 3


async def test_what_the_database_will_not_take_waits_longer_each_time_and_raises_the_alarm() -> (
    None
):
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    world.subjects.refuses = {"home_address"}
    await world.work()
    waits = []
    for _ in range(14):
        step = world.request(request.id).steps["correction"]
        assert step.error == "subject_refused"
        waits.append(step.due - world.clock.now)
        await world.tick(waits[-1])
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=2), HOUR)
    await world.tick(8 * DAY)
    assert "alarm" in [entry.what for entry in world.request(request.id).history]
    assert world.request(request.id).status is Status.VERIFIED


async def test_once_the_database_takes_it_a_waiting_correction_goes_on_by_itself() -> None:
    world = World()
    world.subjects.refuses = {"home_address"}
    request = await world.proven()
    world.subjects.refuses = set()
    await world.tick(timedelta(seconds=2))
    assert world.request(request.id).status is Status.COMPLETED


async def test_another_request_that_restricts_the_same_field_keeps_it_hidden() -> None:
    world = World()
    first = await world.submit()
    second = await world.submit(changes=[{"field": "home_address", "value": OLD_ADDRESS}])
    for request in (first, second):
        world.publish_proof(request)
    await world.work("verification")
    await carry(world.house, STATIONS["correction"], [Item(Do(first.id, "correction"))])
    assert "home_address" not in world.subjects.usable("1001")
    await world.work()
    assert world.subjects.usable("1001")["home_address"] == OLD_ADDRESS


async def test_what_was_sealed_under_a_key_that_is_gone_changes_nothing() -> None:
    world = World()
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    del world.sealer.keys[request.id]
    await world.work()
    assert world.subjects.changed == []
    assert world.request(request.id).steps["correction"].error == "key_gone"
