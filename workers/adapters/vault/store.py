"""Wrapped data keys in a MongoDB database of their own, one document for each name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Final

from bson import Timestamp
from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo.errors import BulkWriteError

from workers.adapters.vault.envelope import KEY_BYTES, DataKey
from workers.adapters.vault.holder import KeyHolder, Wrapped

_DUPLICATE: Final = 11000
_SERVER_TIME: Final = Timestamp(0, 0)
"""mongod puts its own time in the place of this when it inserts (D6)."""


class Vault:
    """Data keys by name: `request:<id>`, `subject:<type>:<pseudonym>`, `parked:<id>`.

    A document is `{_id: name, epoch, wrapped, created_at}`. The collection must come with write
    concern majority: a value must not outlive, sealed, a key that a fail-over rolled back. Keys are
    asked for each time and never kept: one that was destroyed opens nothing from then on.
    """

    def __init__(
        self, collection: AsyncIOMotorCollection[dict[str, Any]], holder: KeyHolder
    ) -> None:
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

    async def present(self, names: Iterable[str]) -> set[str]:
        """Those of the names that have a key, without opening it."""
        cursor = self._collection.find({"_id": {"$in": sorted(set(names))}}, {"_id": 1})
        return {row["_id"] for row in await cursor.to_list(None)}

    async def _read(self, names: set[str]) -> dict[str, DataKey]:
        if not names:
            return {}
        cursor = self._collection.find(
            {"_id": {"$in": sorted(names)}}, projection={"epoch": True, "wrapped": True}
        )
        return {
            row["_id"]: DataKey(
                self._holder.unwrap(Wrapped(row["epoch"], row["wrapped"]), row["_id"])
            )
            for row in await cursor.to_list(None)
        }

    async def _insert(self, names: set[str]) -> dict[str, DataKey]:
        fresh = {name: os.urandom(KEY_BYTES) for name in sorted(names)}
        lost: set[str] = set()
        try:
            await self._collection.insert_many(
                [self._document(name, key) for name, key in fresh.items()], ordered=False
            )
        except BulkWriteError as error:
            lost = _duplicates(error)
        return {name: DataKey(key) for name, key in fresh.items() if name not in lost}

    def _document(self, name: str, key: bytes) -> dict[str, Any]:
        wrapped = self._holder.wrap(key, name)
        return {
            "_id": name,
            "epoch": wrapped.epoch,
            "wrapped": wrapped.sealed,
            "created_at": _SERVER_TIME,
        }


def _duplicates(error: BulkWriteError) -> set[str]:
    """The names that were there already; anything else that went wrong is raised as it came."""
    details = error.details or {}
    failed = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(one["code"] != _DUPLICATE for one in failed):
        raise error
    return {one["op"]["_id"] for one in failed}
