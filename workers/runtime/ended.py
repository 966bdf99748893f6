"""Deletions that a retention rule has opened, carried out now by whoever swept.

Workers would do it as well: this is for the command, after which what is due is destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from schemas.messages import MAX_ITEMS, Do
from schemas.request import Request
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.runtime.house import House

STEP = "deletion"


class Requests(Protocol):
    """The part of the store that is needed here."""

    async def load(self, ids: Iterable[str]) -> dict[str, Request]:
        """Those that exist, by id."""

    async def ended(self, after: str, limit: int) -> list[str]:
        """Ids, in order, of deletions by rule that are not done yet."""


async def delete_ended(house: House, requests: Requests) -> int:
    """All of them, until each is done or something is in its way; how many are done."""
    done, after = 0, ""
    while ids := await requests.ended(after, MAX_ITEMS):
        waiting = await requests.load(ids)
        while waiting:
            await carry(house, STATIONS["deletion"], [Item(Do(id_, STEP)) for id_ in waiting])
            before, now = waiting, await requests.load(waiting)
            done += sum(not one.is_open(STEP) for one in now.values())
            waiting = {id_: one for id_, one in now.items() if _goes_on(before[id_], one)}
        after = ids[-1]
    return done


def _goes_on(before: Request, now: Request) -> bool:
    """Whether another call would come further: a worker may be at it, or something in the way."""
    return now.is_open(STEP) and now.steps[STEP].error is None and now.erasure != before.erasure
