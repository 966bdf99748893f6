"""The markers of deletions, in the company's own database: `dsr_tombstones`.

    _id            the request
    pseudonym, subject_type, fields, at    as in the ledger's entry
    done           whether it was finished; then `summary` says what was done
    again          while a replay after a restore has not settled it

Each is written before the ledger's entry: where the ledger has an entry without a marker, the
database was restored from a copy that is older than the deletion. They hold no personal data.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from pymongo import UpdateOne

from schemas.evidence import ErasureSummary
from schemas.invariants import Erased
from workers.adapters.mongo import Database, reaching
from workers.adapters.vault import Tombstone

COLLECTION: Final = "dsr_tombstones"
_CHUNK: Final = 1_000

State = Literal["open", "done", "again"]


class Markers:
    """Reads and writes them."""

    def __init__(self, db: Database) -> None:
        self._collection = db[COLLECTION]

    async def read(self, requests: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Those that are there, by request."""
        with reaching("The company's database"):
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
        await self._collection.bulk_write([_placed(entry) for entry in entries], ordered=False)

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

    async def states(self) -> AsyncIterator[tuple[str, State]]:
        """How far each is, by request."""
        wanted = {"done": 1, "again": 1}
        with reaching("The company's database"):
            async for marker in self._collection.find({}, wanted, batch_size=_CHUNK):
                done: State = "done" if marker["done"] else "open"
                yield marker["_id"], "again" if "again" in marker else done

    async def place_again(self, entries: Sequence[Tombstone]) -> None:
        """Make those that a restored database lacks, for a replay."""
        placed = [_placed(entry, again=True) for entry in entries]
        with reaching("The company's database"):
            await self._collection.bulk_write(placed, ordered=False)

    async def resume(self, requests: Iterable[str]) -> None:
        """A replay has to finish these."""
        with reaching("The company's database"):
            await self._collection.update_many(
                {"_id": {"$in": list(requests)}, "done": False}, {"$set": {"again": True}}
            )

    async def reopen(self, requests: Iterable[str]) -> None:
        """A replay has to do these again, though they are done."""
        with reaching("The company's database"):
            await self._collection.update_many(
                {"_id": {"$in": list(requests)}}, {"$set": {"again": True, "done": False}}
            )

    async def to_do(self, pseudonyms: Sequence[str] | None = None) -> AsyncIterator[Tombstone]:
        """What a replay has to do still, of these people or of all, in no order."""
        query: dict[str, Any] = {"again": True, "done": False}
        if pseudonyms is not None:
            query["pseudonym"] = {"$in": list(pseudonyms)}
        with reaching("The company's database"):
            async for marker in self._collection.find(query, batch_size=_CHUNK):
                yield tombstone_of(marker)

    async def done_again(self) -> dict[str, ErasureSummary]:
        """Some of what a replay has done and not settled yet, by request."""
        with reaching("The company's database"):
            found = await self._collection.find({"again": True, "done": True}).to_list(_CHUNK)
        return {m["_id"]: ErasureSummary.model_validate(m["summary"]) for m in found}

    async def settle(self, requests: Iterable[str]) -> None:
        """The replay of these is over."""
        with reaching("The company's database"):
            await self._collection.update_many(
                {"_id": {"$in": list(requests)}}, {"$unset": {"again": True}}
            )

    async def settle_rest(self, blocked: Iterable[str]) -> int:
        """For all the others there was nothing to do; how many these are."""
        nothing = {"$literal": ErasureSummary().model_dump()}
        told = {"$ifNull": ["$summary", nothing]}
        settled: list[dict[str, Any]] = [
            {"$set": {"done": True, "summary": told}},
            {"$unset": "again"},
        ]
        with reaching("The company's database"):
            result = await self._collection.update_many(
                {"again": True, "done": False, "_id": {"$nin": list(blocked)}}, settled
            )
        return result.modified_count


def tombstone_of(marker: Mapping[str, Any]) -> Tombstone:
    """The ledger's entry that a marker repeats."""
    return Tombstone.model_validate({**marker, "request": marker["_id"]})


def _placed(entry: Tombstone, **more: Any) -> UpdateOne:
    made = {
        "pseudonym": entry.pseudonym,
        "subject_type": entry.subject_type,
        "fields": None if entry.fields is None else list(entry.fields),
        "at": entry.at,
        "done": False,
        **more,
    }
    return UpdateOne({"_id": entry.request}, {"$setOnInsert": made}, upsert=True)
