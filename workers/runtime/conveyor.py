"""The straight line that a group of messages takes through one stage (D8).

    load → handle each → subject transaction → conclude → commit
         → leave the house → conclude → commit

The handlers of a group run at the same time, so that what they read becomes one query. Every phase
takes the whole group; whoever moved on meanwhile comes again in the next round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from schemas.errors import DsrError, Unreachable
from schemas.lifecycle import Advance, advance
from schemas.messages import Do, OfNotice
from schemas.steps import stage_of
from workers.pipeline import STATIONS, Station
from workers.ports import (
    Committed,
    OutboundEffect,
    OutboundResult,
    SubjectEffect,
)
from workers.runtime import log, outbox, watching
from workers.runtime.cases import (
    Case,
    Item,
    is_inside,
    one_per_person,
    request_id,
    stale,
    tracking_code,
    under_way,
)
from workers.runtime.house import House
from workers.runtime.outbox import Owed
from workers.runtime.setbacks import failed, locked

PATIENCE = 0.25
"""Seconds that a group waits for what leaves the house; the rest finishes beside it.

A second made healthy recipients wait for sick ones: two groups are in flight, and each stood still
for that long (25 corrections: 1.2 s to the first attempt at the slowest, 0.2 s without sick ones).
"""

GATHERING = 0.1
"""Seconds within which slow effects that end are recorded together."""

RECORD_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0)
"""Waits between the tries to record an effect; together within a worker's grace at its end."""

ROUNDS = 50
"""More rounds than that, beside one for each item, are a bug, not contention."""

__all__ = ["Item", "carry"]


async def carry(house: House, station: Station, items: Sequence[Item]) -> None:
    """Handle a group to its end; `Unreachable` where nothing can be done now.

    May be called again with the same items: whatever was committed is not done twice.
    """
    line = _Line(house, station)
    pending = list(items)
    for _ in range(ROUNDS + len(items)):
        if not pending:
            break
        pending = await line.round(pending) + line.also()
    else:
        raise Unreachable("a group does not settle; it will be tried again")
    await line.post()


