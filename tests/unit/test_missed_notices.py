"""A recipient that took no notices for a while gets what it missed, each under its old id."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.messages import SendAgain
from schemas.notice import NoticeStatus
from schemas.request import Request
from tests.world import World
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

CARRIER = "hanbit-delivery"
GONE = OutboundResult("refused", "gone_410")
DISABLED = OutboundResult("overdue", "recipient_disabled")
REFUSED = OutboundResult("refused", "refused_by_recipient", seq=1)
DELIVERED = OutboundResult("delivered", seq=1)
SOON = timedelta(seconds=11)


async def send_again(world: World, request: Request) -> bool:
    notice = world.request(request.id).notices[CARRIER]
    item = Item(SendAgain(notice.id, CARRIER, "desk:park"))
    await carry(world.house, STATIONS["propagation"], [item])
    await world.work()
    return item.reply is not None and item.reply.accepted


@pytest.mark.parametrize("missed", [GONE, DISABLED])
async def test_what_it_missed_goes_out_under_its_old_id(missed: OutboundResult) -> None:
    world = World()
    world.outbound.answers[CARRIER] = [missed]
    request = await world.proven()
    id_ = world.request(request.id).notices[CARRIER].id
    assert await send_again(world, request)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.PENDING
    await world.tick(SOON)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.APPLIED
    assert {told.notice_id for told in world.outbound.notices if told.recipient == CARRIER} == {id_}


async def test_it_is_sent_once_however_often_that_is_asked_for() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DISABLED]
    request = await world.proven()
    asked = [await send_again(world, request) for _ in range(3)]
    await world.tick(SOON)
    assert asked == [True, False, False]
    assert not await send_again(world, request)
    told = [told for told in world.outbound.notices if told.recipient == CARRIER]
    assert len(told) == 2


@pytest.mark.parametrize("answer", [REFUSED, DELIVERED])
async def test_what_it_got_is_not_sent_again(answer: OutboundResult) -> None:
    world = World()
    world.outbound.answers[CARRIER] = [answer]
    request = await world.proven()
    assert not await send_again(world, request)
    await world.tick(SOON)
    assert len([told for told in world.outbound.notices if told.recipient == CARRIER]) == 1


async def test_where_nobody_knows_any_more_whom_it_was_about_it_stays_with_the_desk() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [DISABLED]
    request = await world.proven()
    del world.sealer.keys[request.id]
    assert not await send_again(world, request)
    assert world.request(request.id).notices[CARRIER].status is NoticeStatus.OVERDUE
