"""Applies groups of effects: whole, in halves, at last alone, until each has its outcome."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pymongo.errors import PyMongoError

from schemas.errors import PutOff, Unreachable
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.group import plan_group
from workers.adapters.subject_data.items import Item, prepare, waves
from workers.adapters.subject_data.owners import TooMany
from workers.adapters.subject_data.parts import plan_part
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.sealing import Tokens, Vault
from workers.adapters.subject_data.sessions import is_away, is_conflict, transaction
from workers.adapters.subject_data.writes import ItemRefused, Moved, Planned, Raced
from workers.ports import RecordEffect, SubjectResult

BUDGET: Final = 25.0
"""Seconds that a call may take; the step's own due time is longer."""
_WHOLE: Final = 2
"""Times that a group is tried whole before it is halved."""
_ALONE: Final = 3
_REPEATS: Final = 4
_SHORTEST_WAIT: Final = 0.002
_LONGEST_WAIT: Final = 0.25


class EffectApplier:
    """Writes to the company's database (D2); every method is safe to call again."""

    def __init__(
        self, db: Database, models: Mapping[str, SubjectModel], vault: Vault, tokens: Tokens
    ) -> None:
        self._db = db
        self._models = models
        self._vault = vault
        self._tokens = tokens

    async def apply(self, effects: Sequence[RecordEffect]) -> list[SubjectResult]:
        """One transaction for the whole group where that is possible; a result for each effect.

        A second effect on one subject waits for a transaction of its own. `Unreachable` when the
        server does not answer, `PutOff` when others keep writing the same documents: what was
        committed until then is found by its slot when the effects come again.
        """
        try:
            async with asyncio.timeout(BUDGET):
                items, results = await prepare(effects, self._models, self._vault, self._tokens)
                for wave in waves(items):
                    results |= await self._wave(wave)
        except TimeoutError:
            raise Unreachable("The company's database does not answer in time.") from None
        return [results[number] for number in range(len(effects))]

    async def _wave(self, items: Sequence[Item]) -> dict[int, SubjectResult]:
        results: dict[int, SubjectResult] = {}
        waiting = [_Attempt(list(items))]
        until = time.monotonic() + BUDGET / 2
        while waiting:
            attempt = waiting.pop()
            if not attempt.items:
                continue
            if time.monotonic() > until:
                raise PutOff("busy")
            try:
                results |= await self._try(attempt)
            except TooMany as found:
                waiting += attempt.without_large(found.owner)
            except ItemRefused as refused:
                results[refused.item.number] = SubjectResult("refused")
                waiting.append(attempt.without(refused.item))
            except Moved as moved:
                if attempt.is_hopeless and not isinstance(moved, Raced):
                    results[attempt.items[0].number] = SubjectResult("refused")
                else:
                    waiting += await attempt.afresh()
            except PyMongoError as error:
                waiting += await self._after(error, attempt, until)
        return results

    async def _try(self, attempt: _Attempt) -> dict[int, SubjectResult]:
        async with transaction(self._db) as tx:
            if attempt.planned is None:
                read = plan_part(tx, *attempt.items) if attempt.in_parts else None
                attempt.planned = await (read or plan_group(tx, attempt.items))
            await attempt.planned.writes.write(tx)
        return attempt.planned.results

    @staticmethod
    async def _after(error: PyMongoError, attempt: _Attempt, until: float) -> list[_Attempt]:
        if is_away(error) and time.monotonic() < until:
            return await attempt.afresh(whole=True)
        if is_conflict(error):
            return await attempt.after_conflict()
        with reaching("The company's database"):
            raise error


@dataclass(slots=True)
class _Attempt:
    """What is tried in one transaction, and how often it was tried before."""

    items: list[Item]
    tries: int = 0
    in_parts: bool = False
    planned: Planned | None = None
    repeats: int = 0
    """Times that the same plan was tried again."""

    @property
    def is_hopeless(self) -> bool:
        """Alone, just read, and still nothing matched: the map gives one value to two places.

        Had an application moved it, the transaction would have failed otherwise.
        """
        return len(self.items) == 1 and not self.repeats and self.tries >= _ALONE

    def without(self, item: Item) -> _Attempt:
        return _Attempt([other for other in self.items if other is not item])

    def without_large(self, owner: int | None) -> list[_Attempt]:
        """The item with too many copies goes in parts; too many together go in halves."""
        large = [i for i in self.items if i.number == owner or len(self.items) == 1]
        if not large:
            return self._halves()
        (item,) = large
        if self.in_parts or not item.changes:
            raise PutOff("too_many_documents")
        return [self.without(item), _Attempt([item], in_parts=True)]

    async def after_conflict(self) -> list[_Attempt]:
        """The same plan again at once, where an application wrote one of its documents.

        It may never stop, and reading first would lose every time. Another worker with the same
        subject has changed what the plan rests on: then everything afresh.
        """
        if not self.planned or not self.planned.writes.past_controls or self.repeats >= _REPEATS:
            return await self.afresh()
        await _pause(self.repeats)
        return [replace(self, repeats=self.repeats + 1)]

    async def afresh(self, *, whole: bool = False) -> list[_Attempt]:
        """After a moment: whole a few times, then in halves, at last alone."""
        await _pause(self.tries)
        if whole or len(self.items) == 1 or self.tries + 1 < _WHOLE:
            return [_Attempt(self.items, self.tries + 1, self.in_parts)]
        return self._halves()

    def _halves(self) -> list[_Attempt]:
        middle = len(self.items) // 2
        return [_Attempt(self.items[:middle]), _Attempt(self.items[middle:])]


async def _pause(tries: int) -> None:
    longest = min(_LONGEST_WAIT, _SHORTEST_WAIT * 2**tries)
    await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter
