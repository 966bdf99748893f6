"""What an approval of the desk leads to, whichever right it grants, and where nobody is left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest

from schemas.letters import ChallengeFacts, DownloadFacts
from schemas.lifecycle import Status
from schemas.messages import (
    AskDownload,
    Decide,
    Disown,
    Download,
    NothingArrived,
)
from schemas.review import Approve, Match, Refuse, Why
from schemas.submission import Kind
from tests.cast import MINJI_IS_KNOWN_BY, new_id
from tests.desk import CHOI, HAN, HAN_ALONE, PASSPORT, YES, blocked, decide
from tests.rights import (
    ACCESS,
    AT_ONCE,
    FIELD,
    OBJECTION,
    OF_A_CHILD,
    RESTRICTION,
    approved_by_two,
    nobody_matched,
    package,
    say,
)
from tests.world import DAY, World, with_policy
from workers.adapters.subject_data.control import Control, control_id
from workers.cli import plan
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

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
    world = World(AT_ONCE)
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
    world = World(AT_ONCE)
    request = await world.proven(**ACCESS)
    del world.sealer.keys[request.id]
    await say(world, AskDownload(request.tracking, package(world, request)), "access")
    assert not world.request(request.id).is_open("download")


def test_every_request_that_touches_data_can_be_planned() -> None:
    """A deletion is counted by itself, and a question touches nothing."""
    assert set(get_args(Kind)) == {*plan.ACTIONS, "deletion", "inquiry"}
