"""Each right as it is asked for in a world in memory, and what people do with its words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.letters import CompletionFacts
from schemas.messages import (
    Message,
    NothingArrived,
)
from schemas.request import Request, RequestRecord
from tests.cast import JIHO
from tests.desk import CHOI, PASSPORT, YES, decide
from tests.world import World, with_policy
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry

AT_ONCE = with_policy(cooling_off=timedelta(0), cooling_off_young=timedelta(0))
"""Nothing waits to be stopped."""
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
