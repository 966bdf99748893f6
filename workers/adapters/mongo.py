"""One way to reach MongoDB, and one way to say that it cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import IndexModel, ReadPreference
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from schemas.errors import DsrError, NoRoom, Unreachable

Database = AsyncIOMotorDatabase[dict[str, Any]]
Collection = AsyncIOMotorCollection[dict[str, Any]]
Client = AsyncIOMotorClient[dict[str, Any]]

CALL_TIMEOUT_MS = 10_000
DUPLICATE_KEY: Final = 11000
"""The server's code where a unique index holds another document of this key."""
_UNKNOWN_ERROR: Final = 8
_ENOSPC: Final = "28: No space left on device"
"""How mongod 6.0 passes on what its storage engine says, as an unknown error."""
_OUT_OF_DISK_SPACE: Final = 14031
"""What later versions call it."""
_NO_ROOM: Final = "{} has no room left on its disk: make some; it will be tried again"
_AWAY = (AutoReconnect, ConnectionFailure, NetworkTimeout, ExecutionTimeout)


class DatabaseFailed(DsrError):
    """The database refused an operation; the code is its own error number, the text is not told."""

    code = "database"


def connect(url: str) -> Client:
    """A client with a limit on every call. Must be called inside the running event loop.

    The server's own tools show it by the address's `appName`, or as `dsr-workers`.
    """
    named = "appname=" in urlsplit(url).query.lower()
    name: dict[str, Any] = {} if named else {"appname": "dsr-workers"}
    return AsyncIOMotorClient(
        url,
        timeoutMS=CALL_TIMEOUT_MS,
        serverSelectionTimeoutMS=5_000,
        connectTimeoutMS=5_000,
        tz_aware=True,
        uuidRepresentation="standard",
        **name,
    )


def database(client: Client, name: str) -> Database:
    """A database whose writes are acknowledged by a majority, and read from the primary.

    Times are in UTC without being told so: to have each moved to a `tzinfo`, be it the same, makes
    the decoding of a request two fifths longer.
    """
    return client.get_database(
        name,
        codec_options=CodecOptions(tz_aware=True),
        read_preference=ReadPreference.PRIMARY,
        write_concern=WriteConcern(w="majority"),
    )


def keys_collection(client: Client, name: str) -> Collection:
    """Wrapped keys, read and written by majority: nothing may outlive a key that is rolled back."""
    return database(client, name)["keys"].with_options(read_concern=ReadConcern("majority"))


async def server_time(db: Database) -> datetime:
    """What time it is on the server; the only clock that is compared (D6)."""
    answer = await db.command("hello", codec_options=db.codec_options)
    now: datetime = answer["localTime"]
    return now


@contextmanager
def reaching(what: str) -> Iterator[None]:
    """Turn a driver's error into ours. Its text may hold personal data, so only codes pass."""
    try:
        yield
    except _AWAY as error:
        raise Unreachable(f"{what} does not answer; check DSR_MONGO_URL and the server") from error
    except BulkWriteError as error:
        if (error.details or {}).get("writeConcernErrors"):
            raise Unreachable(f"{what} has not confirmed by a majority; tried again") from error
        if any(map(_has_no_room, (error.details or {}).get("writeErrors", []))):
            raise NoRoom(_NO_ROOM.format(what)) from error
        raise DatabaseFailed(f"{what} refused a group of writes") from error
    except OperationFailure as error:
        if error.has_error_label("RetryableWriteError") or error.code in {91, 189, 11600, 11602}:
            raise Unreachable(f"{what} is changing its primary; it will be tried again") from error
        if _has_no_room(error.details or {}):
            raise NoRoom(_NO_ROOM.format(what)) from error
        raise DatabaseFailed(f"{what} refused an operation (code {error.code})") from error
    except PyMongoError as error:
        if error.timeout:
            raise Unreachable(f"{what} did not answer in time") from error
        raise DatabaseFailed(f"{what} failed ({type(error).__name__})") from error


def _has_no_room(answer: Mapping[str, Any]) -> bool:
    """Whether this error of the server's is that its disk is full.

    mongod 6.0 ends by itself soon after, and until then refuses whatever needs a new file.
    """
    code, text = answer.get("code"), str(answer.get("errmsg"))
    return code == _OUT_OF_DISK_SPACE or (code == _UNKNOWN_ERROR and _ENOSPC in text)


def write_errors(error: BulkWriteError) -> list[dict[str, Any]]:
    """The writes of an unordered bulk that failed, each for itself.

    Raises `error` where no majority has confirmed the others: the next primary may not know them.
    """
    details = error.details or {}
    if details.get("writeConcernErrors"):
        raise error
    failed: list[dict[str, Any]] = details.get("writeErrors", [])
    return failed


async def ensure_indexes(
    collection: Collection, indexes: Sequence[IndexModel], *, plan: bool
) -> list[str]:
    """Create what is missing; returns it as `index <collection>.<name>`, with `plan` only that."""
    with reaching("MongoDB"):
        there = await collection.index_information()
        missing = [index for index in indexes if index.document["name"] not in there]
        if missing and not plan:
            await collection.create_indexes(missing)
    return [f"index {collection.name}.{index.document['name']}" for index in missing]
