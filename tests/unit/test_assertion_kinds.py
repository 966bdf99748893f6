"""What a login proves beside a correction: what disputes nothing, and what it cannot prove."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.letters import CompletionFacts, DownloadFacts
from schemas.lifecycle import Status
from schemas.messages import AskDownload, Disown, Download, Message
from schemas.request import RequestRecord
from tests.cast import JIHO, new_id, said, submission_content
from tests.fakes import Crash
from tests.world import HOUR, World
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

ACCESS: dict[str, Any] = {"kind": "access", "changes": None}
OBJECTION: dict[str, Any] = {"kind": "objection", "changes": None}


async def quick(world: World, **other: Any) -> RequestRecord:
    """Signed in, and quicker than the challenge: no code was ever sent for this request."""
    content = submission_content(**other)
    world.publish("submission", content)
    await world.work("registration")
    world.broker.queues["dsr.verification"].clear()
    request = world.request(content["submission_id"])
    world.publish_assertion(request, world.login.says(said(content), world.clock.now))
    await world.work()
    request = world.request(request.id)
    assert request.challenge is None
    return request


async def tell(world: World, stage: str, message: Message) -> bool:
    item = Item(message)
    await carry(world.house, STATIONS[stage], [item])
    await world.work()
    return bool(item.reply and item.reply.accepted)


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


@pytest.mark.parametrize("kind", [ACCESS, OBJECTION], ids=["access", "objection"])
async def test_a_signed_in_member_who_disputes_nothing_has_nothing_restricted(
    kind: dict[str, Any],
) -> None:
    world = World()
    request = await world.signed_in(**kind)
    assert request.status in {Status.APPLIED, Status.COMPLETED}
    assert request.proof is not None
    assert request.proof.route == "assertion"
    assert "restriction.applied" not in world.events()
    assert "home_address" in world.subjects.usable("1001")
    assert world.offences() == []


@pytest.mark.parametrize("point", range(0, 40, 2))
async def test_killed_at_any_point_an_access_is_proven_once(point: int) -> None:
    world = World()
    content = submission_content(**ACCESS)
    world.publish("submission", content)
    await world.work()
    request = world.request(content["submission_id"])
    world.publish_assertion(request, world.login.says(said(content), world.clock.now))
    world.faults.crash_at = len(world.faults.passed) + point
    with pytest.raises(Crash):
        await world.work()
    world.restart()
    await world.work()
    for _ in range(4):
        await world.tick(HOUR)
    done = world.request(request.id)
    assert done.status is Status.COMPLETED
    assert [entry.what for entry in done.history].count("proven") == 1
    assert world.offences() == []


async def test_the_package_of_a_signed_in_member_is_fetched_by_a_code_to_the_contact() -> None:
    world = World()
    request = await quick(world, **ACCESS)
    assert request.status is Status.COMPLETED
    done = next(m.facts for m in world.outbound.mails if isinstance(m.facts, CompletionFacts))
    assert done.package is not None
    link = token_of(done.package.link)
    await tell(world, "access", AskDownload(request.tracking, link))
    code = next(m.facts for m in world.outbound.mails if isinstance(m.facts, DownloadFacts))
    assert await tell(world, "access", Download(request.tracking, link, code.code, new_id()))
    again = AskDownload(request.tracking, link)
    await tell(world, "access", again)
    await tell(world, "verification", Disown(request.tracking, token_of(code.not_me_link)))
    codes = [m.facts.code for m in world.outbound.mails if isinstance(m.facts, DownloadFacts)]
    newest = Download(request.tracking, link, codes[-1], new_id())
    assert not await tell(world, "access", newest), "this was not me"


@pytest.mark.parametrize("relation", ["guardian", "agent"])
async def test_what_somebody_else_asks_for_a_member_is_not_proven_by_that_members_login(
    relation: str,
) -> None:
    world = World()
    world.adopt("1001")
    request = await world.signed_in(requester={**JIHO, "relation": relation})
    assert request.status is Status.AWAITING_PROOF
    assert request.proof is None
