"""Makes mongods a replica set, for the embedded default."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import OperationFailure, PyMongoError

NAME = "rs0"
_NOT_YET_INITIALISED = 94
_LOOK_AGAIN = 0.02


async def join(hosts: Sequence[str], number: int) -> bool:
    """Makes the host of this number a member of the set of all of them.

    True once it does its part: takes writes where it is alone, else follows or leads a primary.
    False where something does not answer (yet); call again. The first one initiates a set that is
    new, and tells one that was made on other ports their new ones.
    """
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        hosts[number], directConnection=True, serverSelectionTimeoutMS=2000
    )
    try:
        if number == 0:
            await _configure(client.admin, hosts)
        while not _does_its_part(hello := await client.admin.command("hello")):
            if number and "setName" not in hello:
                return False  # the first one has not initiated the set yet
            await asyncio.sleep(_LOOK_AGAIN)
    except PyMongoError:
        return False
    finally:
        client.close()
    return True


def _does_its_part(hello: dict[str, Any]) -> bool:
    return bool(hello.get("isWritablePrimary") or (hello.get("secondary") and hello.get("primary")))


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
