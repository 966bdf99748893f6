"""One MongoDB database: the server, what our user may do there, and who else may read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from pymongo.errors import OperationFailure

from schemas.errors import Unreachable
from workers.adapters.mongo import Client, DatabaseFailed, connect, reaching

_UNAUTHORIZED: Final = 13
_AT_ONCE: Final = 100

Privilege = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """One database as our user sees it."""

    version: str
    replica_set: bool
    open_to_all: bool
    """Nobody has to log in."""
    user: str
    """Who we are there; empty: nobody."""
    privileges: Sequence[Privilege]
    name: str

    def lacks(self, actions: Iterable[str], collection: str | None = None) -> list[str]:
        """Those that this user may not do in this collection, or (None) anywhere in here."""
        if self.open_to_all:
            return []
        return [a for a in actions if not _granted(self.privileges, a, self.name, collection)]


@dataclass(frozen=True, slots=True)
class Reader:
    """A database user who may read collections in place of their views."""

    name: str
    collections: tuple[str, ...]


async def database(url: str, name: str, setting: str) -> DatabaseSeen:
    """Version, replica set, and what this user may do. `setting` names the address."""
    with _client(url, setting) as client:
        hello = await client.admin.command("hello")
        build = await client.admin.command("buildInfo")
        user, privileges = await _ourselves(client)
        open_to_all = user is None and await _lists(client, name)
        return DatabaseSeen(
            version=build["version"],
            replica_set="setName" in hello or hello.get("msg") == "isdbgrid",
            open_to_all=open_to_all,
            user=user["user"] if user else "",
            privileges=privileges,
            name=name,
        )


async def readers(
    url: str, name: str, collections: Iterable[str], setting: str
) -> tuple[Reader, ...] | None:
    """Every other user who may read any of these; None where this user may not list users."""
    wanted = sorted(collections)
    with _client(url, setting) as client:
        ourselves, _ = await _ourselves(client)
        found = []
        try:
            answer = await client.admin.command({"usersInfo": {"forAllDBs": True}})
            ids = [{"user": user["user"], "db": user["db"]} for user in answer["users"]]
            others = [one for one in ids if one != ourselves]
            for start in range(0, len(others), _AT_ONCE):
                some = others[start : start + _AT_ONCE]
                answer = await client.admin.command({"usersInfo": some, "showPrivileges": True})
                found += answer["users"]
        except OperationFailure as error:
            if error.code == _UNAUTHORIZED:
                return None
            raise
    seen = [
        Reader(
            f"{user['db']}.{user['user']}",
            tuple(c for c in wanted if _granted(user["inheritedPrivileges"], "find", name, c)),
        )
        for user in found
    ]
    return tuple(sorted((one for one in seen if one.collections), key=lambda one: one.name))


async def _ourselves(client: Client) -> tuple[dict[str, str] | None, Sequence[Privilege]]:
    """Who this connection logged in as, and what that user may do."""
    status = await client.admin.command({"connectionStatus": 1, "showPrivileges": True})
    info = status["authInfo"]
    for user in info["authenticatedUsers"]:
        return {"user": user["user"], "db": user["db"]}, info["authenticatedUserPrivileges"]
    return None, ()


async def _lists(client: Client, name: str) -> bool:
    """Whether the server says what is in the database to somebody who did not log in."""
    try:
        await client[name].command({"listCollections": 1, "nameOnly": True, "filter": {"name": ""}})
    except OperationFailure as error:
        if error.code == _UNAUTHORIZED:
            return False
        raise
    return True


def _granted(
    privileges: Iterable[Privilege], action: str, name: str, collection: str | None = None
) -> bool:
    """Whether one of them allows it, in this collection or (None) in any of the database."""
    return any(
        action in privilege["actions"] and _covers(privilege["resource"], name, collection)
        for privilege in privileges
    )


def _covers(resource: Mapping[str, Any], name: str, collection: str | None) -> bool:
    if resource.get("anyResource"):
        return True
    return resource.get("db") in {"", name} and (
        collection is None or resource.get("collection") in {"", collection}
    )


@contextmanager
def _client(url: str, setting: str) -> Iterator[Client]:
    client = connect(url)
    try:
        with reaching("MongoDB"):
            yield client
    except Unreachable as error:
        raise Unreachable(f"MongoDB does not answer; check {setting} and the server") from error
    except DatabaseFailed as error:
        raise DatabaseFailed(f"{error}; check user and password in {setting}") from error
    finally:
        client.close()
