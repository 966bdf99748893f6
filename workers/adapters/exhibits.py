"""Evidence that was handed in: files sealed under keys of their own, gone after the decision."""

from __future__ import annotations

import json
from collections.abc import Iterable

from bson import Binary
from pymongo import ASCENDING, IndexModel

from schemas.errors import NotFound
from workers.adapters.mongo import Database, ensure_indexes, reaching
from workers.adapters.vault import Vault

LARGEST = 8 * 1024 * 1024
"""Bytes of a file; a document of MongoDB holds 16 MB."""
INDEXES = [IndexModel([("request", ASCENDING)], name="request")]


class Exhibits:
    """The collection `exhibits`: `{_id, request, sealed}`, name and content sealed together."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._exhibits = db["exhibits"]
        self._vault = vault

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the index; returns it where it was missing."""
        return await ensure_indexes(self._exhibits, INDEXES, plan=plan)

    async def keep(self, request: str, exhibit: str, name: str, content: bytes) -> None:
        """Durable when it returns. The caller then has it recorded, or drops it again."""
        with reaching("MongoDB"):
            key = (await self._vault.data_keys([_key(request)], create=True))[_key(request)]
            head = json.dumps({"name": name}).encode()
            sealed = key.seal(head + b"\n" + content, _place(request, exhibit))
            await self._exhibits.insert_one(
                {"_id": exhibit, "request": request, "sealed": Binary(sealed)}
            )

    async def drop(self, exhibit: str) -> None:
        """One that could not be recorded."""
        with reaching("MongoDB"):
            await self._exhibits.delete_one({"_id": exhibit})

    async def read(self, request: str, exhibit: str) -> tuple[str, bytes]:
        """Its name and content, opened."""
        with reaching("MongoDB"):
            found = await self._exhibits.find_one({"_id": exhibit, "request": request})
            keys = await self._vault.data_keys([_key(request)])
        if found is None or not keys:
            raise NotFound("no such evidence is kept; it is destroyed once a request is decided")
        opened = keys[_key(request)].open(found["sealed"], _place(request, exhibit))
        head, _, content = opened.partition(b"\n")
        return str(json.loads(head)["name"]), content

    async def destroy(self, requests: Iterable[str]) -> None:
        """All that was handed in for these requests: the keys first, then what they sealed."""
        if not (wanted := sorted(set(requests))):
            return
        await self._vault.destroy(map(_key, wanted))
        with reaching("MongoDB"):
            await self._exhibits.delete_many({"request": {"$in": wanted}})


def _key(request: str) -> str:
    return f"exhibits:{request}"


def _place(request: str, exhibit: str) -> tuple[str, ...]:
    return ("exhibit", request, exhibit)
