"""Each invariant is silent about a sound request, and names what is wrong with a broken one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from schemas.invariants import LATE, NOBODY, UNSENT, Erased, Slot, of_request, of_restriction
from schemas.lifecycle import Status
from schemas.request import RequestRecord
from tests.cast import submission
from tests.rights import AT_ONCE
from tests.world import DAY, World

Document = dict[str, Any]


async def completed() -> tuple[Document, list[Slot], World]:
    world = World(AT_ONCE)
    request = await world.proven()
    return world.requests.documents[request.id], [slot(request.id)], world


def slot(request_id: str, kind: str = "correct", places: int = 2) -> Slot:
    return Slot(request_id, kind, {"home_address": places})


def offences(
    document: Document, slots: list[Slot], world: World, erased: Erased = NOBODY
) -> list[str]:
    record = RequestRecord.model_validate(document)
    found = list(of_request(record, slots, world.clock.now, erased))
    assert {offence.request for offence in found} <= {record.id}
    return [f"{offence.invariant}: {offence.what}" for offence in found]


async def test_a_sound_request_has_no_offence_at_any_status() -> None:
    world = World(AT_ONCE)
    request = await world.submit()
    assert offences(world.requests.documents[request.id], [], world) == []
    document, slots, world = await completed()
    assert offences(document, slots, world) == []


BROKEN: dict[str, tuple[Callable[[Document], object], str]] = {
    "an old outbox": (
        lambda d: d.update(
            outbox=[{"kind": "work", "name": "x", "at": d["created_at"] - 2 * UNSENT}]
        ),
        "I3: a message in its outbox was never sent",
    ),
    "no proof": (lambda d: d.update(proof=None), "I6: applied without a proof"),
    "a proof of other content": (
        lambda d: d["proof"].update(digest="other"),
        "I6: the proof was given for other content",
    ),
    "a proof that came after": (
        lambda d: d["proof"].update(at=d["applied_at"] + timedelta(seconds=1)),
        "I6: applied before it was proven",
    ),
    "a recipient that was forgotten": (
        lambda d: d["notices"]["hanbit-delivery"].update(status="delivered"),
        "I9: completed, though hanbit-delivery is delivered",
    ),
    "a recipient that was never told": (
        lambda d: d["notices"]["hanbit-delivery"].update(marks=0),
        "I9: hanbit-delivery has applied what was never sent",
    ),
    "a transition without a line": (
        lambda d: d.update(history=d["history"][:3] + d["history"][4:]),
        "I13: its history has not one entry for each transition",
    ),
    "a line too many": (
        lambda d: d.update(history=[*d["history"], d["history"][-1]]),
        "I13: its history has not one entry for each transition",
    ),
    "a forbidden step": (
        lambda d: d["history"][5].update(status="received"),
        "I13: its history goes from awaiting_proof to received",
    ),
    "another end": (
        lambda d: d.update(history=d["history"][:-1], version=d["version"] - 1),
        "I13: its history ends with another status",
    ),
    "other counts than the control document's": (
        lambda d: d["results"]["home_address"].update(places=7),
        "I2: its slot counts other places than the request tells",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_is_broken_is_named(name: str) -> None:
    document, slots, world = await completed()
    spoil, offence = BROKEN[name]
    document["outbox"] = list(document["outbox"])
    spoil(document)
    assert offence in offences(document, slots, world)


async def test_a_change_without_a_slot_or_with_two_is_named() -> None:
    document, slots, world = await completed()
    assert offences(document, [], world) == ["I2: applied, but no control document has its slot"]
    assert offences(document, slots * 2, world) == ["I2: claimed more than one slot"]


@pytest.mark.parametrize(
    ("kind", "offence"),
    [
        ("object", "I2: its slot is not that of correction"),
        ("suspend", "I2: its slot says suspended, but it is correction"),
        ("lapsed", "I2: its slot says suspended, but it is correction"),
        ("resume", "I2: its slot says suspended, but it is correction"),
    ],
)
async def test_a_slot_of_another_kind_than_the_request_is_named(kind: str, offence: str) -> None:
    document, (own,), world = await completed()
    assert offence in offences(document, [Slot(own.request, kind, own.places)], world)


async def test_a_restriction_that_was_lifted_and_still_holds_its_slot_is_named() -> None:
    world = World(AT_ONCE)
    request = await world.proven(kind="restriction", changes=None, fields=["hobbies"])
    document = world.requests.documents[request.id]
    standing, lifted = (Slot(request.id, kind, {}) for kind in ("suspend", "resume"))
    assert offences(document, [standing], world) == []
    document["lifting"] = {"at": world.clock.now}
    assert offences(document, [standing], world) == ["I5: lifted, but its slot says suspended"]
    assert offences(document, [lifted], world) == []


async def deleted() -> tuple[Document, World, Erased]:
    """All of Minji's, with its certificate, and the marker in the company's database."""
    world = World(AT_ONCE)
    request = await world.proven(kind="deletion", changes=None)
    document = world.requests.documents[request.id]
    assert document["status"] == "completed"
    return document, world, Erased(requests=frozenset({request.id}))


LEFT_OVER = {"collection": "orders", "path": "email", "documents": 1, "why": "left_over"}
UNDONE: dict[str, tuple[Callable[[Document], object], str]] = {
    "no certificate": (
        lambda d: d.update(certificate=None),
        "I11: deleted, but nothing certifies it",
    ),
    "something that was found afterwards": (
        lambda d: d["erasure"]["summary"].update(findings=[LEFT_OVER]),
        "I11: deleted, though something was left over",
    ),
}


@pytest.mark.parametrize("name", UNDONE)
async def test_a_deletion_that_is_not_what_it_says_is_named(name: str) -> None:
    document, world, erased = await deleted()
    assert offences(document, [], world, erased) == []
    spoil, offence = UNDONE[name]
    spoil(document)
    assert offences(document, [], world, erased) == [offence]


async def test_a_deletion_without_its_marker_is_named_unless_the_whole_person_has_one() -> None:
    document, world, _ = await deleted()
    assert offences(document, [], world) == [
        "I11: deleted, but the company's database has no marker of it"
    ]
    gone = Erased(subjects=frozenset({document["subject"]}))
    assert offences(document, [], world, gone) == []


async def test_a_package_without_a_slot_and_a_slot_without_a_package_are_named() -> None:
    world = World(AT_ONCE)
    request = await world.proven(kind="access", changes=None)
    document = world.requests.documents[request.id]
    claimed = Slot(request.id, "collect", {})
    assert offences(document, [claimed], world) == []
    assert offences(document, [], world) == ["I2: collected, but no control document has its slot"]
    asked = await world.submit(kind="access", changes=None)
    found = offences(world.requests.documents[asked.id], [claimed], world)
    assert found == ["I2: its slot says collected, the request awaiting_proof"]


async def test_a_slot_of_a_request_that_never_got_there_is_named() -> None:
    world = World(AT_ONCE)
    request = await world.submit()
    found = offences(world.requests.documents[request.id], [slot(request.id)], world)
    assert found == ["I2: its slot says corrected, the request awaiting_proof"]


async def test_a_slot_is_no_offence_between_the_two_commits() -> None:
    world = World(AT_ONCE)
    request = await world.submit()
    world.publish_proof(request)
    await world.work("verification")
    assert offences(world.requests.documents[request.id], [slot(request.id)], world) == []


async def test_a_request_that_nobody_looks_after_is_named() -> None:
    world = World(AT_ONCE)
    request = await world.submit()
    document = world.requests.documents[request.id]
    document["next_due"] = None
    assert offences(document, [], world) == ["I1: not final and nothing is due"]
    document["next_due"] = world.clock.now - 2 * LATE
    assert offences(document, [], world) == ["I1: its due time is long past"]


async def test_a_deadline_that_passed_in_silence_is_named_and_one_with_an_alarm_is_not() -> None:
    world = World(AT_ONCE)
    request = await world.proven(changes=[{"field": "name", "value": "김민주"}])
    document = world.requests.documents[request.id]
    world.clock.now += 11 * DAY
    document["next_due"] = world.clock.now
    assert offences(document, [], world) == ["I4: late, and nobody was told"]
    await world.tick()
    assert offences(world.requests.documents[request.id], [], world) == []


@pytest.mark.parametrize(
    ("status", "offends"),
    [
        (Status.VERIFIED, False),
        (Status.IN_REVIEW, False),
        (Status.APPLIED, True),
        (Status.COMPLETED, True),
        (Status.WITHDRAWN, True),
        (Status.EXPIRED, True),
    ],
)
async def test_a_restriction_that_outlives_its_request_is_named(
    status: Status, offends: bool
) -> None:
    document, _, _ = await completed()
    record = RequestRecord.model_validate({**document, "status": status})
    assert bool(list(of_restriction(record.id, record))) == offends


async def test_a_restriction_that_its_release_is_about_to_lift_is_no_offence() -> None:
    document, _, world = await completed()
    steps = {"release": {"due": world.clock.now}}
    record = RequestRecord.model_validate({**document, "status": "expired", "steps": steps})
    assert list(of_restriction(record.id, record)) == []


def test_a_restriction_of_a_request_that_does_not_exist_is_named() -> None:
    (offence,) = of_restriction(submission().submission_id, None)
    assert (offence.invariant, offence.what) == ("I5", "restricts, but does not exist")
