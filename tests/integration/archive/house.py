"""An archive with the databases around it, and the payments that a law keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from schemas.errors import Unreachable
from tests.cast import AGENT_PARK, MORNING
from workers.adapters import mongo
from workers.adapters.archive import Archived, ArchiveStore
from workers.adapters.vault import DataKey, Vault
from workers.ports.archive import ArchiveItem

MINJI, LEE = "a" * 32, "b" * 32
CANARY = "canary-4f1c-kim-minji"
FIVE_YEARS = MORNING + timedelta(days=5 * 365)
REASON = "tax office asked, file 2026-11"


class Keys(Vault):
    """The vault, which may stop answering just before it destroys."""

    away = False
    paused: asyncio.Event | None = None
    asked: asyncio.Event | None = None

    async def destroy(self, names: Iterable[str]) -> int:
        if self.away:
            raise Unreachable("MongoDB does not answer")
        result = await self._collection.delete_many({"_id": {"$in": sorted(names)}})
        return int(result.deleted_count)

    async def data_keys(self, names: Iterable[str], *, create: bool = False) -> dict[str, DataKey]:
        made = await super().data_keys(names, create=create)
        if create and self.paused and self.asked:
            self.asked.set()
            await self.paused.wait()
        return made


@dataclass(frozen=True, repr=False)
class House:
    """The archive and the databases around it."""

    archive: ArchiveStore
    vault: Keys
    db: mongo.Database
    ours: mongo.Database
    keys: mongo.Collection

    async def key_names(self) -> list[str]:
        """The data keys that exist."""
        return sorted([row["_id"] async for row in self.keys.find()])

    async def ids(self, **which: Any) -> list[str]:
        """The archived documents."""
        return sorted([row["_id"] async for row in self.db["documents"].find(which)])

    async def read(self, pseudonym: str = MINJI, basis: str = "payment") -> list[Archived]:
        """As Park reads it."""
        return [one async for one in self.archive.read(pseudonym, basis, AGENT_PARK, REASON)]


def item(number: Any = 1, **other: Any) -> ArchiveItem:
    """A payment of Minji's, which the law keeps for five years."""
    document_id = other.pop("document_id", number)
    fresh = ArchiveItem(
        pseudonym=MINJI,
        basis="payment",
        collection="payments",
        document_id=document_id,
        document={"_id": document_id, "payer": CANARY, "amount": 12_000},
        destroy_after=FIVE_YEARS,
        request="r1",
    )
    return replace(fresh, **other)
