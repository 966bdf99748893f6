"""The personal part of requests that are final for long enough: its key goes, the request stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from schemas.lifecycle import Status
from workers.adapters.mongo import Database, reaching
from workers.adapters.retention.tally import Tally
from workers.ports.retention import Swept

PAGE: Final = 500
RECENT: Final = timedelta(days=60)
"""Deletions by a rule are long done by then; what is not waits as long as the others."""
_FINAL: Final = [status.value for status in Status if status.final]
_WITHOUT_PARTICULARS: Final = ["shredding"]
"""Steps that a final request may still have open and that do not need its personal part."""


class Keys(Protocol):
    """The part of the vault that is needed here."""

    async def destroy(self, names: Any) -> int:
        """Destroy them for good; how many there were."""


class OldParticulars:
    """Of the collection `requests`."""

    def __init__(self, ours: Database, keys: Keys, after: timedelta) -> None:
        self._requests = ours["requests"]
        self._keys = keys
        self._after = after

    async def sweep(self, tally: Tally) -> None:
        """Everything that is due, page by page."""
        with reaching("MongoDB"):
            page: list[tuple[str, datetime]] = []
            async for row in self._requests.aggregate(
                _due(tally.now - self._after, tally.now - RECENT), batchSize=PAGE
            ):
                page.append((row["_id"], row["final_at"]))
                if len(page) == PAGE:
                    await self._destroy(page, tally)
                    page = []
            if page:
                await self._destroy(page, tally)

    async def _destroy(self, page: list[tuple[str, datetime]], tally: Tally) -> None:
        ids, keys, gone = [id_ for id_, _ in page], 0, len(page)
        if not tally.dry_run:
            keys = await self._keys.destroy([f"request:{id_}" for id_ in ids])
            marked = await self._requests.update_many(
                {"_id": {"$in": ids}, "particulars_destroyed_at": None},
                {"$set": {"particulars_destroyed_at": tally.now}},
            )
            gone = marked.modified_count
        oldest = min(at for _, at in page)
        await tally.add(
            [Swept("particulars", "particulars", "requests", gone, oldest=oldest)], keys=keys
        )


def _due(before: datetime, recent: datetime) -> list[dict[str, Any]]:
    """Requests by when they became final: later changes, as of a certificate, do not count."""
    open_steps = {"$map": {"input": {"$objectToArray": "$steps"}, "in": "$$this.k"}}
    final = {
        "$filter": {"input": "$history", "cond": {"$in": ["$$this.status", _FINAL]}},
    }
    final_statuses, by_rule = {"$in": _FINAL}, {"rule": {"$ne": None}}
    return [
        {
            "$match": {
                "$or": [
                    {"status": final_statuses, "created_at": {"$lte": before}},
                    # Nobody asked for what a rule has deleted, so nobody asks again.
                    {"status": final_statuses, "created_at": {"$gte": recent}, **by_rule},
                ],
                "particulars_destroyed_at": None,
                # A restriction stands until the person lifts it, which needs to know who that is.
                "$nor": [{"kind": "restriction", "status": "completed", "lifting": None}],
                "$expr": {"$setIsSubset": [open_steps, _WITHOUT_PARTICULARS]},
            }
        },
        {
            "$project": {
                "rule": 1,
                "final_at": {"$min": {"$map": {"input": final, "in": "$$this.at"}}},
            }
        },
        {"$match": {"$or": [{"final_at": {"$lte": before}}, by_rule]}},
    ]
