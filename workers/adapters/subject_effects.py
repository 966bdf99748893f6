"""Effects on the company's data: those of one transaction, and erasures, which take many."""

from __future__ import annotations

from collections.abc import Sequence

from workers.adapters.erasure import Erasure
from workers.adapters.subject_data import SubjectData
from workers.ports import Erase, ErasureResult, SubjectEffect, SubjectResult


class SubjectEffects:
    """Hands each effect to whom it belongs; a group holds one kind of them."""

    def __init__(self, subject_data: SubjectData, erasure: Erasure) -> None:
        self._subject_data = subject_data
        self._erasure = erasure

    async def apply(
        self, effects: Sequence[SubjectEffect]
    ) -> Sequence[SubjectResult | ErasureResult]:
        """A result for each; every call may be made again."""
        erases = [effect for effect in effects if isinstance(effect, Erase)]
        records = [effect for effect in effects if not isinstance(effect, Erase)]
        assert not erases or not records, "one stage, one kind of effect"
        if erases:
            return await self._erasure.apply(erases)
        return await self._subject_data.apply(records)
