"""Effects: those on the company's data of one transaction, erasures of many, and evidence."""

from __future__ import annotations

from collections.abc import Sequence

from workers.adapters.erasure import Erasure
from workers.adapters.exhibits import Exhibits
from workers.adapters.subject_data import SubjectData
from workers.ports import DestroyExhibits, Erase, ErasureResult, SubjectEffect, SubjectResult


class SubjectEffects:
    """Hands each effect to whom it belongs; erasures come in groups of their own."""

    def __init__(self, subject_data: SubjectData, erasure: Erasure, exhibits: Exhibits) -> None:
        self._subject_data = subject_data
        self._erasure = erasure
        self._exhibits = exhibits

    async def apply(
        self, effects: Sequence[SubjectEffect]
    ) -> Sequence[SubjectResult | ErasureResult]:
        """A result for each; every call may be made again."""
        erases = [effect for effect in effects if isinstance(effect, Erase)]
        if erases:
            assert len(erases) == len(effects), "one stage deletes, and does nothing else"
            return await self._erasure.apply(erases)
        records = [one for one in effects if not isinstance(one, DestroyExhibits | Erase)]
        gone = [effect.request for effect in effects if isinstance(effect, DestroyExhibits)]
        done = iter(await self._subject_data.apply(records) if records else ())
        await self._exhibits.destroy(gone)
        return [
            SubjectResult("done") if isinstance(effect, DestroyExhibits) else next(done)
            for effect in effects
        ]
