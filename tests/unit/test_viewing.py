"""Where a request stands: a fresh code to the address that it brought, and who sees how much."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.letters import ViewingFacts
from schemas.lifecycle import Status
from schemas.messages import Acknowledge, AskViewing, Disown, Message, View
from schemas.notice import NoticeAnswer, NoticeStatus
from schemas.progress import Progress, progress
from schemas.request import Request
from tests.cast import STRANGER, new_id
from tests.world import DAY, HOUR, POLICY, World
from workers.pipeline import STATIONS
from workers.ports import OutboundResult
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

CARRIER = "hanbit-delivery"
WINDOW = POLICY.proof_window + POLICY.grace
OF_MINJI = {"login_id": "minji.kim"}
OF_NOBODY = {"login_id": "nobody"}
BY_A_STRANGER = {"requester": {"relation": "self", **STRANGER}}


async def say(world: World, message: Message) -> bool:
    item = Item(message)
    await carry(world.house, STATIONS["verification"], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


def codes(world: World) -> list[str]:
    facts = (mail.facts for mail in world.outbound.mails)
    return [one.code for one in facts if isinstance(one, ViewingFacts)]


async def seen(world: World, request: Request) -> Progress:
    now = world.house.requests.now()
    stands = world.request(request.id)
    return progress(stands, await world.house.tools.sealer.open(stands), now, WINDOW)


async def test_the_code_goes_to_the_address_that_the_request_brought_and_is_good_once() -> None:
    world = World()
    request = await world.submit(subject=OF_MINJI, **BY_A_STRANGER)
    await say(world, AskViewing(request.tracking))
    assert world.outbound.mails[-1].to == STRANGER["email"]
    (code,) = codes(world)
    assert code != world.code(request)
    assert await say(world, View(request.tracking, code, new_id()))
    assert not await say(world, View(request.tracking, code, new_id()))
    assert world.offences() == []


async def test_the_sixth_guess_is_too_late_even_where_it_is_right() -> None:
    world = World()
    request = await world.submit()
    await say(world, AskViewing(request.tracking))
    (code,) = codes(world)
    for _ in range(5):
        assert not await say(world, View(request.tracking, f"{int(code) ^ 1:08}", new_id()))
    assert not await say(world, View(request.tracking, code, new_id()))


async def test_a_code_is_old_after_an_hour_and_only_three_go_out_in_a_day() -> None:
    world = World()
    request = await world.submit()
    await say(world, AskViewing(request.tracking))
    await world.tick(HOUR + timedelta(seconds=1))
    assert not await say(world, View(request.tracking, codes(world)[0], new_id()))
    for _ in range(4):
        await say(world, AskViewing(request.tracking))
    assert len(codes(world)) == 3
    await world.tick(DAY)
    await say(world, AskViewing(request.tracking))
    assert len(codes(world)) == 4


async def test_the_code_of_one_request_does_not_show_another_and_proves_nothing() -> None:
    world = World()
    first, second = await world.submit(), await world.submit(statement="another")
    await say(world, AskViewing(first.tracking))
    (code,) = codes(world)
    assert not await say(world, View(second.tracking, code, new_id()))
    await world.prove(first, code)
    assert world.request(first.id).status is Status.AWAITING_PROOF


async def test_nobody_is_called_or_written_to_for_it() -> None:
    world = World()
    asked = {"requester": {"relation": "self", "name": "김민지", "phone": "010-2345-0001"}}
    request = await world.submit(**asked)
    await say(world, AskViewing(request.tracking))
    assert codes(world) == []
    assert world.request(request.id).tasks == ()


async def test_the_contact_on_file_sees_all_of_it() -> None:
    world = World()
    request = await world.proven()
    stands = await seen(world, request)
    assert stands.full
    assert stands.proven_at is not None
    assert stands.stage in {"at_work", "telling", "done"}


@pytest.mark.parametrize("what", ["nothing", "proof", "disowned"])
@pytest.mark.parametrize("later", [timedelta(0), WINDOW + HOUR])
async def test_a_stranger_sees_what_a_request_about_nobody_looks_like(
    what: str, later: timedelta
) -> None:
    views = []
    for subject in (OF_MINJI, OF_NOBODY):
        world = World()
        request = await world.submit(subject=subject, **BY_A_STRANGER)
        if subject is OF_MINJI and what == "proof":
            await world.prove(request)
        if subject is OF_MINJI and what == "disowned":
            tokens = world.house.tools.tokens
            link = tokens.link(request.id, 1, "disown", request.digest)
            await say(world, Disown(request.tracking, link))
            assert world.request(request.id).status is Status.IN_REVIEW
        await world.tick(later)
        views.append(await seen(world, request))
    of_minji, of_nobody = views
    assert not of_minji.full
    assert replace(of_minji, ended_at=None) == replace(of_nobody, ended_at=None)


async def test_the_contact_on_file_sees_what_each_recipient_answered_and_that_it_changed() -> None:
    world = World()
    world.outbound.answers[CARRIER] = [OutboundResult("delivered", seq=1)]
    request = await world.submit()
    assert (await seen(world, request)).recipients == {}
    await world.prove(request)
    assert (await seen(world, request)).recipients == {CARRIER: NoticeStatus.DELIVERED}
    await world.tick(4 * DAY)
    assert (await seen(world, request)).recipients == {CARRIER: NoticeStatus.OVERDUE}
    notice = world.request(request.id).notices[CARRIER]
    late = Acknowledge(notice.id, CARRIER, NoticeAnswer(status="applied"))
    await carry(world.house, STATIONS["propagation"], [Item(late)])
    assert (await seen(world, request)).recipients == {CARRIER: NoticeStatus.APPLIED}


async def test_nobody_else_sees_who_was_told() -> None:
    world = World()
    request = await world.submit(subject=OF_MINJI, **BY_A_STRANGER)
    await world.prove(request)
    assert world.request(request.id).notices
    assert (await seen(world, request)).recipients == {}
