"""The audit holds the stores against each other: each of what none of them shows alone is named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from types import SimpleNamespace
from typing import Any

from schemas.invariants import NOBODY, Offence, Slot
from schemas.request import RequestRecord
from tests.rights import AT_ONCE
from tests.world import World
from workers.adapters.subject_data.evidence import ControlRecord
from workers.audit import verify_stores

GHOST = "01935f3e-0000-7000-8000-00000000dead"


async def each(listed: Iterable[Any]) -> AsyncIterator[Any]:
    for one in listed:
        yield one


def stores(
    world: World,
    *,
    seq: int = 1,
    slots: tuple[Slot, ...] = (),
    restricting: str = "",
    late: int = 0,
    unlogged: str = "",
) -> Any:
    """Those of a house that has carried out one correction, and whatever else is said."""
    records = [RequestRecord.model_validate(one) for one in world.requests.documents.values()]
    own = [Slot(one.id, "correct", {"home_address": 2}) for one in records]
    control = ControlRecord(seq, (*own, *slots), frozenset({restricting} - {""}))

    async def overdue() -> int:
        return late

    async def done() -> Any:
        return NOBODY

    def log(*_: object) -> AsyncIterator[Any]:
        return each([Offence("I13", "-", unlogged)] if unlogged else [])

    return SimpleNamespace(
        subject_data=SimpleNamespace(controls=lambda: each([control])),
        markers=SimpleNamespace(done=done),
        requests=SimpleNamespace(all_records=lambda: each(records), now=lambda: world.clock.now),
        log_check=SimpleNamespace(offences=log),
        parked=SimpleNamespace(overdue=overdue),
    )


async def corrected() -> tuple[World, str]:
    world = World(AT_ONCE)
    return world, (await world.proven()).id


async def test_a_sound_house_has_no_offence() -> None:
    world, _ = await corrected()
    assert await verify_stores(stores(world)) == (1, [])


async def test_a_subject_that_counts_other_changes_than_its_slots_is_named() -> None:
    world, request = await corrected()
    for seq in (0, 2):
        _, found = await verify_stores(stores(world, seq=seq))
        assert found == [Offence("I2", request, "its subject counts other changes than slots")]


async def test_a_slot_of_a_request_that_there_is_not_is_named() -> None:
    world, _ = await corrected()
    ghost = Slot(GHOST, "collect", {})
    _, found = await verify_stores(stores(world, slots=(ghost,)))
    assert found == [Offence("I2", GHOST, "has a slot, but does not exist")]


async def test_a_restriction_by_a_request_that_there_is_not_is_named() -> None:
    world, _ = await corrected()
    _, found = await verify_stores(stores(world, restricting=GHOST))
    assert found == [Offence("I5", GHOST, "restricts, but does not exist")]


async def test_parked_messages_that_nobody_looks_at_are_counted() -> None:
    world, _ = await corrected()
    _, found = await verify_stores(stores(world, late=2))
    assert found == [Offence("I14", "-", "2 parked messages wait for too long")]


async def test_what_is_wrong_with_the_log_is_named() -> None:
    world, _ = await corrected()
    _, found = await verify_stores(stores(world, unlogged="its entry 7 is not there"))
    assert found == [Offence("I13", "-", "its entry 7 is not there")]


async def test_what_a_second_look_does_not_find_was_only_on_its_way() -> None:
    world, _ = await corrected()
    looks = [stores(world, seq=2), stores(world)]
    moving = stores(world)

    def next_look() -> AsyncIterator[Any]:
        controls: AsyncIterator[Any] = looks.pop(0).subject_data.controls()
        return controls

    moving.subject_data.controls = next_look
    assert await verify_stores(moving) == (1, [])
    assert looks == []
