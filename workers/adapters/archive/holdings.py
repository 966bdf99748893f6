"""The data keys of the archive: one for each subject and basis, as long as anything is kept.

A holding goes in the very transaction that destroys its last document, and its key after it.
Whoever keeps more takes part in the holding in the transaction that writes, so the two conflict and
one of them comes after the other. A new holding has a new key: names end with a token of their own,
so that a destroyer that comes late never meets the key of others.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, Protocol, TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import UpdateOne
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from workers.adapters.mongo import Database
from workers.adapters.vault import DataKey

Holding = dict[str, str]
"""`{pseudonym, basis}`; as an `_id` the order of its two parts matters to MongoDB."""
Whose = tuple[str, str]
"""Pseudonym and basis."""
Session = AsyncIOMotorClientSession
Result = TypeVar("Result")

_TOKEN_BYTES: Final = 8


class Keys(Protocol):
    """The part of the vault that the archive needs."""

    async def data_keys(
        self, names: Iterable[str], *, create: bool = False
    ) -> Mapping[str, DataKey]:
        """The data keys of these names; the missing ones are absent, or created."""

    async def destroy(self, names: Iterable[str]) -> int:
        """Destroy them for good; how many there were."""


class Holdings:
    """The collections `holdings` and `spent_keys`."""

    def __init__(self, db: Database, keys: Keys) -> None:
        # By majority: a name that could be rolled back is given out to nobody.
        self._holdings = db["holdings"].with_options(read_concern=ReadConcern("majority"))
        self._spent = db["spent_keys"]
        self._keys = keys

    async def open(self, whose: Iterable[Whose]) -> dict[Whose, tuple[str, DataKey]]:
        """Each holding's key and its name, made if there is none; absent: emptied just now."""
        wanted = list(whose)
        fresh = [f"archive:{pseudonym}:{basis}:{_token()}" for pseudonym, basis in wanted]
        await self._holdings.bulk_write(
            [
                UpdateOne({"_id": holding(each)}, {"$setOnInsert": {"key": name}}, upsert=True)
                for each, name in zip(wanted, fresh, strict=True)
            ],
            ordered=False,
        )
        names = await self._names(wanted)
        keys = await self._keys.data_keys(names.values(), create=True)
        return {each: (name, keys[name]) for each, name in names.items()}

    async def take_part(self, names: Mapping[Whose, str], session: Session) -> set[Whose]:
        """Keep the keys of these names alive until this transaction ends; those that still are."""
        result = await self._holdings.bulk_write(
            [
                UpdateOne({"_id": holding(each), "key": name}, {"$inc": {"rev": 1}})
                for each, name in names.items()
            ],
            ordered=False,
            session=session,
        )
        if result.matched_count == len(names):
            return set(names)
        there = await self._names(names, session)
        return {each for each, name in there.items() if name == names[each]}

    async def forsake(self, names: Iterable[str]) -> None:
        """Destroy keys that `open` gave for holdings that are gone: nobody seals under them."""
        await self._keys.destroy(names)

    async def key(self, holding: Holding) -> DataKey | None:
        """The key of what is kept; None where nothing is, or nothing opens it."""
        found = await self._holdings.find_one({"_id": holding}, {"key": 1})
        return (await self._keys.data_keys([found["key"]])).get(found["key"]) if found else None

    async def leave(self, holding: Holding, *, empty: bool, session: Session) -> None:
        """Documents were destroyed in this transaction; with the last one the holding goes."""
        # Written even if it stays: two that empty it together must not each see the other's half.
        found = await self._holdings.find_one_and_update(
            {"_id": holding}, {"$inc": {"rev": 1}}, session=session
        )
        if found and empty:
            await self._holdings.delete_one({"_id": holding}, session=session)
            await self._spent.insert_one({"_id": found["key"]}, session=session)

    async def destroy_spent(self) -> int:
        """Destroy the keys of all holdings that are gone; how many there were."""
        names = [row["_id"] async for row in self._spent.find({}, {"_id": 1})]
        if not names:
            return 0
        destroyed = await self._keys.destroy(names)
        await self._spent.delete_many({"_id": {"$in": names}})
        return destroyed

    async def _names(
        self, whose: Iterable[Whose], session: Session | None = None
    ) -> dict[Whose, str]:
        cursor = self._holdings.find(
            {"_id": {"$in": [holding(each) for each in whose]}}, {"key": 1}, session=session
        )
        return {
            (row["_id"]["pseudonym"], row["_id"]["basis"]): row["key"]
            for row in await cursor.to_list(None)
        }


def holding(whose: Whose) -> Holding:
    """The `_id` of what is kept of this person on this basis."""
    pseudonym, basis = whose
    return {"pseudonym": pseudonym, "basis": basis}


async def together(db: Database, work: Callable[[Session], Awaitable[Result]]) -> Result:
    """One transaction, all or nothing; the driver tries a conflict again."""

    async def attempt(session: Session) -> Result:
        return await work(session)

    async with await db.client.start_session() as session:
        made: Result = await session.with_transaction(
            attempt, ReadConcern("snapshot"), WriteConcern("majority")
        )
        return made


def _token() -> str:
    return secrets.token_hex(_TOKEN_BYTES)
