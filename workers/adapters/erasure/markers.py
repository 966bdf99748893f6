"""The markers of deletions, in the company's own database: `dsr_tombstones`.

    _id            the request
    pseudonym, subject_type, fields, at    as in the ledger's entry
    done           whether it was finished; then `summary` says what was done

Each is written before the ledger's entry: where the ledger has an entry without a marker, the
database was restored from a copy that is older than the deletion. They hold no personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo import UpdateOne

from schemas.evidence import ErasureSummary
from schemas.invariants import Erased
from workers.adapters.mongo import Database, reaching
from workers.adapters.vault import Tombstone

COLLECTION: Final = "dsr_tombstones"


class Markers:
    """Reads and writes them."""

    def __init__(self, db: Database) -> None:
        self._collection = db[COLLECTION]

    async def read(self, requests: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Those that are there, by request."""
        found = await self._collection.find({"_id": {"$in": list(requests)}}).to_list(None)
        return {marker["_id"]: marker for marker in found}

    async def done(self) -> Erased:
        """Which deletions are done, for the audit."""
        requests, subjects = set(), set()
        with reaching("The company's database"):
            async for marker in self._collection.find(
                {"done": True}, {"pseudonym": 1, "fields": 1}
            ):
                requests.add(marker["_id"])
                if marker["fields"] is None:
                    subjects.add(marker["pseudonym"])
        return Erased(frozenset(requests), frozenset(subjects))

    async def place(self, entries: Sequence[Tombstone]) -> None:
        """Make those that are not there yet."""
        await self._collection.bulk_write(
            [
                UpdateOne(
                    {"_id": entry.request},
                    {
                        "$setOnInsert": {
                            "pseudonym": entry.pseudonym,
                            "subject_type": entry.subject_type,
                            "fields": None if entry.fields is None else list(entry.fields),
                            "at": entry.at,
                            "done": False,
                        }
                    },
                    upsert=True,
                )
                for entry in entries
            ],
            ordered=False,
        )

    async def finish(self, summaries: Mapping[str, ErasureSummary]) -> None:
        """These requests' deletions are done; what was told first stands."""
        await self._collection.bulk_write(
            [
                UpdateOne(
                    {"_id": request, "done": False},
                    {"$set": {"done": True, "summary": told.model_dump()}},
                )
                for request, told in summaries.items()
            ],
            ordered=False,
        )