class _Line:
    """One group in one stage."""

    def __init__(self, house: House, station: Station) -> None:
        self.house = house
        self.station = station
        self.tools = house.tools_now()
        self.owed: list[Owed] = []
        self._also: list[Item] = []

    def also(self) -> list[Item]:
        """What the stage is told of other requests now, once."""
        told, self._also = self._also, []
        return told

    async def round(self, items: list[Item]) -> list[Item]:
        """One pass; returns the items that have to wait for the next one."""
        self.tools = self.house.tools_now()
        cases, later = one_per_person(await self._load(items))
        watching.begin(self.house, self.station.name, cases)
        await self._handle(cases)
        watching.keep_trace(cases)
        await self._change_subjects(cases)
        moved = await self._commit(cases)
        await self._leave_house([case for case in cases if case.item not in moved])
        watching.end(cases)
        return moved + later

    async def post(self) -> None:
        """Publish what the group owes; called once its commits stand."""
        await outbox.post(self.house, self.owed)

    async def _load(self, items: list[Item]) -> list[Case]:
        """Each item with its request; commands whose step is no longer open fall out here."""
        store = self.house.requests
        messages = [(item, item.message) for item in items if item.message is not None]
        by_id = await store.load(i for _, m in messages if (i := request_id(m)))
        by_tracking = await store.load_by_tracking(
            t for _, m in messages if (t := tracking_code(m))
        )
        cases = []
        for item, message in messages:
            if isinstance(message, OfNotice):
                request = await store.load_by_notice(message.notice)
            else:
                request = by_id.get(request_id(message) or "")
                request = request or by_tracking.get(tracking_code(message) or "")
            if not stale(message, request) and not under_way(message, request, self.tools.now):
                item.reasons = ()
                cases.append(Case(item, message, request))
        return cases

    async def _handle(self, cases: Sequence[Case]) -> None:
        """Decide all at the same time; an error of one is nobody else's."""
        handle, tools = self.station.handle, self.tools
        answers = await asyncio.gather(
            *(handle(case.message, case.request, tools) for case in cases), return_exceptions=True
        )
        for case, answer in zip(cases, answers, strict=True):
            case.outcome = (
                failed(case, answer, self.station.name)
                if isinstance(answer, BaseException)
                else answer
            )

    def _conclude(self, cases: Sequence[Case]) -> None:
        """Decide what the effects of each come to; an error of one is nobody else's."""
        conclude = self.station.conclude
        for case in cases:
            assert conclude and case.request, "only a stage with a conclusion has effects"
            try:
                case.outcome = conclude(case.message, case.request, case.done, self.tools)
            except Exception as error:  # noqa: BLE001 - a bug of one is nobody else's
                case.outcome = failed(case, error, self.station.name)

    async def _change_subjects(self, cases: Sequence[Case]) -> None:
        """The group's one transaction on the company's data, then what its results mean."""
        changing = [case for case in cases if is_inside(case.outcome)]
        if not changing:
            return
        effects = [cast("SubjectEffect", case.outcome.effects[0]) for case in changing]
        results = await watching.change(self.house, self.station.name, changing, effects)
        for case, effect, result in zip(changing, effects, results, strict=True):
            case.done = ((effect, result),)
        self._conclude(changing)

    async def _commit(self, cases: Sequence[Case]) -> list[Item]:
        """Write the group's transitions; returns the items that have to be decided again whole."""
        again: list[Item] = []
        writing = list(cases)
        while writing:
            advances: list[tuple[Case, Advance]] = []
            for case in writing:
                work = await self._worked_out(case)
                if work is None:
                    case.item.reply, case.recorded = case.outcome.reply, True
                else:
                    advances.append((case, work))
            committed = await self._written(advances)
            writing = []
            for (case, work), fate in zip(advances, committed, strict=True):
                if fate.what == "stands":
                    self._stands(case, work, fate)
                elif fate.what == "locked" and case.outcome.create is None:
                    case.outcome = locked(case, self.station.name)
                    writing.append(case)
                elif case.done:
                    writing.append(case)
                else:
                    again.append(case.item)
            writing = await self._concluded_again(writing)
        return again

    async def _written(self, advances: Sequence[tuple[Case, Advance]]) -> list[Committed]:
        """One commit, which also strikes off what the broker has by now."""
        paid = {work.request.id: self.house.paid.take(work.request.id) for _, work in advances}
        writes = [
            work.strikes(case.request.outbox, paid[work.request.id]) if case.request else work
            for case, work in advances
        ]
        struck: set[str] = set()
        try:
            committed = await self.house.requests.commit(writes)
            struck = {
                work.request.id
                for work, fate in zip(writes, committed, strict=True)
                if fate.what == "stands" and work.paid_before
            }
            return committed
        finally:
            for request, stamps in paid.items():
                if stamps and request not in struck:
                    outbox.strike_later(self.house, request, stamps)

    async def _worked_out(self, case: Case) -> Advance | None:
        try:
            return await self._advance(case)
        except Exception as error:  # noqa: BLE001 - a bug of one is nobody else's
            case.outcome = failed(case, error, self.station.name)
            return await self._advance(case)

    async def _advance(self, case: Case) -> Advance | None:
        """The transition worked out, together with those of stages that join this group."""
        request = case.outcome.create or case.request
        if case.outcome.transition is None or request is None:
            return None
        work = advance(request, case.outcome.transition, self.tools.now)
        for out in work.owes:
            if out.kind == "work" and STATIONS[stage_of(out.name)].joins:
                joining = STATIONS[stage_of(out.name)].handle
                outcome = await joining(Do(request.id, out.name), work.request, self.tools)
                assert outcome.transition is not None and not outcome.effects, "joins: no waiting"
                later = advance(work.request, outcome.transition, self.tools.now)
                work = work.then(later, joined=out.name)
        return work

    def _stands(self, case: Case, work: Advance, fate: Committed) -> None:
        watching.stands(self.house, case, work)
        case.request = work.request
        case.recorded = bool(case.done)
        case.item.reply = case.outcome.reply
        self.owed.append(Owed(work.request.id, work.request.tracking, work.owes, fate.stamp))
        self._also += map(Item, case.outcome.also)
        for entry in work.entries:
            log.alarm(entry.what, work.request, self.tools.now)

    async def _concluded_again(self, cases: list[Case]) -> list[Case]:
        """After a mismatch: the effects stand, so only what they mean is decided again."""
        fresh = await self.house.requests.load(case.request.id for case in cases if case.request)
        left = []
        for case in cases:
            assert case.request is not None
            moved = fresh[case.request.id].version != case.request.version
            case.request = fresh[case.request.id]
            if stale(case.message, case.request):
                case.recorded = True
                continue
            if moved and case.done:
                self._conclude([case])
            left.append(case)
        return left

    async def _leave_house(self, cases: Sequence[Case]) -> None:
        """What leaves the house, after its attempt marks stand; the slow ones leave the group."""
        leaving = {
            asyncio.create_task(self._perform(case)): case
            for case in cases
            if case.outcome.effects and not case.done
        }
        if not leaving:
            return
        # The marks are out; nobody who waits for another step of these has to wait for us.
        finished, slow = await asyncio.wait(leaving, timeout=PATIENCE)
        if slow:
            self.house.beside.began(len(slow))
            self.house.later(self._finish({task: leaving[task] for task in slow}))
        await self._record([leaving[task] for task in finished])
        await self.house.beside.room()

    async def _record(self, cases: Sequence[Case]) -> None:
        """Write what became of effects that left the house, and never let them leave again for it.

        The database may be away just now: the results are kept here meanwhile. Given up only after
        long, when the step's due time would have it tried again anyway.
        """
        for pause in RECORD_PAUSES:
            left = [case for case in cases if not case.recorded]
            try:
                self._conclude(left)
                await self._commit(left)
            except DsrError:
                await asyncio.sleep(pause)
            else:
                return
        raise Unreachable("what left the house could not be recorded; it will be tried again")

    async def _perform(self, case: Case) -> None:
        effects = cast("tuple[OutboundEffect, ...]", case.outcome.effects)
        if len(effects) == 1:
            results = [await self._send(case, effects[0])]
        else:
            results = await asyncio.gather(*(self._send(case, effect) for effect in effects))
        case.done = tuple(zip(effects, results, strict=True))

    async def _send(self, case: Case, effect: OutboundEffect) -> OutboundResult:
        try:
            return await watching.send(self.house, case, effect)
        except Exception as error:  # noqa: BLE001 - it may have left: what became of it is recorded
            log.failure("send_failed", error, stage=self.station.name)
            return OutboundResult("put_off", "internal")

    async def _finish(self, leaving: dict[asyncio.Task[None], Case]) -> None:
        """The end of slow effects. What fails here is tried again at its step's due time."""
        left = set(leaving)
        while left:
            await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            ended, left = await asyncio.wait(left, timeout=GATHERING)
            later = _Line(self.house, self.station)
            name = self.station.name
            try:
                await later._record([leaving[task] for task in ended])
                await later.post()
                await carry(self.house, self.station, later.also())
            except DsrError as error:
                log.failure("slow_effect_unrecorded", error, stage=name, code=error.code)
            except Exception as error:  # noqa: BLE001 - those that are still under way go on
                log.failure("slow_effect_unrecorded", error, stage=name, code="internal")
            finally:
                self.house.beside.ended(len(ended))
