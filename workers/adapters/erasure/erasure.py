"""Carries out deletions: takes cases up, does batches of each, and says what they came to."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from pymongo.errors import OperationFailure

from schemas.datamap import DataMap
from schemas.errors import NotFound, PutOff, Unreachable
from schemas.evidence import ErasureSummary
from workers.adapters.erasure.cases import Case, prepare
from workers.adapters.erasure.markers import Markers
from workers.adapters.erasure.ports import EarlierRequests, Keys, Tombstones
from workers.adapters.erasure.preview import preview
from workers.adapters.erasure.progress import MOST_STUCK, checkpoint
from workers.adapters.erasure.reading import Look, by_digest, look, look_alone
from workers.adapters.erasure.starting import read_controls, take_up
from workers.adapters.erasure.steps import Steps
from workers.adapters.mongo import Database, reaching, server_time
from workers.adapters.subject_data.items import known_id
from workers.adapters.subject_data.owners import TooMany
from workers.adapters.subject_data.places import compile_map
from workers.adapters.subject_data.removal import Moment
from workers.adapters.subject_data.rules import ErasureRules
from workers.adapters.subject_data.sessions import Snapshot, readable, snapshot
from workers.ports import Erase, ErasureResult
from workers.ports.archive import Archive

SLICE: Final = 0.5
"""Seconds after which a call starts no further batch."""
BUDGET: Final = 25.0
"""Seconds that a call may take; the step's own due time is longer."""
_SNAPSHOT_LOST: Final = {239, 246}
"""An index was built, or the moment is too long ago: another snapshot can be read."""


@dataclass(slots=True)
class _Call:
    """One call: what time it is, when it stops, and what its cases came to."""

    moment: Moment
    until: float
    results: dict[int, ErasureResult] = field(default_factory=dict)

    def left(self, cases: Iterable[Case]) -> list[Case]:
        return [case for case in cases if case.number not in self.results]


class Erasure:
    """Deletes from the company's database; every call may be killed and made again."""

    def __init__(  # noqa: PLR0913 - everything that a deletion reaches
        self,
        db: Database,
        datamap: DataMap,
        *,
        keys: Keys,
        archive: Archive,
        tombstones: Tombstones,
        earlier_requests: EarlierRequests,
    ) -> None:
        self._db = readable(db)
        self._bases = datamap.retention_bases
        self._rules = {
            name: ErasureRules(datamap, model) for name, model in compile_map(datamap).items()
        }
        self._steps = Steps(
            self._db, keys, archive, tombstones, Markers(self._db), earlier_requests
        )

    async def apply(self, effects: Sequence[Erase]) -> list[ErasureResult]:
        """A result for each: as much as half a second allows, many small subjects together.

        `Unreachable` when a server does not answer, `PutOff` when others keep writing the same
        control documents or build indexes: what was done until then is found when the effects come
        again.
        """
        try:
            async with asyncio.timeout(BUDGET):
                with reaching("The company's database"), _snapshots():
                    return await self._apply(effects)
        except TimeoutError:
            raise Unreachable("The company's database does not answer in time.") from None

    async def preview(self, effect: Erase) -> ErasureSummary:
        """What it would come to as things stand; changes nothing. `NotFound` says why not."""
        cases, _ = prepare([effect], self._rules)
        if not cases:
            raise NotFound("The data map does not know such a person.")
        with reaching("The company's database"), _snapshots():
            now = await server_time(self._db)
            return await preview(cases[0], Moment(now, now, self._bases), self._steps)

    async def _apply(self, effects: Sequence[Erase]) -> list[ErasureResult]:
        cases, unknown = prepare(effects, self._rules)
        now = await server_time(self._db)
        call = _Call(Moment(now, now, self._bases), time.monotonic() + SLICE)
        call.results |= dict.fromkeys(unknown, _nothing("gone"))
        await self._recall(cases, call)
        for wave in _waves(call.left(cases)):
            await self._wave(wave, call)
        return [call.results[number] for number in range(len(effects))]

    async def _recall(self, cases: Sequence[Case], call: _Call) -> None:
        """What an earlier delivery has finished, except perhaps for its control document."""
        if not cases:
            return
        markers = await self._steps.markers.read(case.effect.request for case in cases)
        finished = []
        for case in cases:
            marker = markers.get(case.effect.request)
            if marker is not None and marker["done"]:
                summary = ErasureSummary.model_validate(marker["summary"])
                call.results[case.number] = _finished(summary)
                finished.append(case)
        await self._steps.close(finished)

    async def _wave(self, cases: Sequence[Case], call: _Call) -> None:
        """Cases of different subjects: whole groups first, halved where they are too large."""
        waiting = [list(cases)]
        while waiting:
            group = call.left(waiting.pop())
            if not group:
                continue
            if time.monotonic() > call.until and not _is_nearly_done(group):
                await self._put_down(group, call)
                continue
            try:
                await self._turn(group, call)
            except TooMany:
                middle = len(group) // 2
                waiting += [group[:middle], group[middle:]]
            else:
                waiting += _sorted(call.left(group))

    async def _put_down(self, cases: Sequence[Case], call: _Call) -> None:
        """Out of time: the next call goes on where this one got to."""
        begun = [case for case in cases if case.progress is not None and case.known.told]
        await self._steps.put_down(begun)
        for case in cases:
            call.results[case.number] = _more(case)

    async def _turn(self, cases: Sequence[Case], call: _Call) -> None:
        """One batch of these cases, after they were taken up."""
        async with snapshot(self._db) as reader:
            await self._take_up(reader, [case for case in cases if case.progress is None], call)
            cases = call.left(cases)
            if len(_sorted(cases)) != 1:
                return
            for case in cases:
                case.turn()
            if len(cases) == 1:
                made = await look_alone(reader, cases[0], call.moment)
            else:
                made = await look(reader, cases, call.moment)
            if cases[0].known.phase == "rescan":
                await by_digest(reader, [case for case in cases if case.complete])
        if cases[0].known.phase == "rescan":
            await self._judge(cases, call)
        else:
            await self._erase(cases, made, call)

    async def _take_up(self, reader: Snapshot, cases: Sequence[Case], call: _Call) -> None:
        if not cases:
            return
        await read_controls(reader, cases)
        await take_up(reader, cases, call.moment.now, self._steps.keys)
        for case in cases:
            if case.progress is None:
                call.results[case.number] = _more(case) if case.is_busy else _nothing("gone")

    async def _erase(self, cases: Sequence[Case], made: Look, call: _Call) -> None:
        """Steps 1 to 4, in this order, for one batch."""
        absent = [c for c in cases if c.complete and not c.found and not any(c.everything())]
        # Somebody else may have finished it since this call began.
        await self._recall(absent, call)
        call.results |= {case.number: _nothing("gone") for case in call.left(absent)}
        if not (cases := call.left(cases)):
            return
        names = await self._steps.plan(cases)
        if not await self._steps.freeze(cases):
            return
        await self._steps.keep(cases)
        await self._steps.erase(cases, made)
        await self._steps.destroy_keys([case for case in cases if case.may_finish], names)
        await self._block([case for case in cases if _is_blocked(case)], call)

    async def _judge(self, cases: Sequence[Case], call: _Call) -> None:
        """Steps 5 and 6: whatever the re-scan finds keeps the deletion from being done."""
        for case in cases:
            for removal in case.everything():
                case.known.findings[removal.collection, removal.path, "left_over"] += 1
            if case.complete:
                case.known.rescans += 1
            elif case.next is not None:
                case.known.site, case.known.after = case.next
        await self._block([case for case in cases if case.known.findings], call)
        done = [case for case in call.left(cases) if case.complete]
        for number, summary in (await self._steps.finish(done)).items():
            call.results[number] = _finished(summary)

    async def _block(self, cases: Sequence[Case], call: _Call) -> None:
        for case in cases:
            case.known.blocked = True
        await self._steps.put_down(cases)
        for case in cases:
            call.results[case.number] = case.result("blocked", case.known.phase)


