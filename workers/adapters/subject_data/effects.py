"""Applies groups of effects: retried whole, in halves, at last alone, until each has its outcome."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pymongo.errors import PyMongoError

from schemas.errors import PutOff, Unreachable
from workers.adapters.mongo import Database, reaching
from workers.adapters.subject_data.group import ItemRefused, Moved, commit_group
from workers.adapters.subject_data.items import Item, prepare, waves
from workers.adapters.subject_data.owners import TooMany
from workers.adapters.subject_data.parts import commit_part
from workers.adapters.subject_data.places import SubjectModel
from workers.adapters.subject_data.sealing import Tokens, Vault
from workers.adapters.subject_data.sessions import is_away, is_conflict, transaction
from workers.ports import Correct, SubjectEffect, SubjectResult

BUDGET: Final = 25.0
"""Seconds that a call may take; the step's own due time is longer."""
_WHOLE: Final = 2
"""Times that a group is tried whole before it is halved."""
_ALONE: Final = 3
_LONGEST_WAIT: Final = 0.4


class EffectApplier:
    """Writes to the company's database (D2); every method is safe to call again."""

    def __init__(
        self, db: Database, models: Mapping[str, SubjectModel], vault: Vault, tokens: Tokens
    ) -> None:
        self._db = db
        self._models = models
        self._vault = vault
        self._tokens = tokens

    async def apply(self, effects: Sequence[SubjectEffect]) -> list[SubjectResult]:
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
            except Moved:
                if len(attempt.items) == 1 and attempt.tries >= _ALONE:
                    # Nobody else moved it, or the transaction would have failed: the map gives one
                    # value to two places.
                    results[attempt.items[0].number] = SubjectResult("refused")
                else:
                    waiting += await attempt.again()
            except PyMongoError as error:
                if is_away(error) and time.monotonic() < until:
                    waiting += await attempt.again(whole=True)
                elif is_conflict(error):
                    waiting += await attempt.again()
                else:
                    with reaching("The company's database"):
                        raise
        return results

    async def _try(self, attempt: _Attempt) -> dict[int, SubjectResult]:
        async with transaction(self._db) as tx:
            if attempt.in_parts:
                (item,) = attempt.items
                return {item.number: await commit_part(tx, item)}
            return await commit_group(tx, attempt.items)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What is tried in one transaction, and how often it was tried before."""

    items: list[Item]
    tries: int = 0
    in_parts: bool = False

    def without(self, item: Item) -> _Attempt:
        return _Attempt([other for other in self.items if other is not item])

    def without_large(self, owner: int | None) -> list[_Attempt]:
        """The item with too many copies goes in parts; too many together go in halves."""
        large = [i for i in self.items if i.number == owner or len(self.items) == 1]
        if not large:
            return self._halves()
        (item,) = large
        if self.in_parts or not isinstance(item.effect, Correct):
            raise PutOff("too_many_documents")
        return [self.without(item), _Attempt([item], in_parts=True)]

    async def again(self, *, whole: bool = False) -> list[_Attempt]:
        """After a moment: whole a few times, then in halves, at last alone."""
        longest = min(_LONGEST_WAIT, 0.005 * 2**self.tries)
        await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter
        if whole or len(self.items) == 1 or self.tries + 1 < _WHOLE:
            return [_Attempt(self.items, self.tries + 1, self.in_parts)]
        return self._halves()

    def _halves(self) -> list[_Attempt]:
        middle = len(self.items) // 2
        return [_Attempt(self.items[:middle]), _Attempt(self.items[middle:])]
