"""Reads and writes that cannot forget their session: a snapshot to read, a transaction to change.

A call without `session=` inside a transaction would stand outside it and survive its abort, so only
these objects touch collections while one is open.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from bson.codec_options import CodecOptions, DatetimeConversion
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import InsertOne, ReadPreference, UpdateOne
from pymongo.errors import BulkWriteError, ConnectionFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.results import BulkWriteResult
from pymongo.write_concern import WriteConcern

from workers.adapters.mongo import Database

Document = dict[str, Any]

_COMMIT_TRIES: Final = 5
_UNKNOWN: Final = "UnknownTransactionCommitResult"
_TRANSIENT: Final = "TransientTransactionError"
_WRITE_CONFLICT: Final = 112


def readable(db: Database) -> Database:
    """Reading that does not fail on what an application stored, as a date beyond Python's."""
    options: CodecOptions[Document] = CodecOptions(
        tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO
    )
    return db.with_options(codec_options=options)


class Snapshot:
    """Everything read through one of these was true at one moment, on a majority."""

    def __init__(self, db: Database, session: AsyncIOMotorClientSession) -> None:
        self._db = db
        self._session = session

    async def find(
        self,
        collection: str,
        query: Mapping[str, Any],
        tops: Sequence[str] | Mapping[str, Any],
        *,
        limit: int = 0,
        ordered: bool = False,
    ) -> list[Document]:
        """The documents, of each the named top-level fields and `_id`."""
        projection = dict(tops) if isinstance(tops, Mapping) else dict.fromkeys(tops, 1)
        cursor = self._db[collection].find(
            query, projection or {"_id": 1}, session=self._session, limit=limit
        )
        if ordered:
            cursor = cursor.sort("_id", 1)
        found: list[Document] = await cursor.to_list(None)
        return found

    async def stream(
        self, collection: str, query: Mapping[str, Any], tops: Sequence[str], *, batch: int
    ) -> AsyncIterator[Document]:
        """The same one by one, so many at a time in memory; within five minutes."""
        cursor = self._db[collection].find(
            query, dict.fromkeys(tops, 1) or {"_id": 1}, session=self._session, batch_size=batch
        )
        async for document in cursor:
            yield document


class Transaction(Snapshot):
    """Reads and writes that all happen, or none."""

    async def write(
        self, collection: str, updates: Sequence[UpdateOne | InsertOne[Document]]
    ) -> BulkWriteResult:
        """All the updates in order; the first that fails ends the transaction."""
        return await self._db[collection].bulk_write(updates, ordered=True, session=self._session)


@asynccontextmanager
async def snapshot(db: Database) -> AsyncIterator[Snapshot]:
    """A moment to read at."""
    async with await db.client.start_session(snapshot=True) as session:
        yield Snapshot(db, session)


@asynccontextmanager
async def transaction(db: Database, *, commit: bool = True) -> AsyncIterator[Transaction]:
    """Commits when the block ends well, else aborts. Nothing else may happen inside it.

    Without `commit` everything is tried and nothing stays. An unknown outcome of the commit itself
    is asked again; if it stays unknown the driver's error comes through, and whoever tries the
    whole again finds its own slots.
    """
    async with await db.client.start_session() as session:
        session.start_transaction(
            ReadConcern("snapshot"), WriteConcern("majority"), ReadPreference.PRIMARY
        )
        try:
            yield Transaction(db, session)
        except BaseException:
            with suppress(PyMongoError):
                await session.abort_transaction()
            raise
        if commit:
            await _commit(session)
        else:
            await session.abort_transaction()


async def _commit(session: AsyncIOMotorClientSession) -> None:
    for attempt in range(1, _COMMIT_TRIES + 1):
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label(_UNKNOWN) or attempt == _COMMIT_TRIES:
                raise
            await asyncio.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - jitter
        else:
            return


def is_conflict(error: PyMongoError) -> bool:
    """Whether somebody else wrote the same documents: the same again may well succeed."""
    if isinstance(error, ConnectionFailure) or error.timeout:
        return False
    if isinstance(error, BulkWriteError):
        return bool(refusal(error) in (None, _WRITE_CONFLICT))
    return error.has_error_label(_TRANSIENT) or error.has_error_label(_UNKNOWN)


def is_away(error: PyMongoError) -> bool:
    """Whether the server did not answer, or is handing over to another."""
    return isinstance(error, ConnectionFailure) or error.timeout


def refusal(error: BulkWriteError) -> int | None:
    """The database's number for why it refused one update, None where it refused none."""
    failed = (error.details or {}).get("writeErrors", [])
    return int(failed[0]["code"]) if failed else None


def refused_index(error: BulkWriteError) -> int:
    """Which update of the bulk it was."""
    return int((error.details or {})["writeErrors"][0]["index"])
