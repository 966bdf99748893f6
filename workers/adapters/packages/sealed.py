"""A file in GridFS whose chunks are sealed one by one, so that memory stays flat both ways.

Each chunk is good only as that chunk of that file, and the last one only as the last: what was cut
off, put in another order or taken from another file does not open. The chunks are written here and
not by the driver, whose own writer gathers 48 MB before it sends any.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from bson import Binary, ObjectId

from schemas.errors import SealBroken
from workers.adapters.mongo import Database, server_time
from workers.adapters.vault import DataKey
from workers.adapters.vault.envelope import OVERHEAD

CHUNK: Final = 255 * 1024
"""Sealed bytes of every chunk but the last: what GridFS itself takes."""
PLAIN: Final = CHUNK - OVERHEAD
_AHEAD: Final = 4
"""Chunks that are read at a time."""


class SealedWriter:
    """Writes one file; it exists for readers once it is closed."""

    def __init__(self, db: Database, bucket: str, name: str, key: DataKey) -> None:
        self._db = db
        self._files, self._chunks = db[f"{bucket}.files"], db[f"{bucket}.chunks"]
        self._name = name
        self._key = key
        self._waiting = bytearray()
        self._written = 0
        self.size = 0
        """Sealed bytes so far."""

    async def write(self, text: str) -> None:
        """Some more of it."""
        self._waiting += text.encode()
        # The last chunk is marked: so there is always something left for it.
        while len(self._waiting) > PLAIN:
            await self._put(bytes(self._waiting[:PLAIN]), last=False)
            del self._waiting[:PLAIN]

    async def close(self) -> None:
        """The last chunk, and the file."""
        await self._put(bytes(self._waiting), last=True)
        await self._files.insert_one(
            {
                "_id": self._name,
                "length": self.size,
                "chunkSize": CHUNK,
                "uploadDate": await server_time(self._db),
                "filename": self._name,
            }
        )

    async def _put(self, plain: bytes, *, last: bool) -> None:
        sealed = self._key.seal(plain, _place(self._name, self._written, last=last))
        chunk: dict[str, Any] = {
            "_id": ObjectId(),
            "files_id": self._name,
            "n": self._written,
            "data": Binary(sealed),
        }
        await self._chunks.insert_one(chunk)
        self._written += 1
        self.size += len(sealed)


async def read(db: Database, bucket: str, name: str, key: DataKey) -> AsyncIterator[bytes]:
    """The file in clear, chunk by chunk; `SealBroken` where it is not whole as it was written."""
    cursor = db[f"{bucket}.chunks"].find({"files_id": name}, {"data": 1}, batch_size=_AHEAD)
    number, before = 0, None
    async for chunk in cursor.sort("n", 1):
        if before is not None:
            yield key.open(before, _place(name, number, last=False))
            number += 1
        before = bytes(chunk["data"])
    if before is None:
        raise SealBroken("A sealed file has lost its content.")
    yield key.open(before, _place(name, number, last=True))


def _place(name: str, number: int, *, last: bool) -> tuple[str, ...]:
    return ("package", name, str(number), "last" if last else "more")
