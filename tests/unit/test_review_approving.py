"""Yes: field by field, by two people where one is too little, or by one and a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.lifecycle import Status
from schemas.messages import Decide, Stop
from schemas.review import Approve, AskFor, Match, Refuse, Why
from tests.cast import AGENT_PARK, new_id
from tests.desk import (
    CHOI,
    HAN,
    HAN_ALONE,
    NAME_AND_HOBBIES,
    NEW_NAME,
    PARK,
    PASSPORT,
    YES,
    blocked,
    decide,
    nobody_matched,
)
from tests.world import DAY, World, with_policy
from workers.pipeline import STATIONS
from workers.ports import Release
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

AT_ONCE = with_policy(cooling_off=timedelta(0), cooling_off_young=timedelta(0))


async def test_a_field_that_needs_evidence_is_corrected_once_a_person_has_approved_it() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    assert await decide(world, request, YES) is None
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert world.subjects.records["1001"].fields["name"] == "김민주"
    assert [entry.by for entry in done.history if entry.what == "approved"] == ["desk:han"]
    assert done.proof is not None
    assert done.proof.route == "web"
    assert world.outbound.purposes()[-1] == "completion"
    assert world.offences() == []


async def test_what_is_not_granted_is_told_with_its_reason_and_stays_as_it_was() -> None:
    world = World()
    request = await world.proven(**NAME_AND_HOBBIES)
    assert await decide(world, request, Approve({"name": "is_correct"})) is None
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    fields = world.subjects.usable("1001")
    assert (fields["name"], fields["hobbies"]) == ("김민지", ["등산"])
    assert {name: (one.result, one.reason) for name, one in done.results.items()} == {
        "hobbies": ("corrected", None),
        "name": ("refused", "is_correct"),
    }
    told = {one.label.en: one for one in world.outbound.mails[-1].facts.outcomes}  # type: ignore[union-attr]
    assert told["Name"].result == "refused"
    assert told["Name"].legal_ground is not None
    assert world.offences() == []


async def test_a_deletion_granted_in_part_deletes_that_part() -> None:
    world = World(AT_ONCE)
    request = await blocked(world, kind="deletion", changes=None, fields=["name", "hobbies"])
    await decide(world, request, PASSPORT)
    for one in (HAN, CHOI):
        assert await decide(world, request, Approve({"name": "kept_by_law"}), by=one) is None
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert world.subjects.usable("1001").keys() == {"home_address", "name"}
    assert {name: one.result for name, one in done.results.items()} == {
        "hobbies": "deleted",
        "name": "refused",
    }
    assert world.offences() == []


async def test_no_field_granted_is_a_refusal() -> None:
    world = World()
    request = await world.proven(**NAME_AND_HOBBIES)
    every = Approve({"name": "is_correct", "hobbies": "is_correct"})
    assert await decide(world, request, every) is None
    assert world.request(request.id).status is Status.REFUSED
    assert world.subjects.changed == []
    assert world.outbound.purposes()[-1] == "refusal"
    assert world.offences() == []


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (Approve({"email": "is_correct"}), "not_a_field_of_it"),
        (Approve({"name": "i_do_not_like_it"}), "unknown_reason"),
        (Approve({"name": "is_correct", "hobbies": "not_held"}), "several_reasons_for_all"),
    ],
)
async def test_an_approval_that_makes_no_sense_changes_nothing(decision: Approve, why: str) -> None:
    world = World()
    request = await world.proven(**NAME_AND_HOBBIES)
    assert await decide(world, request, decision) == why
    assert world.request(request.id).version == request.version


async def test_what_nobody_has_proven_needs_evidence_and_two_people() -> None:
    world = World()
    request = await blocked(world)
    assert await decide(world, request, YES) == "needs_evidence"
    assert await decide(world, request, PASSPORT, by=PARK) is None
    assert await decide(world, request, YES) is None
    assert world.request(request.id).status is Status.IN_REVIEW
    assert world.subjects.changed == []
    assert await decide(world, request, YES) == "approved_by_you_already"
    assert await decide(world, request, YES, by=CHOI) is None
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert done.proof is not None
    assert (done.proof.route, done.proof.digest) == ("review", request.digest)
    assert world.subjects.exhibits_destroyed == [request.id]
    assert world.offences() == []


async def test_two_who_approve_different_things_have_approved_nothing() -> None:
    world = World(AT_ONCE)
    request = await blocked(world, kind="deletion", changes=None, fields=["name", "hobbies"])
    await decide(world, request, PASSPORT)
    await decide(world, request, Approve({"name": "kept_by_law"}))
    assert await decide(world, request, YES, by=CHOI) == "approvals_differ"
    assert world.subjects.changed == []


@pytest.mark.parametrize("typed_by", [HAN.name, "Han"])
async def test_whoever_took_a_request_in_never_approves_it(typed_by: str) -> None:
    world = World()
    request = await world.proven(channel="phone", operator=typed_by, **NEW_NAME)
    assert await decide(world, request, YES) == "filed_by_you"
    assert world.subjects.changed == []
    assert await decide(world, request, YES, by=CHOI) is None


async def test_an_agent_decides_nothing() -> None:
    world = World()
    request = await world.proven(channel="phone", operator=AGENT_PARK, **NEW_NAME)
    for decision in (YES, Refuse("not_held"), AskFor(("identity",))):
        assert await decide(world, request, decision, by=PARK) == "not_your_role"
    assert world.request(request.id).version == request.version


async def test_the_approval_of_a_desk_of_one_takes_effect_after_a_day() -> None:
    world = World()
    request = await blocked(world)
    await decide(world, request, PASSPORT)
    assert await decide(world, request, YES, by=HAN_ALONE) is None
    (mail,) = (mail for mail in world.outbound.mails if mail.facts.purpose == "approval")
    assert mail.to == "minji@mail.example"
    assert "home_address" in world.subjects.usable("1001")
    await world.tick(DAY - timedelta(minutes=1))
    assert world.request(request.id).status is Status.IN_REVIEW
    await world.tick(timedelta(minutes=1))
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert [entry.what for entry in done.history if "approved" in entry.what] == [
        "approved_alone",
        "approved",
    ]
    assert world.offences() == []


async def test_whoever_reads_a_contact_on_file_stops_what_one_person_approved() -> None:
    world = World()
    request = await blocked(world)
    await decide(world, request, PASSPORT)
    await decide(world, request, YES, by=HAN_ALONE)
    mail = next(mail for mail in world.outbound.mails if mail.facts.purpose == "approval")
    token = mail.facts.stop_link.rpartition("/")[2]  # type: ignore[union-attr]
    await carry(world.house, STATIONS["verification"], [Item(Stop(request.tracking, token))])
    await world.tick(DAY)
    assert world.request(request.id).status is Status.WITHDRAWN
    assert world.subjects.changed == []
    assert world.subjects.exhibits_destroyed == [request.id]
    assert world.offences() == []


async def test_a_second_person_need_not_wait_for_the_day_to_be_over() -> None:
    world = World()
    request = await blocked(world)
    await decide(world, request, PASSPORT)
    await decide(world, request, YES, by=HAN_ALONE)
    assert await decide(world, request, YES, by=CHOI) is None
    assert world.request(request.id).status is Status.COMPLETED


async def test_an_approval_whose_person_is_gone_by_then_comes_back_to_the_desk() -> None:
    world = World()
    request = await blocked(world)
    await decide(world, request, PASSPORT)
    await decide(world, request, YES, by=HAN_ALONE)
    del world.subjects.records["1001"]
    await world.tick(DAY)
    back = world.request(request.id)
    assert back.status is Status.IN_REVIEW
    assert back.review is not None
    assert Why.SUBJECT_GONE in back.review.why
    assert back.review.approvals == ()


async def test_a_deletion_of_somebody_who_is_gone_comes_to_the_desk_and_ends_there() -> None:
    world = World()
    request = await world.submit(kind="deletion", changes=None)
    await world.prove(request)
    world.subjects.records.clear()
    await world.tick(6 * DAY)
    back = world.request(request.id)
    assert back.status is Status.IN_REVIEW
    assert back.review is not None
    assert back.review.why == (Why.SUBJECT_GONE,)
    assert await decide(world, request, Refuse("not_held")) is None
    assert world.request(request.id).status is Status.REFUSED
    mail = world.outbound.mails[-1]
    assert (mail.facts.purpose, mail.to) == ("refusal", "minji@mail.example")


async def test_a_withdrawal_that_claimed_the_slot_wins_over_an_approval() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    await world.subjects.apply([Release(request.id, world.subjects.records["1001"].ref)])
    assert await decide(world, request, YES) == "subject_lost"
    assert world.subjects.changed == []


async def test_whom_it_is_about_can_be_found_out_by_the_desk() -> None:
    world = World()
    request = await nobody_matched(world)
    assert await decide(world, request, PASSPORT) is None
    assert await decide(world, request, YES) == "nobody_matched"
    assert await decide(world, request, Match({"login_id": "nobody"})) == "no_such_person"
    assert await decide(world, request, Match({"login_id": "minji.kim"})) is None
    assert await decide(world, request, Match({"login_id": "minji.kim"})) == "matched_already"
    for one in (HAN, CHOI):
        assert await decide(world, request, YES, by=one) is None
    assert world.request(request.id).status is Status.COMPLETED
    assert world.offences() == []


async def test_the_same_decision_meets_itself_and_is_taken_once() -> None:
    for seed in range(20):
        world = World()
        request = await world.proven(**NEW_NAME)
        messages = [Decide(request.tracking, new_id(), one, YES) for one in (HAN, CHOI)]
        await world.at_once("review", *messages, seed=seed)
        await world.work()
        assert world.request(request.id).status is Status.COMPLETED
        assert len(world.subjects.changed) == 1
        assert world.offences() == []
