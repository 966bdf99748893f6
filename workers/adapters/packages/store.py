"""The packages themselves: begun, ready, opened for a download, destroyed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import uuid4

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from schemas.errors import KeyGone
from workers.adapters.mongo import Database, ensure_indexes, reaching, server_time
from workers.adapters.packages import sealed
from workers.adapters.packages.sealed import SealedWriter
from workers.adapters.packages.zipped import zipped
from workers.adapters.vault import DataKey
from workers.ports import Collect, Collected

BUCKET: Final = "packages"
JSON, HTML = "json", "html"
MAKING: Final = timedelta(days=1)
"""How long one may take until it is ready; what a crash left is destroyed after that."""
_HERE: Final = "MongoDB"

INDEXES: Final = [
    IndexModel(
        [("request", ASCENDING)],
        name="request",
        unique=True,
        partialFilterExpression={"ready": True},
    ),
    IndexModel([("destroyed_at", ASCENDING), ("destroy_after", ASCENDING)], name="due"),
    IndexModel([("pseudonym", ASCENDING)], name="pseudonym"),
]
CHUNK_INDEXES: Final = [
    IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="files_id_1_n_1", unique=True)
]


class Keys(Protocol):
    """The vault, as far as packages go."""

    async def data_keys(self, names: Iterable[str], *, create: bool = False) -> dict[str, DataKey]:
        """The keys of these names; missing ones are absent, or created."""

    async def destroy(self, names: Iterable[str]) -> int:
        """Delete them; how many there were."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A package that is being made: nobody but its maker knows of it."""

    id: str
    made_at: datetime
    json: SealedWriter
    html: SealedWriter


@dataclass(frozen=True, slots=True)
class DuePackage:
    """A package whose time is up."""

    id: str
    destroy_after: datetime


class PackageStore:
    """Of the database that holds our own collections."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._packages = db[BUCKET]
        self._keys = keys

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the indexes; returns those that were missing."""
        changes = await ensure_indexes(self._packages, INDEXES, plan=plan)
        chunks = self._db[f"{BUCKET}.chunks"]
        return changes + await ensure_indexes(chunks, CHUNK_INDEXES, plan=plan)

    async def begin(self, effect: Collect) -> Begun:
        """A new one, known to whoever destroys before anything of it is written."""
        id_ = str(uuid4())
        with reaching(_HERE):
            now = await server_time(self._db)
            await self._packages.insert_one(
                {
                    "_id": id_,
                    "request": effect.request,
                    "pseudonym": effect.pseudonym,
                    "made_at": now,
                    "destroy_after": now + MAKING,
                    "destroyed_at": None,
                }
            )
            key = (await self._keys.data_keys([_key(id_)], create=True))[_key(id_)]
        files = (SealedWriter(self._db, BUCKET, _file(id_, part), key) for part in (JSON, HTML))
        return Begun(id_, now, *files)

    async def finish(
        self, begun: Begun, effect: Collect, records: dict[str, int], values: dict[str, int]
    ) -> Collected:
        """Ready; of two for one request the first stays, and this is it from now on."""
        with reaching(_HERE):
            await begun.json.close()
            await begun.html.close()
            made = {
                "ready": True,
                "destroy_after": begun.made_at + effect.keep,
                "size": begun.json.size + begun.html.size,
                "records": records,
                "values": values,
            }
            try:
                await self._packages.update_one(
                    {"_id": begun.id, "destroyed_at": None}, {"$set": made}
                )
            except DuplicateKeyError:
                await self.destroy([begun.id])
        found = await self.ready(effect.request)
        if found is None:
            raise KeyGone("the package was destroyed while it was made; it is made again")
        return found

    async def ready(self, request: str) -> Collected | None:
        """The package of a request, where there is one."""
        with reaching(_HERE):
            row = await self._packages.find_one({"request": request, "ready": True})
        if row is None:
            return None
        return Collected(
            id=row["_id"],
            made_at=row["made_at"],
            destroy_after=row["destroy_after"],
            records=row["records"],
            values=row["values"],
        )

    async def open(self, package: str) -> AsyncIterator[bytes] | None:
        """What a person fetches, as one ZIP, piece by piece; None where it is destroyed."""
        with reaching(_HERE):
            row = await self._packages.find_one({"_id": package, "ready": True})
            key = (await self._keys.data_keys([_key(package)])).get(_key(package))
        if row is None or key is None:
            return None
        return zipped(
            {
                f"personal-data.{part}": sealed.read(self._db, BUCKET, _file(package, part), key)
                for part in (HTML, JSON)
            },
            row["made_at"],
        )

    async def due(self, now: datetime, limit: int) -> list[DuePackage]:
        """Those whose time is up, the longest due first; also what a crash left half made."""
        query = {"destroyed_at": None, "destroy_after": {"$lte": now}}
        with reaching(_HERE):
            found = self._packages.find(query, {"destroy_after": 1}).sort("destroy_after", 1)
            rows = await found.to_list(limit)
        return [DuePackage(row["_id"], row["destroy_after"]) for row in rows]

    async def overdue(self, now: datetime) -> tuple[int, datetime | None]:
        """How many are due, and since when the oldest is."""
        query = {"destroyed_at": None, "destroy_after": {"$lte": now}}
        oldest = await self.due(now, 1)
        with reaching(_HERE):
            number = await self._packages.count_documents(query)
        return number, oldest[0].destroy_after if oldest else None

    async def keys_of(self, pseudonyms: Sequence[str]) -> dict[str, list[str]]:
        """Per person, the names of the keys of all packages that still exist."""
        found: dict[str, list[str]] = {name: [] for name in pseudonyms}
        query = {"pseudonym": {"$in": list(pseudonyms)}, "destroyed_at": None}
        with reaching(_HERE):
            async for row in self._packages.find(query, {"pseudonym": 1}):
                found[row["pseudonym"]].append(_key(row["_id"]))
        return found

    async def destroy_of(self, pseudonyms: Sequence[str]) -> None:
        """Destroy every package of these people, keys and files."""
        query: dict[str, Any] = {"pseudonym": {"$in": list(pseudonyms)}, "destroyed_at": None}
        with reaching(_HERE):
            rows = await self._packages.find(query, {"_id": 1}).to_list(None)
        await self.destroy([row["_id"] for row in rows])

    async def destroy(self, packages: Sequence[str]) -> tuple[int, int]:
        """Key and files go, the row stays and says when; how many packages and keys there were."""
        if not packages:
            return 0, 0
        files = [_file(package, part) for package in packages for part in (JSON, HTML)]
        with reaching(_HERE):
            keys = await self._keys.destroy(map(_key, packages))
            await self._db[f"{BUCKET}.files"].delete_many({"_id": {"$in": files}})
            await self._db[f"{BUCKET}.chunks"].delete_many({"files_id": {"$in": files}})
            gone = await self._packages.update_many(
                {"_id": {"$in": list(packages)}, "destroyed_at": None},
                {"$set": {"destroyed_at": await server_time(self._db)}, "$unset": {"ready": 1}},
            )
        return gone.modified_count, keys


def _key(package: str) -> str:
    return f"package:{package}"


def _file(package: str, part: str) -> str:
    return f"{package}/{part}"
