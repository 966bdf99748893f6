"""Makes a lone mongod the primary of a replica set of one, for the embedded default."""

from __future__ import annotations

import asyncio
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import OperationFailure, PyMongoError

NAME = "rs0"
ADMIN = "administrator"
"""Who may do everything on a server that lets nobody in without a password."""
_NOT_YET_INITIALISED = 94
_NO_SUCH_USER = 11
_LOOK_AGAIN = 0.02


async def become_primary(port: int, *, key: str = "", password: str = "") -> bool:
    """Initiates the set where it is new; True once this server takes writes.

    False where it does not answer (yet); call again. A set that was made on another port is told
    its new one. With the `key` that the server was started with, its administrator is made, or
    given this password: whoever holds the key is a member of the set, and needs no user for it.
    """
    as_member: dict[str, Any] = (
        {"username": "__system", "password": key, "authSource": "local"} if key else {}
    )
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=2000, **as_member
    )
    try:
        await _configure(client.admin, f"127.0.0.1:{port}")
        while not (await client.admin.command("hello")).get("isWritablePrimary"):  # noqa: ASYNC110 - another process's state has no event
            await asyncio.sleep(_LOOK_AGAIN)
        if key:
            await _let_in(client.admin, password)
    except PyMongoError:
        return False
    finally:
        client.close()
    return True


async def _configure(admin: Any, host: str) -> None:
    try:
        config = (await admin.command("replSetGetConfig"))["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALISED:
            raise
        members = [{"_id": 0, "host": host}]
        await admin.command("replSetInitiate", {"_id": NAME, "members": members})
        return
    if config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        await admin.command("replSetReconfig", config, force=True)


async def _let_in(admin: Any, password: str) -> None:
    says = {"pwd": password, "roles": ["root"]}
    try:
        await admin.command("updateUser", ADMIN, **says)
    except OperationFailure as error:
        if error.code != _NO_SUCH_USER:
            raise
        await admin.command("createUser", ADMIN, **says)
