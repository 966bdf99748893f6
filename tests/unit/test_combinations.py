"""What two capabilities come to together: the age of a child, the desk, paper, and each right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest

from schemas.letters import ChallengeFacts, CompletionFacts, DownloadFacts
from schemas.lifecycle import Status
from schemas.messages import (
    AskDownload,
    Decide,
    Disown,
    Download,
    Lift,
    Message,
    NothingArrived,
    Settled,
)
from schemas.request import Contact, Request, RequestRecord
from schemas.review import Approve, AskFor, Match, Refuse, Why
from schemas.submission import Kind
from tests.cast import JIHO, MINJI_IS_KNOWN_BY, new_id, submission_content, withdrawal
from tests.desk import CHOI, HAN, HAN_ALONE, NEW_NAME, PASSPORT, YES, blocked, decide
from tests.world import DAY, HOUR, MINUTE, World, with_policy
from workers.adapters.subject_data.control import Control, control_id
from workers.cli import plan
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

ACCESS: dict[str, Any] = {"kind": "access", "changes": None}
RESTRICTION: dict[str, Any] = {
    "kind": "restriction", "changes": None, "fields": ["home_address", "hobbies"],
}  # fmt: skip
OBJECTION: dict[str, Any] = {"kind": "objection", "changes": None}
FIELD: dict[str, Any] = {"kind": "correction"}
OF_A_CHILD: dict[str, Any] = {"requester": JIHO, "subject": {"login_id": "seoyun"}}


async def say(world: World, message: Message, stage: str = "verification") -> bool:
    """Somebody of the desk, or behind a link; whether it was taken."""
    item = Item(message)
    await carry(world.house, STATIONS[stage], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


async def approved_by_two(world: World, request: Request) -> RequestRecord:
    """With evidence, since there was no proof."""
    assert await decide(world, request, PASSPORT) is None
    assert await decide(world, request, YES) is None
    assert await decide(world, request, YES, by=CHOI) is None
    return world.request(request.id)


def completion(world: World, request: Request) -> CompletionFacts:
    (facts,) = (
        mail.facts
        for mail in world.outbound.mails
        if mail.tracking == request.tracking and isinstance(mail.facts, CompletionFacts)
    )
    return facts


def package(world: World, request: Request) -> str:
    found = completion(world, request).package
    assert found is not None
    return found.link.rpartition("/")[2]


def download_code(world: World, request: Request) -> str:
    assert request.package is not None and request.package.challenge is not None
    number = request.package.challenge.number
    return world.tokens.code(request.id, number, request.package.id)


async def nobody_matched(world: World, **other: Any) -> Request:
    """The desk gets it, since nothing arrived."""
    request = await world.submit(**{"subject": {"login_id": "minji.kim2"}, **other})
    assert await say(world, NothingArrived(request.tracking, by="park"))
    return request


# --- The desk, and what its approval leads to ----------------------------------------------------


async def test_a_package_that_the_desk_approved_without_any_code_can_be_fetched() -> None:
    world = World()
    request = await nobody_matched(world, **ACCESS)
    assert await decide(world, request, Match(MINJI_IS_KNOWN_BY)) is None
    assert (await approved_by_two(world, request)).status is Status.COMPLETED
    link = package(world, request)
    await say(world, AskDownload(request.tracking, link), "access")
    code = [m.facts.code for m in world.outbound.mails if isinstance(m.facts, DownloadFacts)][-1]
    assert await say(world, Download(request.tracking, link, code, new_id()), "access")


async def test_such_a_package_can_be_disowned_as_well() -> None:
    world = World()
    request = await nobody_matched(world, **ACCESS)
    await decide(world, request, Match(MINJI_IS_KNOWN_BY))
    await approved_by_two(world, request)
    await say(world, AskDownload(request.tracking, package(world, request)), "access")
    (facts,) = [m.facts for m in world.outbound.mails if isinstance(m.facts, DownloadFacts)]
    await say(world, Disown(request.tracking, facts.not_me_link.rpartition("/")[2]))
    done = world.request(request.id).package
    assert done is not None and done.blocked


async def test_a_restriction_granted_in_part_leaves_what_was_refused_in_use() -> None:
    world = World()
    request = await blocked(world, **RESTRICTION)
    await decide(world, request, PASSPORT)
    for one in (HAN, CHOI):
        assert (
            await decide(world, request, Approve({"hobbies": "rights_of_others"}), by=one) is None
        )
    assert world.request(request.id).status is Status.COMPLETED
    assert set(world.subjects.usable("1001")) == {"hobbies", "name"}
    assert world.offences() == []


def test_what_stands_is_what_was_granted_and_nothing_that_was_disputed_before() -> None:
    control = Control.read(control_id("member", 1), None)
    names = [{"t": "member", "k": 1}]
    control.restrict("r-1", {"home_address": names, "hobbies": names})
    control.suspend("r-1", {"home_address": names})
    assert control.restricted == {"home_address": ["r-1"]}
    assert [hide["f"] for hide in control.hides] == ["home_address"]
    assert control.standing == ["r-1"]


@pytest.mark.parametrize("kind", [ACCESS, OBJECTION])
@pytest.mark.parametrize("relation", ["self", "guardian"])
async def test_what_disputes_nothing_restricts_nothing_when_it_is_approved_without_a_proof(
    kind: dict[str, Any], relation: str
) -> None:
    world = World()
    world.adopt(name="박수상")
    child = OF_A_CHILD if relation == "guardian" else {}
    request = await world.submit(**kind, **child)
    await say(world, NothingArrived(request.tracking, by="park"))
    done = await approved_by_two(world, request)
    assert done.status is Status.COMPLETED
    assert not any(by for c in world.subjects.controls.values() for by in c.restricted.values())
    assert world.outbound.purposes()[-1] == "completion"
    assert world.offences() == []


async def test_an_approval_of_one_is_void_once_the_contact_on_file_disowns_the_request() -> None:
    world = World()
    request = await world.submit()
    (facts,) = [m.facts for m in world.outbound.mails if isinstance(m.facts, ChallengeFacts)]
    await say(world, NothingArrived(request.tracking, by="park"))
    await decide(world, request, PASSPORT)
    await decide(world, request, YES, by=HAN_ALONE)
    assert world.request(request.id).is_open("approved")
    await say(world, Disown(request.tracking, facts.not_me_link.rpartition("/")[2]))
    await world.tick(2 * DAY)
    stands = world.request(request.id)
    assert stands.status is Status.IN_REVIEW
    assert stands.review is not None and stands.review.approvals == ()
    assert world.subjects.changed == []


# --- Somebody who is gone ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [FIELD, ACCESS, RESTRICTION, OBJECTION])
async def test_whatever_is_proven_of_a_person_who_is_deleted_meanwhile_can_be_ended_by_the_desk(
    kind: dict[str, Any],
) -> None:
    world = World()
    request = await world.submit(**kind)
    world.publish_proof(request)
    await world.work("verification")
    del world.subjects.records["1001"]
    await world.work()
    stands = world.request(request.id)
    assert stands.status is Status.IN_REVIEW
    assert stands.review is not None and stands.review.why == (Why.SUBJECT_GONE,)
    assert await decide(world, request, Refuse("not_held")) is None
    done = world.request(request.id)
    assert (done.status, world.outbound.purposes()[-1]) == (Status.REFUSED, "refusal")
    assert (done.steps, done.tasks) == ({}, ())
    assert world.offences() == []


async def test_two_have_to_approve_a_deletion_anew_that_came_back_to_the_desk() -> None:
    world = World(with_policy(cooling_off=timedelta(0), cooling_off_young=timedelta(0)))
    request = await blocked(world, kind="deletion", changes=None)
    await decide(world, request, PASSPORT)
    await decide(world, request, YES)
    decision = Item(Decide(request.tracking, new_id(), CHOI, YES))
    await carry(world.house, STATIONS["review"], [decision])
    record = world.subjects.records.pop("1001")
    await world.work()
    assert world.request(request.id).status is Status.IN_REVIEW
    world.subjects.records["1001"] = record
    await decide(world, request, PASSPORT)
    assert await decide(world, request, YES) is None
    assert world.request(request.id).status is Status.IN_REVIEW
    assert await decide(world, request, YES, by=CHOI) is None
    assert world.request(request.id).status is Status.COMPLETED


async def test_a_code_for_a_package_of_somebody_who_was_deleted_is_asked_for_in_vain() -> None:
    world = World()
    request = await world.proven(**ACCESS)
    del world.sealer.keys[request.id]
    await say(world, AskDownload(request.tracking, package(world, request)), "access")
    assert not world.request(request.id).is_open("download")


# --- The age of a child --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [RESTRICTION, OBJECTION, ACCESS])
async def test_what_a_guardian_has_proven_is_not_carried_out_once_the_child_is_of_age(
    kind: dict[str, Any],
) -> None:
    world = World()
    world.adopt(lapses_at=world.clock.now + HOUR)
    request = await world.submit(**kind, **OF_A_CHILD)
    world.publish_proof(request)
    await world.work("verification")
    assert world.request(request.id).status is Status.VERIFIED
    world.clock.now += HOUR
    await world.work()
    stands = world.request(request.id)
    assert stands.status is Status.IN_REVIEW
    assert stands.review is not None and stands.review.why == (Why.GUARDIAN_UNCLEAR,)
    assert world.subjects.changed == []
    assert not world.subjects.controls["1042"].slots


async def test_a_guardian_does_not_lift_what_protects_a_child_that_is_of_age() -> None:
    world = World()
    world.adopt(lapses_at=world.clock.now + DAY)
    request = await world.submit(**RESTRICTION, **OF_A_CHILD)
    await world.prove(request)
    link = str(completion(world, request).lift_link).rpartition("/")[2]
    world.clock.now += DAY
    await say(world, Lift(request.tracking, link))
    assert set(world.subjects.usable("1042")) == {"name"}
    assert world.request(request.id).lifting is None


async def test_a_code_that_a_guardian_got_before_the_birthday_fetches_nothing_after_it() -> None:
    world = World()
    world.adopt(lapses_at=world.clock.now + 10 * MINUTE)
    request = await world.submit(**ACCESS, **OF_A_CHILD)
    await world.prove(request)
    link = package(world, request)
    await say(world, AskDownload(request.tracking, link), "access")
    code = download_code(world, world.request(request.id))
    world.clock.now += 10 * MINUTE
    assert not await say(world, Download(request.tracking, link, code, new_id()), "access")


async def test_the_right_of_a_guardian_whom_the_desk_matched_ends_with_the_age_too() -> None:
    world = World()
    lapses = world.adopt(lapses_at=world.clock.now + DAY).lapses_at
    request = await nobody_matched(world, **ACCESS, requester=JIHO)
    assert await decide(world, request, Match({"login_id": "seoyun"})) is None
    assert (await world.sealer.open(world.request(request.id))).lapses_at == lapses
    await approved_by_two(world, request)
    link = package(world, request)
    world.clock.now += DAY
    await say(world, AskDownload(request.tracking, link), "access")
    assert "download" not in world.outbound.purposes()


async def test_what_the_desk_grants_a_guardian_of_an_adult_can_be_fetched() -> None:
    world = World()
    world.adopt(lapses_at=world.clock.now - DAY)
    request = await world.submit(**ACCESS, **OF_A_CHILD)
    await say(world, NothingArrived(request.tracking, by="park"))
    await approved_by_two(world, request)
    await say(world, AskDownload(request.tracking, package(world, request)), "access")
    assert world.outbound.purposes()[-1] == "download"


# --- Those who are reached by call or letter -----------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "route", "after"),
    [
        (Contact(kind="phone", value="010-1-1"), "call", 2 * DAY),
        (Contact(kind="post", value="서울특별시 관악구 1"), "letter", 6 * DAY),
    ],
)
async def test_a_code_that_goes_by_call_or_letter_is_good_until_it_can_have_arrived(
    contact: Contact, route: str, after: timedelta
) -> None:
    world = World()
    world.subjects.records["1001"].contacts = (contact,)
    request = await world.submit(**ACCESS)
    code = world.tokens.code(request.id, 1, request.digest)
    await world.prove(request, code)
    said = f"{route}:completion"
    world.clock.now += after
    assert await say(world, Settled(request.tracking, said, "park"), "mailing")
    assert world.request(request.id).status is Status.COMPLETED
    link = world.tokens.link(request.id, 1, "package", request.digest)
    await say(world, AskDownload(request.tracking, link), "access")
    stands = world.request(request.id)
    assert stands.tasks == (f"{route}:download-1",)
    world.clock.now += after
    code = download_code(world, stands)
    assert await say(world, Download(request.tracking, link, code, new_id()), "access")


async def test_nobody_calls_with_a_code_that_a_newer_one_has_replaced() -> None:
    world = World()
    world.subjects.records["1001"].contacts = (Contact(kind="phone", value="010-1-1"),)
    request = await world.submit(**ACCESS)
    await world.prove(request, world.tokens.code(request.id, 1, request.digest))
    await say(world, Settled(request.tracking, "call:completion", "park"), "mailing")
    link = world.tokens.link(request.id, 1, "package", request.digest)
    for _ in range(2):
        await say(world, AskDownload(request.tracking, link), "access")
    assert world.request(request.id).tasks == ("call:download-2",)


async def test_nobody_calls_with_a_code_for_a_request_that_is_at_the_desk_already() -> None:
    world = World()
    world.subjects.records["1001"].contacts = (Contact(kind="phone", value="010-1-1"),)
    content = submission_content(**ACCESS)
    world.publish("submission", content)
    await world.work("registration", "verification")
    request = world.request(content["submission_id"])
    message = Item(NothingArrived(request.tracking, by="park"))
    await carry(world.house, STATIONS["verification"], [message])
    await world.work()
    stands = world.request(request.id)
    assert (stands.tasks, stands.sending) == ((), ())
    assert set(stands.steps) == {"deadline"}


async def test_nobody_is_called_for_what_was_missing_of_a_request_that_is_refused() -> None:
    world = World()
    world.subjects.records["1001"].contacts = (Contact(kind="phone", value="010-1-1"),)
    request = await world.submit(**FIELD, **NEW_NAME)
    await world.prove(request, world.tokens.code(request.id, 1, request.digest))
    assert await decide(world, request, AskFor(("evidence",))) is None
    assert world.request(request.id).tasks == ("call:pause-1",)
    await decide(world, request, Refuse("evidence_missing"))
    assert world.request(request.id).tasks == ("call:refusal",)


async def test_no_letter_waits_for_ever_of_a_request_whose_person_was_deleted() -> None:
    world = World()
    world.subjects.records["1001"].contacts = (Contact(kind="post", value="서울특별시 관악구 1"),)
    request = await world.submit(**ACCESS)
    code = world.tokens.code(request.id, 1, request.digest)
    await carry(world.house, STATIONS["verification"], [Item(withdrawal(request.tracking, code))])
    await world.work()
    assert world.request(request.id).tasks == ("letter:withdrawal-1",)
    del world.sealer.keys[request.id]
    await world.tick(3 * DAY)
    stands = world.request(request.id)
    assert (stands.tasks, stands.steps) == ((), {})
    assert stands.mails["withdrawal-1"].status == "undeliverable"


def test_every_request_that_touches_data_can_be_planned() -> None:
    """A deletion is counted by itself, and a question touches nothing."""
    assert set(get_args(Kind)) == {*plan.ACTIONS, "deletion", "inquiry"}
