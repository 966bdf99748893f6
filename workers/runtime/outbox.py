"""The only publisher to `dsr.work` and `dsr.events`: sends what committed transitions owe (D1).

Packed: one message per next stage and per event, listing the items (D8). What is not confirmed
stays in the outbox of its request, and the relay sends it later.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from schemas.errors import Unreachable
from schemas.lifecycle import OutMessage
from schemas.messages import EVENTS, MAX_ITEMS, WORK, EventItem, Events, Work, WorkItem
from workers.ports import Publication
from workers.runtime import log, watching
from workers.runtime.house import House
from workers.runtime.topology import work_key

RELAY_AFTER = timedelta(seconds=5)
"""Younger debts are being paid by whoever made them."""
PAGE = 256
"""Requests whose debts the relay pays at once."""


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Owed:
    """What one commit owes for one request."""

    request: str
    tracking: str
    messages: Sequence[OutMessage]
    stamp: str


async def post(house: House, owed: Sequence[Owed]) -> None:
    """Publish, then strike off. Never raises for a broker that is away: the outbox holds it."""
    owed = [debt for debt in owed if debt.messages]
    # What is struck off later is named by its stamps alone, and a commit may be that of others too.
    kept = {debt.stamp for debt in await _publish(house, owed)}
    for debt in owed:
        if debt.stamp not in kept:
            strike_later(house, debt.request, (debt.stamp,))


async def relay(house: House) -> int:
    """Send what a crash, or a broker that was away, left unsent; returns how many owe no more.

    Those that cannot be sent are passed over the next time, and come again after all others: one
    queue that takes nothing holds up no other.
    """
    owing = await house.requests.owing(RELAY_AFTER, PAGE, house.passed_over)
    debts = [
        Owed(each.id, each.tracking, [out for out in each.outbox if out.group == stamp], stamp)
        for each in owing
        for stamp in {out.group for out in each.outbox}
    ]
    kept = await _publish(house, debts)
    unsent = {(debt.request, debt.stamp) for debt in kept}
    paid: dict[str, list[str]] = defaultdict(list)
    for debt in debts:
        if (debt.request, debt.stamp) not in unsent:
            paid[debt.stamp].append(debt.request)
    for stamp, requests in paid.items():
        await _strike(house, requests, (stamp,))
    stuck = len({debt.request for debt in kept})
    house.passed_over = house.passed_over + stuck if len(owing) == PAGE else 0
    return len(owing) - stuck


async def _publish(house: House, owed: Sequence[Owed]) -> list[Owed]:
    """Returns those of which the broker has not everything."""
    packed = list(_packed(owed, watching.stamp(house)))
    sent = await asyncio.gather(*(_sent(house, publication) for publication, _ in packed))
    kept = {at for there, (_, debts) in zip(sent, packed, strict=True) if not there for at in debts}
    if kept:
        log.event("outbox_kept", count=len(kept), code="broker_unreachable")
    return [owed[at] for at in kept]


async def _sent(house: House, publication: Publication) -> bool:
    try:
        await house.publisher.publish(publication)
    except Unreachable:
        return False
    return True


def _packed(
    owed: Sequence[Owed], headers: Mapping[str, str] | None
) -> Iterator[tuple[Publication, list[int]]]:
    """The messages, each with the places of the debts that it pays."""
    work: dict[str, list[tuple[int, WorkItem]]] = defaultdict(list)
    events: dict[str, list[tuple[int, EventItem]]] = defaultdict(list)
    for at, debt in enumerate(owed):
        for out in debt.messages:
            if out.kind == "work":
                item = WorkItem(request=debt.request, step=out.name)
                work[work_key(out.name)].append((at, item))
            else:
                happened = EventItem(
                    request=debt.request,
                    tracking=debt.tracking,
                    at=out.at.isoformat(timespec="milliseconds"),
                )
                events[out.name].append((at, happened))
    for stage, items in work.items():
        for part in _parts(items):
            body = Work(items=tuple(item for _, item in part)).model_dump_json(by_alias=True)
            yield (
                Publication(WORK, stage, body.encode(), mandatory=True, headers=headers),
                [at for at, _ in part],
            )
    for name, told in events.items():
        for some in _parts(told):
            body = Events(event=name, items=tuple(item for _, item in some)).model_dump_json(
                by_alias=True
            )
            yield Publication(EVENTS, name, body.encode(), mandatory=False), [at for at, _ in some]


def _parts(items: list[Item]) -> Iterator[list[Item]]:
    return (items[n : n + MAX_ITEMS] for n in range(0, len(items), MAX_ITEMS))


def strike_later(house: House, request: str, stamps: Iterable[str]) -> None:
    """Have it struck off by the request's next transition, or else together with others."""
    if not house.paid:
        house.later(_strike_together(house))
    house.paid.add(request, stamps)


async def _strike_together(house: House) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(house.strike_after):
            await house.settling.wait()
    paid = house.paid.take_all()
    if not paid:
        # Each was followed by a transition, which struck it off.
        return
    await _strike(house, paid, {stamp for stamps in paid.values() for stamp in stamps})


async def _strike(house: House, requests: Collection[str], stamps: Collection[str]) -> None:
    try:
        await house.requests.strike(requests, stamps)
    except Unreachable:
        # It costs a duplicate, which has no effect.
        log.event("strike_lost", count=len(requests), code="database_unreachable")
