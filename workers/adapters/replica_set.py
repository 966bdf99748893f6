"""Makes mongods a replica set, for the embedded default."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import OperationFailure, PyMongoError

NAME = "rs0"
ADMIN = "administrator"
"""Who may do everything on a server that lets nobody in without a password."""
_NOT_YET_INITIALISED = 94
_NO_SUCH_USER = 11
_LOOK_AGAIN = 0.02


async def join(hosts: Sequence[str], number: int, *, key: str = "", password: str = "") -> bool:
    """Makes the host of this number a member of the set of all of them.

    True once it does its part: takes writes where it is alone, else follows or leads a primary.
    False where something does not answer (yet); call again. The first one initiates a set that is
    new, and tells one that was made on other ports their new ones. With the `key` that the servers
    were started with, the primary makes their administrator, or gives it this password: whoever
    holds the key is a member of the set, and needs no user for it.
    """
    as_member: dict[str, Any] = (
        {"username": "__system", "password": key, "authSource": "local"} if key else {}
    )
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        hosts[number], directConnection=True, serverSelectionTimeoutMS=2000, **as_member
    )
    try:
        if number == 0:
            await _configure(client.admin, hosts)
        while not _does_its_part(hello := await client.admin.command("hello")):
            if number and "setName" not in hello:
                return False  # the first one has not initiated the set yet
            await asyncio.sleep(_LOOK_AGAIN)
        if key and hello.get("isWritablePrimary"):
            await _let_in(client.admin, password)
    except PyMongoError:
        return False
    finally:
        client.close()
    return True


def _does_its_part(hello: dict[str, Any]) -> bool:
    if hello.get("isWritablePrimary"):
        return True
    # One that is just elected is still a secondary, and is its own primary already.
    return bool(hello.get("secondary") and hello.get("primary") not in {None, hello.get("me")})


async def _configure(admin: Any, hosts: Sequence[str]) -> None:
    try:
        config = (await admin.command("replSetGetConfig"))["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALISED:
            raise
        members = [{"_id": number, "host": host} for number, host in enumerate(hosts)]
        await admin.command("replSetInitiate", {"_id": NAME, "members": members})
        return
    if [member["host"] for member in config["members"]] != list(hosts):
        for member, host in zip(config["members"], hosts, strict=True):
            member["host"] = host
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