@contextmanager
def _snapshots() -> Iterator[None]:
    """`PutOff` where a moment cannot be read any more."""
    try:
        yield
    except OperationFailure as error:
        if error.code in _SNAPSHOT_LOST:
            raise PutOff("snapshot_lost") from error
        raise


def _is_blocked(case: Case) -> bool:
    """Something is in the way, and all that can be done without it is done."""
    if not case.known.findings or case.again:
        return False
    return case.next is None or case.known.stuck_documents > MOST_STUCK


def _is_nearly_done(cases: Sequence[Case]) -> bool:
    """Whether one more look will end it: to put them down would cost as much."""
    return all(
        case.progress is not None and case.known.phase == "rescan" and case.is_at_start
        for case in cases
    )


def _waves(cases: Sequence[Case]) -> list[list[Case]]:
    """Groups of one type and the same fields, without two about the same subject."""
    made: dict[Any, list[Case]] = defaultdict(list)
    turns: dict[Any, int] = defaultdict(int)
    for case in cases:
        turn = turns[known_id(case.control.id)]
        turns[known_id(case.control.id)] += 1
        fields = case.effect.fields
        made[turn, case.rules.model.name, fields and frozenset(fields)].append(case)
    return [made[key] for key in sorted(made, key=lambda key: key[0])]


def _sorted(cases: Sequence[Case]) -> list[list[Case]]:
    """Those that can go on together, and each of the others alone."""
    made: dict[Any, list[Case]] = defaultdict(list)
    for case in cases:
        if case.progress is None:
            made[None].append(case)
        else:
            made[(case.known.phase, None if case.is_at_start else case.number)].append(case)
    return list(made.values())


def _finished(summary: ErasureSummary) -> ErasureResult:
    return ErasureResult("done", checkpoint("done", summary), summary)


def _nothing(outcome: Any) -> ErasureResult:
    summary = ErasureSummary()
    return ErasureResult(outcome, checkpoint("freeze", summary), summary)


def _more(case: Case) -> ErasureResult:
    if case.progress is not None:
        return case.result("more", case.progress.phase)
    made = _nothing("more")
    return ErasureResult("more", case.effect.checkpoint or made.checkpoint, made.summary)
