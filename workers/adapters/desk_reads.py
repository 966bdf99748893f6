"""What the desk asks about all requests together: its queue, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.lifecycle import Status
from schemas.notice import MISSED
from schemas.request import RequestRecord
from workers.adapters.mongo import Database, reaching
from workers.adapters.standing import AT_RISK

_OPEN = [status.value for status in Status if not status.final]


class DeskReads:
    """Reads over the collection `requests`."""

    def __init__(self, db: Database) -> None:
        self._requests = db["requests"]

    async def queue(
        self, *, only: Mapping[str, str], at_risk: bool, limit: int
    ) -> list[RequestRecord]:
        """The open requests, the soonest due first; `only` says which status, kind or channel."""
        query: dict[str, Any] = {"status": {"$in": _OPEN}} | dict(only)
        if at_risk:
            query = {"$and": [query, AT_RISK]}
        with reaching("MongoDB"):
            found = self._requests.find(query, {"outbox": 0, "sealed": 0}).sort("deadline", 1)
            documents = await found.to_list(limit)
        return [RequestRecord.model_validate({"sealed": b"", **one}) for one in documents]

    async def missed(self, recipient: str) -> list[str]:
        """Ids of the notices that a recipient did not get since it took none; the oldest first.

        Reads every request: for a command that somebody types once in a while.
        """
        query = {f"notices.{recipient}.error": {"$in": sorted(MISSED)}}
        with reaching("MongoDB"):
            found = self._requests.find(query, {f"notices.{recipient}": 1}).sort("created_at", 1)
            documents = await found.to_list(None)
        return [document["notices"][recipient]["id"] for document in documents]

    async def figures(self) -> dict[str, Any]:
        """Counts by status, kind and channel; the late ones; hours to complete, by kind."""
        completed = {
            "$first": {
                "$filter": {
                    "input": "$history",
                    "cond": {"$eq": ["$$this.status", Status.COMPLETED.value]},
                }
            }
        }
        took = {"$divide": [{"$subtract": ["$done.at", "$received_at"]}, 3_600_000]}
        late = [{"$match": {"status": {"$in": _OPEN}, "$expr": {"$gte": ["$$NOW", "$deadline"]}}}]
        facets = {
            "status": _counted("status"),
            "kind": [{"$match": {"status": {"$in": _OPEN}}}, *_counted("kind")],
            "channel": _counted("channel"),
            "late": [*late, {"$count": "n"}],
            "hours": [
                {"$match": {"status": Status.COMPLETED.value}},
                {"$project": {"kind": 1, "received_at": 1, "done": completed}},
                {
                    "$group": {
                        "_id": "$kind",
                        "n": {"$sum": 1},
                        "mean": {"$avg": took},
                        "longest": {"$max": took},
                    }
                },
            ],
        }
        fields = {"status": 1, "kind": 1, "channel": 1, "deadline": 1, "received_at": 1}
        shown = {"$project": {**fields, "history.at": 1, "history.status": 1}}
        with reaching("MongoDB"):
            (found,) = await self._requests.aggregate([shown, {"$facet": facets}]).to_list(None)
        counts = ("status", "kind", "channel")
        return {
            **{name: {one["_id"]: one["n"] for one in found[name]} for name in counts},
            "late": found["late"][0]["n"] if found["late"] else 0,
            "hours": {one["_id"]: one for one in found["hours"]},
        }


def _counted(name: str) -> list[dict[str, Any]]:
    return [{"$group": {"_id": f"${name}", "n": {"$sum": 1}}}]
