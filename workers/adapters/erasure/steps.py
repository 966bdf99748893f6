"""The steps of a deletion, for a batch of cases each; every one may be done again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pymongo import DeleteOne

from schemas.errors import PutOff
from schemas.evidence import ErasureSummary
from workers.adapters.erasure.cases import Case
from workers.adapters.erasure.markers import Markers
from workers.adapters.erasure.ports import EarlierRequests, Keys, Packages, Tombstones
from workers.adapters.erasure.reading import Look
from workers.adapters.erasure.starting import read_controls
from workers.adapters.erasure.writing import carry_out, write_controls
from workers.adapters.mongo import Database
from workers.adapters.subject_data.control import COLLECTION
from workers.adapters.subject_data.rules import HOME
from workers.adapters.subject_data.sessions import snapshot
from workers.ports.archive import Archive

_TRIES: Final = 5

KeyNames = Mapping[int, Sequence[str]]
"""Per case the keys that go with it."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What they need, beside the cases."""

    db: Database
    keys: Keys
    archive: Archive
    tombstones: Tombstones
    markers: Markers
    earlier_requests: EarlierRequests
    packages: Packages

    async def plan(self, cases: Sequence[Case]) -> KeyNames:
        """Count what was read as the next batch of each, before any of it is written."""
        names = await self._key_names([case for case in cases if case.may_finish])
        wanted = {name for some in names.values() for name in some}
        present = await self.keys.present(wanted) if wanted else set[str]()
        for case in cases:
            case.known.plan(case.planned(), clean=case.clean)
            for removal in case.everything():
                if removal.stuck:
                    case.known.stick(removal)
            doomed = len(present.intersection(names.get(case.number, ())))
            case.known.keys = max(case.known.keys, doomed)
        return names

    async def freeze(self, cases: Sequence[Case]) -> bool:
        """Step 1: whether the cases are theirs; else they are to be taken up afresh.

        The marker comes before the ledger: an entry of the ledger without one tells of a restored
        database.
        """
        if not await write_controls(self.db, cases):
            for case in cases:
                case.progress = None
            return False
        untold = [case for case in cases if not case.known.told]
        if untold:
            entries = [case.tombstone for case in untold]
            await self.markers.place(entries)
            await self.tombstones.add(entries)
        for case in untold:
            case.known.told = True
        return True

    async def keep(self, cases: Sequence[Case]) -> None:
        """Step 2: what a law keeps, before it is deleted."""
        items = [item for case in cases for item in case.kept()]
        if items:
            await self.archive.keep(items)

    async def erase(self, cases: Sequence[Case], made: Look) -> None:
        """Step 3: the batch, and where each goes on."""
        held = {case.number: case.held for case in cases}
        await carry_out(self.db, cases, made)
        for case in cases:
            for level in range(max(held[case.number], HOME), case.held):
                for removal in case.removals.get(level, {}).values():
                    case.known.forget(removal)
            case.clean, case.found = not case.again, True
            if case.known.findings:
                case.known.held = max(case.known.held, case.held)
            if case.again:
                case.known.site, case.known.after = 0, []
            elif case.next is not None:
                case.known.site, case.known.after = case.next

    async def destroy_keys(self, cases: Sequence[Case], names: KeyNames) -> None:
        """Step 4; from here on only the re-scan is left."""
        doomed = [name for case in cases for name in names.get(case.number, ())]
        if doomed:
            await self.keys.destroy(doomed)
        if seen := [case.effect.pseudonym for case in cases if _has_package(names, case)]:
            await self.packages.destroy_of(seen)
        for case in cases:
            case.known.phase, case.known.site, case.known.after = "rescan", 0, []

    async def put_down(self, cases: Sequence[Case]) -> None:
        """Keep where each got to; where somebody was faster, the last batch says enough."""
        for case in cases:
            if case.clean:
                case.known.batch = {}
        if cases:
            await write_controls(self.db, cases)

    async def finish(self, cases: Sequence[Case]) -> dict[int, ErasureSummary]:
        """Step 6: the marker tells what was done, by case, and the control document goes."""
        summaries = {case.number: case.known.summary for case in cases}
        if cases:
            await self.markers.finish({c.effect.request: summaries[c.number] for c in cases})
            await self.close(cases)
        return summaries

    async def close(self, cases: Sequence[Case]) -> None:
        """Nothing of a whole subject stays in its control document; of named fields, the slot."""
        whole = [
            DeleteOne({"_id": case.control.id, "deletion.request": case.effect.request})
            for case in cases
            if case.whole
        ]
        if whole:
            await self.db[COLLECTION].bulk_write(whole, ordered=False)
        named = [case for case in cases if not case.whole]
        for _ in range(_TRIES):
            if not named:
                return
            async with snapshot(self.db) as reader:
                await read_controls(reader, named, full=True)
            named = [case for case in named if case.is_open]
            closing = [case.control.erased(case.effect.request) for case in named]
            if closing:
                await self.db[COLLECTION].bulk_write(closing, ordered=False)
        raise PutOff("busy")

    async def _key_names(self, cases: Sequence[Case]) -> KeyNames:
        if not cases:
            return {}
        people = [case.effect.pseudonym for case in cases]
        earlier, packages = await asyncio.gather(
            self.earlier_requests(people), self.packages.keys_of(people)
        )
        return {
            case.number: [
                *(_whole_names(case, earlier) if case.whole else ()),
                # Whatever of the person goes, earlier packages have it too.
                *packages.get(case.effect.pseudonym, ()),
            ]
            for case in cases
        }


def _whole_names(case: Case, earlier: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield case.key_name
    for id_ in earlier.get(case.effect.pseudonym, ()):
        if id_ != case.effect.request:
            yield f"request:{id_}"


def _has_package(names: KeyNames, case: Case) -> bool:
    return any(name.startswith("package:") for name in names.get(case.number, ()))
