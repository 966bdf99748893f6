"""Somebody of the desk who goes too far: refused, and nothing has happened."""

from __future__ import annotations

import pytest

from schemas.lifecycle import Status
from schemas.review import (
    AddNote,
    Answer,
    Approve,
    AskFor,
    Decision,
    Extend,
    Match,
    Purpose,
    Refuse,
    Resume,
    Reveal,
    Role,
    Staff,
)
from tests.desk import CHOI, HAN, HAN_ALONE, NEW_NAME, PARK, YES, blocked, decide, nobody_matched
from tests.world import World


async def test_filing_and_approving_by_one_person() -> None:
    world = World()
    request = await blocked(world, channel="phone", operator=HAN.name)
    for one in (HAN, HAN_ALONE):
        assert await decide(world, request, YES, by=one) == "filed_by_you"
    assert world.subjects.changed == []


async def test_verified_without_evidence() -> None:
    world = World()
    request = await blocked(world)
    for one in (HAN, CHOI, HAN_ALONE):
        assert await decide(world, request, YES, by=one) == "needs_evidence"
    assert "home_address" in world.subjects.usable("1001")
    assert world.request(request.id).version == request.version


@pytest.mark.parametrize("found_by", [".*", "minji.*", '{"$gt": ""}', "$where", ""])
async def test_a_pattern_in_a_search_is_literal(found_by: str) -> None:
    world = World()
    request = await nobody_matched(world)
    assert await decide(world, request, Match({"login_id": found_by})) == "no_such_person"
    assert world.request(request.id).subject is None


@pytest.mark.parametrize(
    "decision",
    [YES, Approve({"name": "is_correct"}), Refuse("not_held"), Answer("네"), Extend("complex"),
     AskFor(("identity",)), Resume(), Match({"login_id": "minji.kim"})],
)  # fmt: skip
async def test_an_agent_who_decides(decision: Decision) -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    assert await decide(world, request, decision, by=PARK) == "not_your_role"
    assert world.request(request.id).status is Status.IN_REVIEW
    assert await decide(world, request, AddNote("확인 요청"), by=PARK) is None


async def test_ones_own_record() -> None:
    world = World()
    request = await world.proven(**NEW_NAME)
    herself = Staff("minji", Role.OFFICER, own=request.subject)
    for decision in (YES, Refuse("not_held"), AddNote("…"), Reveal(Purpose.ANSWER)):
        assert await decide(world, request, decision, by=herself) == "own_record"
    assert world.request(request.id).version == request.version
