"""Wrapped data keys in a MongoDB database of their own, one document for each name."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from bson import Timestamp
from pymongo.errors import BulkWriteError

from schemas.errors import KeyFolderBehind, KeyFolderError, KeyGone, SealBroken
from workers.adapters.mongo import DUPLICATE_KEY, Collection, reaching
from workers.adapters.vault.envelope import KEY_BYTES, DataKey
from workers.adapters.vault.fence import fenced_at
from workers.adapters.vault.holder import KeyHolder, Wrapped

_FENCED: Final = 121
_SAMPLE: Final = 3
_DESTROYED_AT_ONCE: Final = 1000
_SERVER_TIME: Final = Timestamp(0, 0)
"""mongod puts its own time in the place of this when it inserts (D6)."""


class Vault:
    """Data keys by name: `request:<id>`, `subject:<type>:<pseudonym>`, `parked:`, `package:<id>`.

    A document is `{_id: name, epoch, wrapped, created_at}`. The collection must come with write
    concern majority: a value must not outlive, sealed, a key that a fail-over rolled back. Keys are
    asked for each time and never kept: one that was destroyed opens nothing from then on. A
    rollover (`rotation`) may run meanwhile: the holder is then told to look for its new epoch.
    """

    def __init__(self, collection: Collection, holder: KeyHolder) -> None:
        self._collection = collection
        self._holder = holder

    async def data_keys(self, names: Iterable[str], *, create: bool = False) -> dict[str, DataKey]:
        """The data keys of these names, in one read; the missing ones are absent, or created.

        Whoever creates at the same time gets the same keys: the first insert wins and the others
        read it back. Errors are the holder's, and the driver's as they are.
        """
        wanted = set(names)
        found = await self._read(wanted)
        while create and (missing := wanted - found.keys()):
            found |= await self._insert(missing)
            # Whatever another worker was first with; gone again already, it is missing once more.
            found |= await self._read(wanted - found.keys())
        return found

    async def destroy(self, names: Iterable[str]) -> int:
        """Delete the wrapped keys of these names; how many there were.

        Copies of them in backups and logs open until the next rollover has destroyed their epoch.
        """
        waiting = iter(sorted(set(names)))
        destroyed = 0
        with reaching("MongoDB"):
            while some := list(islice(waiting, _DESTROYED_AT_ONCE)):
                result = await self._collection.delete_many({"_id": {"$in": some}})
                destroyed += result.deleted_count
        return destroyed

    async def check(self) -> None:
        """`KeyFolderError` where this holder did not wrap these keys, or is older than they are.

        A few keys are tried, not all.
        """
        fence = await fenced_at(self._collection)
        if fence > self._holder.current_epoch:
            await asyncio.to_thread(self._holder.reload)
        if fence > (newest := self._holder.current_epoch):
            raise KeyFolderBehind(
                f"The keys in the database are of epoch {fence}, the key folder ends at {newest}:"
                " set DSR_KEYS to the current folder, or restore its newest copy."
            )
        with reaching("MongoDB"):
            rows = await self._collection.find({}, {"_id": True}).limit(_SAMPLE).to_list(None)
            for row in rows:
                try:
                    await self._read({row["_id"]})
                except (KeyGone, SealBroken):
                    continue
                return
        if rows:
            raise KeyFolderError(
                "The key folder opens none of the keys in the database: set DSR_KEYS to the folder"
                " that they were made with, or restore the keys database's newest backup."
            )

    async def present(self, names: Iterable[str]) -> set[str]:
        """Those of the names that have a key, without opening it."""
        cursor = self._collection.find({"_id": {"$in": sorted(set(names))}}, {"_id": 1})
        return {row["_id"] for row in await cursor.to_list(None)}

    async def by_epoch(self) -> dict[int, int]:
        """How many keys there are of each epoch; more than one while a rollover is under way."""
        counted: list[dict[str, Any]] = [
            {"$group": {"_id": "$epoch", "n": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        with reaching("MongoDB"):
            found = await self._collection.aggregate(counted).to_list(None)
        return {row["_id"]: row["n"] for row in found}

    async def _read(self, names: set[str]) -> dict[str, DataKey]:
        rows = await self._rows(names)
        if any(row["epoch"] != self._holder.current_epoch for row in rows):
            # A rollover is under way, or these were restored from before one: which epochs still
            # stand, only the holder's own source knows, not what it read once.
            await asyncio.to_thread(self._holder.reload)
        found, refused = self._opened(rows)
        if refused:
            # Re-wrapped since they were read here, so that now their old epoch is gone?
            again, refused = self._opened(await self._rows(set(refused)))
            for error in refused.values():
                raise error
            found |= again
        return found

    async def _rows(self, names: set[str]) -> list[dict[str, Any]]:
        if not names:
            return []
        cursor = self._collection.find(
            {"_id": {"$in": sorted(names)}}, projection={"epoch": True, "wrapped": True}
        )
        return await cursor.to_list(None)

    def _opened(
        self, rows: Iterable[dict[str, Any]]
    ) -> tuple[dict[str, DataKey], dict[str, KeyFolderBehind | KeyGone]]:
        opened: dict[str, DataKey] = {}
        refused: dict[str, KeyFolderBehind | KeyGone] = {}
        for row in rows:
            try:
                opened[row["_id"]] = DataKey(self._unwrap(row))
            except (KeyFolderBehind, KeyGone) as error:
                refused[row["_id"]] = error
        return opened, refused

    def _unwrap(self, row: dict[str, Any]) -> bytes:
        return self._holder.unwrap(Wrapped(row["epoch"], row["wrapped"]), row["_id"])

    async def _insert(self, names: set[str]) -> dict[str, DataKey]:
        fresh = {name: os.urandom(KEY_BYTES) for name in sorted(names)}
        documents = [self._document(name, key) for name, key in fresh.items()]
        lost: set[str] = set()
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            refused = _refused(error)
            lost = set(refused)
            if _FENCED in refused.values():
                await self._catch_up(documents[0]["epoch"])
        return {name: DataKey(key) for name, key in fresh.items() if name not in lost}

    async def _catch_up(self, refused: int) -> None:
        """Find the epoch that the fence asks for; the caller then tries again under it."""
        if self._holder.current_epoch <= refused:
            await asyncio.to_thread(self._holder.reload)
        if self._holder.current_epoch <= refused:
            raise KeyFolderBehind(
                f"The database takes no more keys of epoch {refused}, and the key folder has no"
                " newer one: give this worker the current folder."
            )

    def _document(self, name: str, key: bytes) -> dict[str, Any]:
        wrapped = self._holder.wrap(key, name)
        return {
            "_id": name,
            "epoch": wrapped.epoch,
            "wrapped": wrapped.sealed,
            "created_at": _SERVER_TIME,
        }


def _refused(error: BulkWriteError) -> dict[str, int]:
    """Names that are there already or are fenced off, with the code; anything else is raised."""
    details = error.details or {}
    failed = details.get("writeErrors", [])
    expected = {DUPLICATE_KEY, _FENCED}
    if details.get("writeConcernErrors") or any(one["code"] not in expected for one in failed):
        raise error
    return {one["op"]["_id"]: one["code"] for one in failed}
