"""The ledger held against the markers: it tells a restored database, or a ledger that is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from workers.adapters.erasure.markers import Markers
from workers.adapters.vault import Tombstone

_CHUNK: Final = 1_000


class Ledger(Protocol):
    """The ledger, as it is read."""

    def all(self) -> Iterator[Tombstone]:
        """Every entry, in no order; one request may have several."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison shows, by request."""

    missing: frozenset[str]
    """In the ledger, without a marker: the database is older than these deletions."""
    unsettled: frozenset[str]
    """A replay has begun with these and has not come to its end."""
    unfinished: frozenset[str]
    """Being deleted, or a copy was made while they were: their requests tell which."""
    untold: frozenset[str]
    """Done, but not in the ledger: lines of the ledger are lost."""


async def restored(markers: Markers, ledger: Ledger) -> Compared:
    """Compare them, which takes some 150 bytes for each deletion; others may go on meanwhile."""
    told = await asyncio.to_thread(_requests, ledger)
    missing = set(told)
    unsettled, unfinished, untold = set[str](), set[str](), set[str]()
    async for request, state in markers.states():
        missing.discard(request)
        if state == "again":
            unsettled.add(request)
        elif state == "open":
            unfinished.add(request)
        elif request not in told:
            untold.add(request)
    if untold:
        # Some may have been told and done since the ledger was read.
        untold -= await asyncio.to_thread(_requests, ledger)
    return Compared(*map(frozenset, (missing, unsettled, unfinished, untold)))


def entries(ledger: Ledger, wanted: Callable[[Tombstone], bool]) -> Iterator[list[Tombstone]]:
    """The ledger's entries that are wanted, in groups."""
    found = filter(wanted, ledger.all())
    while group := list(islice(found, _CHUNK)):
        yield group


def _requests(ledger: Ledger) -> set[str]:
    return {entry.request for entry in ledger.all()}
