"""Why a recipient does not do what it was told: kept sealed, for the desk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.messages import Acknowledge
from schemas.notice import NoticeAnswer, NoticeStatus
from schemas.request import Request
from tests.world import World
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.webhook import result_of
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

CARRIER = "hanbit-delivery"
REASON = "김민지 does not live there"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DELIVERED = OutboundResult("delivered", seq=1)
REFUSED = OutboundResult("refused", "refused_by_recipient", seq=1, said=REASON)


async def notes(world: World, request: Request) -> list[tuple[str, str]]:
    particulars = await world.house.tools.sealer.open(world.request(request.id))
    return [(note.by, note.text) for note in particulars.notes]


async def refuse(world: World, request: Request, by: str = "", reason: str = REASON) -> None:
    notice = world.request(request.id).notices[CARRIER]
    answer = NoticeAnswer(status="refused", reason=reason)
    item = Item(Acknowledge(notice.id, CARRIER, answer, by))
    await carry(world.house, STATIONS["propagation"], [item])
    await world.work()


async def test_a_reason_in_the_answer_to_our_notice_is_kept_sealed() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [REFUSED]
    request = await world.proven()
    stored = world.request(request.id)
    assert stored.notices[CARRIER].status is NoticeStatus.REFUSED
    assert await notes(world, request) == [(f"recipient:{CARRIER}", f"{CARRIER}: {REASON}")]
    assert REASON not in stored.model_dump_json(exclude={"sealed"})


@pytest.mark.parametrize(("by", "kept_as"), [("", f"recipient:{CARRIER}"), ("desk:park", "park")])
async def test_a_reason_that_comes_later_is_kept_once(by: str, kept_as: str) -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DELIVERED]
    request = await world.proven()
    for _ in range(2):
        await refuse(world, request, by)
    assert await notes(world, request) == [(kept_as, f"{CARRIER}: {REASON}")]


async def test_without_particulars_the_word_stands_and_the_reason_is_not_kept() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DELIVERED]
    request = await world.proven()
    del world.sealer.keys[request.id]
    await refuse(world, request)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.REFUSED


async def test_a_word_without_a_reason_leaves_no_note() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DELIVERED]
    request = await world.proven()
    await refuse(world, request, reason=" ")
    assert await notes(world, request) == []


def answered(reason: Any) -> OutboundResult:
    body = json.dumps({"status": "refused", "reason": reason}).encode()
    return result_of(Answer(200, {}, body), NOON)


def test_the_reason_in_an_answer_is_text_of_500_characters_at_most() -> None:
    assert answered("x" * 500).said == "x" * 500
    # Anything else is no word of the contract: the notice counts as delivered.
    for reason in ("x" * 501, "a\x00b", "\u202e", {"text": "x"}):
        assert answered(reason) == OutboundResult("delivered")
