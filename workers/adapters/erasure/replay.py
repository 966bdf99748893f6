"""Deletes again, after a restore from a backup, whoever had been deleted before.

A marker that lacks in the restored database is made again and called `again` until its replay is
settled, so that a replay that was cut off goes on with the next one. A tombstone binds only a
person who is on record since before its time. One who signed up under the same key later lives on
with everything beside that record, since documents do not say whose they were: also what a restore
brought back beside a record that it left alone. Nor is anybody found whose key stands nowhere, as
in documents that only a value ties to a home that is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from schemas.errors import DsrError
from schemas.evidence import ErasureSummary, Finding
from schemas.request import SubjectRef
from workers.adapters.erasure.erasure import Erasure
from workers.adapters.erasure.markers import Markers, tombstone_of
from workers.adapters.erasure.people import People
from workers.adapters.erasure.restored import Compared, entries, restored
from workers.adapters.vault import Tombstone, Tombstones
from workers.ports import Erase, ErasureResult

_GROUP: Final = 64
_PAUSES: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Waits between tries of what can be tried again."""


@dataclass(slots=True)
class Replayed:
    """What became of the tombstones of people who were found; requests by id."""

    deleted: list[str] = field(default_factory=list)
    living: list[str] = field(default_factory=list)
    """Nothing older than the tombstone is there."""
    blocked: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    """What is in the way; without findings it waits for another of the same person."""


class Replay:
    """The steps of a replay, each of which may be done again."""

    def __init__(
        self, markers: Markers, ledger: Tombstones, people: People, erasure: Erasure
    ) -> None:
        self._markers = markers
        self._ledger = ledger
        self._people = people
        self._erasure = erasure

    async def compare(self) -> Compared:
        """What ledger and markers show."""
        return await restored(self._markers, self._ledger)

    async def begin(
        self,
        missing: frozenset[str],
        unfinished: Iterable[str] = (),
        present: Mapping[str, SubjectRef] | None = None,
    ) -> None:
        """Count the restore, and mark what is to be done."""
        await asyncio.to_thread(self._ledger.count_restore)
        for group in entries(self._ledger, lambda entry: entry.request in missing):
            await self._markers.place_again(group)
        await self._markers.resume(unfinished)
        for group in entries(self._ledger, _of(present or {})):
            await self._markers.reopen(entry.request for entry in group)

    async def present(self) -> dict[str, SubjectRef]:
        """Those of all who were ever deleted whole that the database knows: also who came back."""
        whole = {entry.pseudonym for entry in self._ledger.all() if entry.fields is None}
        return await self._people.find(whole)

    async def to_do(self) -> tuple[int, dict[str, SubjectRef]]:
        """How many tombstones there are to replay, and whom of their people the database knows."""
        count, wanted = 0, set[str]()
        async for tombstone in self._markers.to_do():
            count += 1
            wanted.add(tombstone.pseudonym)
        return count, await self._people.find(wanted)

    async def would_do(
        self, requests: frozenset[str], present: Mapping[str, SubjectRef]
    ) -> tuple[int, dict[str, SubjectRef]]:
        """The same before it has begun, where these would be marked."""
        wanted, marked, is_present = set[str](), set(requests), _of(present)
        for entry in self._ledger.all():
            if entry.request in requests:
                wanted.add(entry.pseudonym)
            elif is_present(entry):
                marked.add(entry.request)
        return len(marked), {**await self._people.find(wanted), **present}

    async def erase(
        self, people: Mapping[str, SubjectRef], show: Callable[[int, int], None]
    ) -> Replayed:
        """Delete them again, in groups."""
        made, names = Replayed(), list(people)
        for start in range(0, len(names), _GROUP):
            show(start, len(names))
            group = names[start : start + _GROUP]
            found = [tombstone async for tombstone in self._markers.to_do(group)]
            # An older deletion that was under way in the backup ends before a younger one begins.
            found.sort(key=lambda tombstone: tombstone.at)
            await self._erase([_effect(one, people[one.pseudonym]) for one in found], made)
        show(len(names), len(names))
        return made

    async def done(self) -> dict[str, ErasureSummary]:
        """Some of what was done and not settled yet, with what was done."""
        return await self._markers.done_again()

    async def tell(self, untold: Iterable[str]) -> int:
        """Write the lines anew that a ledger without a backup has lost; how many."""
        markers = await self._markers.read(untold)
        told = [tombstone_of(marker) for marker in markers.values()]
        await self._ledger.add(told)
        return len(told)

    async def settle(self, requests: Iterable[str]) -> None:
        """The evidence of these is there."""
        await self._markers.settle(requests)

    async def end(self, replayed: Replayed) -> int:
        """For what is left there was nothing to do; how many these are."""
        return await self._markers.settle_rest(replayed.blocked)

    async def _erase(self, effects: Sequence[Erase], made: Replayed) -> None:
        tried, stopped = set[str](), set[str]()
        while effects:
            results = await self._apply(effects)
            left = []
            for effect, result in zip(effects, results, strict=True):
                request = effect.request
                if result.outcome == "done":
                    made.deleted.append(request)
                elif result.outcome == "gone":
                    made.living.append(request)
                elif result.outcome == "blocked" and request in tried:
                    # The first time it may have gone on from where the copy was made.
                    made.blocked[request] = result.summary.findings
                    stopped.add(effect.pseudonym)
                else:
                    if result.outcome == "blocked":
                        tried.add(request)
                    left.append(replace(effect, checkpoint=result.checkpoint))
            made.blocked |= {effect.request: () for effect in left if effect.pseudonym in stopped}
            effects = [effect for effect in left if effect.pseudonym not in stopped]

    async def _apply(self, effects: Sequence[Erase]) -> list[ErasureResult]:
        for pause in _PAUSES:
            try:
                return await self._erasure.apply(effects)
            except DsrError as error:
                if not error.retryable:
                    raise
            await asyncio.sleep(pause)
        return await self._erasure.apply(effects)


def _of(people: Mapping[str, SubjectRef]) -> Callable[[Tombstone], bool]:
    """Tombstones of whole subjects: a field may have been given anew since it was deleted."""
    return lambda entry: entry.fields is None and entry.pseudonym in people


def _effect(tombstone: Tombstone, subject: SubjectRef) -> Erase:
    return Erase(
        request=tombstone.request,
        subject=subject,
        pseudonym=tombstone.pseudonym,
        fields=tombstone.fields,
        before=tombstone.at,
    )
