"""Effects on the company's data: those of one transaction, and those that take many."""

from __future__ import annotations

from collections.abc import Sequence

from workers.adapters.erasure import Erasure
from workers.adapters.packages import Collector
from workers.adapters.subject_data import SubjectData
from workers.ports import (
    Collect,
    CollectResult,
    Erase,
    ErasureResult,
    SubjectEffect,
    SubjectResult,
)


class SubjectEffects:
    """Hands each effect to whom it belongs; a group holds one kind of them."""

    def __init__(self, subject_data: SubjectData, erasure: Erasure, collector: Collector) -> None:
        self._subject_data = subject_data
        self._erasure = erasure
        self._collector = collector

    async def apply(
        self, effects: Sequence[SubjectEffect]
    ) -> Sequence[SubjectResult | ErasureResult | CollectResult]:
        """A result for each; every call may be made again."""
        erases = [effect for effect in effects if isinstance(effect, Erase)]
        collects = [effect for effect in effects if isinstance(effect, Collect)]
        records = [effect for effect in effects if not isinstance(effect, Erase | Collect)]
        kinds = sum(map(bool, (erases, collects, records)))
        assert kinds == 1, "one stage, one kind of effect"
        if collects:
            return await self._collector.apply(collects)
        if erases:
            return await self._erasure.apply(erases)
        return await self._subject_data.apply(records)
