"""Deletions: the same pipeline with the same number of transitions and hops as the workers'."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.floor.amqp import Handler, Publisher
from tests.benchmarks.floor.erasing import ErasingStore
from tests.benchmarks.floor.outside import Outside
from tests.benchmarks.floor.stages import Stages
from tests.benchmarks.floor.store import Document, Move

_CERTIFICATE_BYTES = 1_600
"""About what a signed certificate weighs."""


class DeletionStages(Stages):
    """What handles the items of each queue."""

    after_proof = "cooling"

    def __init__(self, store: ErasingStore, publisher: Publisher, outside: Outside) -> None:
        super().__init__(store, publisher, outside)
        self._erasing = store

    @property
    def handlers(self) -> dict[str, Handler]:
        """Per queue."""
        shared = {name: h for name, h in super().handlers.items() if name != "floor.correction"}
        return shared | {
            "floor.cooling": self.cool,
            "floor.beginning": self.begin,
            "floor.deletion": self.delete,
        }

    async def cool(self, ids: list[str]) -> None:
        """Nothing to wait for."""
        sets: Document = {"begins_at": datetime.now(UTC)}
        await self._pass_on(ids, "cooling_off", sets, "cooling", "beginning")

    async def begin(self, ids: list[str]) -> None:
        """The deletion is on its way."""
        sets: Document = {"erasure": {"checkpoint": None, "summary": {}}}
        await self._pass_on(ids, "deletion_begun", sets, "beginning", "deletion")

    async def delete(self, ids: list[str]) -> None:
        """The company's data, then the request with its certificate."""
        requests = await self._store.read("_id", ids)
        await self._erasing.erase(requests)
        sets = {
            "applied_at": datetime.now(UTC),
            "erasure": {"checkpoint": {"step": 6, "name": "done"}, "summary": {"rescans": 1}},
            "certificate": {"payload": "x" * _CERTIFICATE_BYTES},
        }
        opens = ("propagation", "interim", "rescan", "shredding")
        owes = ("propagation", "restriction.lifted", "request.applied")
        stamp = await self._store.commit(
            [Move(r, "deleted", sets, "applied", ("deletion",), opens, owes) for r in requests]
        )
        await self._post(ids, stamp, "propagation", "restriction.lifted", "request.applied")

    async def _pass_on(
        self, ids: list[str], what: str, sets: Document, closes: str, opens: str
    ) -> None:
        requests = await self._store.read("_id", ids)
        moves = [Move(r, what, sets, None, (closes,), (opens,), (opens,)) for r in requests]
        stamp = await self._store.commit(moves)
        await self._post(ids, stamp, opens)

    def _notice(self, _request: Document) -> dict[str, Any]:
        return {"type": "deletion", "fields": ["address"]}
