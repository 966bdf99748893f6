"""A guardian acts for the child on whose record he stands; else a person decides, alike for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schemas.letters import ChallengeFacts
from schemas.lifecycle import Status
from schemas.request import Contact, RequestRecord
from schemas.review import Why
from tests.cast import JIHO, NEW_ADDRESS, datamap
from tests.world import DAY, HOUR, World

CHILD = {"login_id": "seoyun"}
WINDOW = 74 * HOUR


async def asks(world: World, **other: Any) -> RequestRecord:
    """Jiho asks for a correction of his child's address."""
    request = await world.submit(**{"requester": JIHO, "subject": CHILD, **other})
    return world.request(request.id)


async def test_a_guardian_corrects_a_childs_data_by_the_code_that_his_own_contact_got() -> None:
    world = World()
    world.adopt()
    request = await asks(world, requester={**JIHO, "email": "JIHO@mail.example"})
    await world.prove(request)
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert world.subjects.records["1042"].fields["home_address"] == NEW_ADDRESS
    to = {mail.facts.purpose: mail.to for mail in world.outbound.mails}
    assert (to["challenge"], to["completion"]) == ("jiho@mail.example", "jiho@mail.example")
    assert world.offences() == []


async def test_a_guardian_has_a_child_forgotten_and_child_and_guardian_hear_before() -> None:
    world = World()
    world.adopt()
    request = await asks(world, kind="deletion", changes=None)
    await world.prove(request)
    told = [mail.to for mail in world.outbound.mails if mail.facts.purpose == "cooling"]
    assert told == ["jiho@mail.example", "1042@a.example"]
    await world.tick(5 * DAY + HOUR)
    assert world.request(request.id).status is Status.COMPLETED
    assert "1042" not in world.subjects.records


async def test_the_challenge_says_that_it_is_asked_as_a_guardian() -> None:
    world = World()
    world.adopt()
    await asks(world)
    (facts,) = [m.facts for m in world.outbound.mails if isinstance(m.facts, ChallengeFacts)]
    assert facts.relation == "guardian"


def unknown(world: World) -> None:
    """No such child."""


def another(world: World) -> None:
    world.adopt(name="박수상")


def no_guardian(world: World) -> None:
    world.join("1042", login_id="seoyun")


def unreachable(world: World) -> None:
    world.adopt(email=None, phone=None)


def fifteen(world: World) -> None:
    world.adopt(lapses_at=world.clock.now - 365 * DAY)


def right(world: World) -> None:
    world.adopt()


UNCLEAR = [unknown, another, no_guardian, unreachable, fifteen]


@pytest.mark.parametrize("record", UNCLEAR)
async def test_where_the_right_is_unclear_no_code_goes_out_and_a_person_decides(
    record: Any,
) -> None:
    world = World()
    record(world)
    request = await asks(world)
    assert world.outbound.purposes() == ["acknowledgement"]
    await world.tick(WINDOW)
    stands = world.request(request.id)
    assert stands.status is Status.IN_REVIEW
    assert stands.review is not None
    assert stands.review.why == (Why.GUARDIAN_UNCLEAR,)
    assert world.subjects.changed == []
    assert world.offences() == []


async def test_for_a_stranger_every_guardians_request_looks_alike_until_a_person_decides() -> None:
    """Statuses, their times, events, and what the address that was given gets."""
    seen = []
    for record in [*UNCLEAR, right]:
        world = World()
        record(world)
        request = await asks(world)
        at_first = (request.status, request.steps["expiry"].due)
        await world.tick(WINDOW)
        end = world.request(request.id)
        letters = [
            m.facts.purpose for m in world.outbound.mails
            if not isinstance(m.facts, ChallengeFacts)
        ]  # fmt: skip
        statuses = [entry.status for entry in end.history]
        seen.append((at_first, list(dict.fromkeys(statuses)), end.review, world.events(), letters))
    assert seen == [seen[0]] * len(seen)


async def test_a_guardian_of_one_child_cannot_reach_another() -> None:
    world = World()
    world.adopt()
    world.join("1043", login_id="other.child")
    world.subjects.records["1043"].guardianship = replace(
        world.adopt("1044"), name="박민수", email="minsu@mail.example", phone=None
    )
    request = await asks(world, subject={"login_id": "other.child"})
    assert "challenge" not in world.outbound.purposes()
    assert request.status is Status.AWAITING_PROOF


async def test_a_proof_on_the_childs_birthday_comes_to_a_person_and_freezes_nothing() -> None:
    world = World()
    world.adopt(lapses_at=world.clock.now + DAY)
    request = await asks(world)
    world.clock.now += DAY
    await world.prove(request)
    stands = world.request(request.id)
    assert stands.status is Status.IN_REVIEW
    assert stands.review is not None and stands.review.why == (Why.GUARDIAN_UNCLEAR,)
    assert stands.proof is None
    assert world.subjects.usable("1042")["home_address"]
    assert world.subjects.changed == []


async def test_a_deletion_that_cools_off_over_the_birthday_comes_to_a_person() -> None:
    world = World()
    world.adopt(lapses_at=world.clock.now + 2 * DAY)
    request = await asks(world, kind="deletion", changes=None)
    await world.prove(request)
    assert world.request(request.id).status is Status.VERIFIED
    await world.tick(5 * DAY + HOUR)
    stands = world.request(request.id)
    assert stands.status is Status.IN_REVIEW
    assert stands.review is not None and stands.review.why == (Why.GUARDIAN_UNCLEAR,)
    assert "1042" in world.subjects.records
    assert world.subjects.usable("1042") == {}, "what a proof restricted stays restricted"
    assert world.offences() == []


async def test_the_right_does_not_outlive_the_age_in_the_audit_either() -> None:
    """The birth date is sealed: nothing of it stands in the request's own document."""
    world = World()
    lapses = world.adopt().lapses_at
    request = await asks(world)
    assert lapses.isoformat() not in str(world.requests.documents[request.id])
    assert (await world.sealer.open(request)).lapses_at == lapses


@pytest.mark.parametrize("tell", [True, False])
async def test_the_child_is_told_where_the_policy_says_so(
    tell: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    guardian = datamap().subjects["member"].guardian
    assert guardian is not None
    said = guardian.model_copy(update={"tell_child": tell})
    monkeypatch.setitem(datamap().subjects["member"].__dict__, "guardian", said)
    world = World()
    world.adopt()
    world.subjects.records["1042"].contacts = (Contact(kind="mail", value="child@a.example"),)
    request = await asks(world)
    await world.prove(request)
    told = [m.to for m in world.outbound.mails if m.facts.purpose == "guardian"]
    assert told == (["child@a.example"] if tell else [])
    assert world.request(request.id).status is Status.COMPLETED


async def test_an_agents_request_is_confirmed_by_the_person_not_by_the_agent() -> None:
    world = World()
    request = await world.submit(
        requester={"relation": "agent", "name": "박대리", "email": "agent@law.example"}
    )
    to = {mail.facts.purpose: mail.to for mail in world.outbound.mails}
    assert to == {"acknowledgement": "agent@law.example", "challenge": "minji@mail.example"}
    await world.prove(request)
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_guardian_who_has_only_a_phone_on_file_is_called() -> None:
    world = World()
    world.adopt(email=None)
    request = await asks(world)
    assert request.tasks == ("call:challenge-1",)
