"""The only publisher to `dsr.work` and `dsr.events`: sends what committed transitions owe (D1).

Packed: one message per next stage and per event, listing the items (D8). What is not confirmed
stays in the outbox of its request, and the relay sends it later.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from schemas.errors import Unreachable
from schemas.lifecycle import OutMessage
from schemas.messages import EVENTS, MAX_ITEMS, WORK, EventItem, Events, Work, WorkItem
from schemas.request import Request
from workers.ports import Publication
from workers.runtime import log, watching
from workers.runtime.house import House
from workers.runtime.topology import work_key

RELAY_AFTER = timedelta(seconds=5)
"""Younger debts are being paid by whoever made them."""


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Owed:
    """What one commit owes for one request."""

    request: Request
    messages: Sequence[OutMessage]
    stamp: str


async def post(house: House, owed: Sequence[Owed]) -> None:
    """Publish, then strike off. Never raises for a broker that is away: the outbox holds it."""
    owed = [debt for debt in owed if debt.messages]
    if not owed:
        return
    try:
        messages = _packed(owed, watching.stamp(house))
        await asyncio.gather(*(house.publisher.publish(message) for message in messages))
    except Unreachable:
        log.event("outbox_kept", count=len(owed), code="broker_unreachable")
        return
    for debt in owed:
        strike_later(house, debt.request.id, (debt.stamp,))


async def relay(house: House) -> int:
    """Send what a crash, or a broker that was away, left unsent; returns how many requests."""
    owing = await house.requests.owing(RELAY_AFTER, limit=256)
    debts = [
        Owed(request, [out for out in request.outbox if out.group == stamp], stamp)
        for request in owing
        for stamp in {out.group for out in request.outbox}
    ]
    await post(house, debts)
    return len(owing)


def _packed(owed: Sequence[Owed], headers: Mapping[str, str] | None) -> Iterator[Publication]:
    work: dict[str, list[WorkItem]] = defaultdict(list)
    events: dict[str, list[EventItem]] = defaultdict(list)
    for debt in owed:
        for out in debt.messages:
            if out.kind == "work":
                item = WorkItem(request=debt.request.id, step=out.name)
                work[work_key(out.name)].append(item)
            else:
                events[out.name].append(
                    EventItem(
                        request=debt.request.id,
                        tracking=debt.request.tracking,
                        at=out.at.isoformat(timespec="milliseconds"),
                    )
                )
    for stage, items in work.items():
        for part in _parts(items):
            body = Work(items=tuple(part)).model_dump_json(by_alias=True).encode()
            yield Publication(WORK, stage, body, mandatory=True, headers=headers)
    for name, happened in events.items():
        for some in _parts(happened):
            told = Events(event=name, items=tuple(some))
            body = told.model_dump_json(by_alias=True).encode()
            yield Publication(EVENTS, name, body, mandatory=False)


def _parts(items: list[Item]) -> Iterator[list[Item]]:
    return (items[n : n + MAX_ITEMS] for n in range(0, len(items), MAX_ITEMS))


def strike_later(house: House, request: str, stamps: Iterable[str]) -> None:
    """Have it struck off by the request's next transition, or else together with others."""
    if not house.paid:
        house.later(_strike(house))
    house.paid.add(request, stamps)


async def _strike(house: House) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(house.strike_after):
            await house.settling.wait()
    paid = house.paid.take_all()
    if not paid:
        # Each was followed by a transition, which struck it off.
        return
    try:
        await house.requests.strike(paid, {stamp for stamps in paid.values() for stamp in stamps})
    except Unreachable:
        log.event("strike_lost", count=len(paid), code="database_unreachable")
