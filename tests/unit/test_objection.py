"""An objection withdraws consents, purpose by purpose; it restricts nothing."""

from __future__ import annotations

from typing import Any

from schemas.letters import CompletionFacts
from schemas.lifecycle import Status
from schemas.request import Request
from tests.cast import submission_content, withdrawal
from tests.world import World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry


def objection(*purposes: str, **other: Any) -> dict[str, Any]:
    """Minji objects to these purposes; to none by name: to all of them."""
    fields = list(purposes) or None
    return {"kind": "objection", "changes": None, "fields": fields, **other}


def world_with_consents() -> World:
    """She agreed to all, and two recipients act on what she gave."""
    world = World()
    world.subjects.records["1001"].consents = dict.fromkeys(
        ("marketing", "profiling", "cookies"), True
    )
    world.subjects.ledger["1001"]["dain-marketing"] = ("name", "email")
    return world


async def objected(world: World, *purposes: str, **other: Any) -> Request:
    request = await world.proven(**objection(*purposes, **other))
    return world.request(request.id)


async def test_the_consent_is_withdrawn_and_other_purposes_stay() -> None:
    world = world_with_consents()
    request = await objected(world, "marketing")
    assert request.status is Status.COMPLETED
    assert world.subjects.records["1001"].consents == {
        "marketing": False,
        "profiling": True,
        "cookies": True,
    }
    assert request.results["marketing"].result == "withdrawn"
    assert world.offences() == []


async def test_without_names_every_purpose_of_the_map_is_withdrawn() -> None:
    world = world_with_consents()
    request = await objected(world)
    assert set(world.subjects.records["1001"].consents.values()) == {False}
    assert set(request.results) == {"marketing", "profiling", "cookies"}


async def test_nothing_is_restricted_by_it_and_nobody_hears_that_something_was() -> None:
    world = world_with_consents()
    request = await world.submit(**objection("marketing"))
    world.publish_proof(request)
    await world.work("verification")
    assert world.request(request.id).status is Status.VERIFIED
    assert set(world.subjects.usable("1001")) == {"home_address", "name", "hobbies"}
    await world.work()
    assert not [event for event in world.events() if event.startswith("restriction.")]


async def test_only_those_hear_of_it_that_act_on_the_purpose() -> None:
    world = world_with_consents()
    await objected(world, "marketing", "cookies")
    (told,) = world.outbound.notices
    assert (told.recipient, told.about) == ("dain-marketing", "objection")
    assert set(told.values) == {"marketing"}


async def test_whoever_never_received_anything_of_her_learns_nothing() -> None:
    world = world_with_consents()
    del world.subjects.ledger["1001"]["dain-marketing"]
    request = await objected(world, "marketing")
    assert world.outbound.notices == []
    assert request.status is Status.COMPLETED


async def test_the_completion_names_each_purpose() -> None:
    world = world_with_consents()
    world.subjects.records["1001"].consents["cookies"] = False
    await objected(world, "marketing", "cookies")
    facts = world.outbound.mails[-1].facts
    assert isinstance(facts, CompletionFacts)
    assert {(one.label.en, one.result) for one in facts.outcomes} == {
        ("Marketing and advertising", "withdrawn"),
        ("Cookie identifiers", "unchanged"),
    }
    assert facts.lift_link is None


async def test_many_traces_go_in_parts_and_the_request_goes_on_after_each() -> None:
    world = world_with_consents()
    request = await world.submit(**objection("cookies"))
    world.subjects.steps[request.id] = 2
    await world.prove(request)
    done = world.request(request.id)
    assert [entry.what for entry in done.history].count("withdrawn_in_part") == 2
    assert done.status is Status.COMPLETED
    assert world.offences() == []


async def test_an_unknown_purpose_is_refused_with_its_path() -> None:
    world = World()
    world.publish("submission", submission_content(**objection("marketing", "hobbies")))
    await world.work()
    assert world.parked.reasons() == ["$.fields.1 unknown_purpose"]


async def test_taken_back_before_it_is_applied_the_consent_stays() -> None:
    world = world_with_consents()
    request = await world.submit(**objection("marketing"))
    world.publish_proof(request)
    await world.work("verification")
    item = Item(withdrawal(request.tracking, world.code(request)))
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()
    assert world.request(request.id).status is Status.WITHDRAWN
    assert world.subjects.records["1001"].consents["marketing"]
    assert world.offences() == []
