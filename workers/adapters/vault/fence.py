"""The fence: a validator on the keys collection that refuses wrappings of older epochs (D3)."""

from __future__ import annotations

from typing import Any, Final

import pymongo
from pymongo.errors import OperationFailure

from workers.adapters.mongo import Collection, DatabaseFailed, reaching

_UNAUTHORIZED: Final = 13
_PATIENCE: Final = 90.0
"""Seconds: `collMod` waits for open transactions, which MongoDB ends after 60 s."""


async def raise_fence(keys: Collection, epoch: int) -> None:
    """Let nothing of an older epoch be written from here on.

    All that was written before, by whomever, is then on a majority: the server takes the
    collection for itself to set the validator, and this answer comes after those writes.
    """
    command: dict[str, Any] = {
        "collMod": keys.name,
        "validator": {"epoch": {"$gte": epoch}},
        "validationLevel": "strict",
        "validationAction": "error",
        "writeConcern": {"w": "majority"},
    }
    with reaching("MongoDB"), pymongo.timeout(_PATIENCE):
        try:
            await keys.database.command(command)
        except OperationFailure as error:
            if error.code != _UNAUTHORIZED:
                raise
            raise DatabaseFailed(
                f"this database user may not set a validator on {keys.name}:"
                " grant it dbAdmin on the keys database"
            ) from error


async def fenced_at(keys: Collection) -> int:
    """The oldest epoch that may still be written; 0 where no rollover has ever been."""
    with reaching("MongoDB"):
        cursor = await keys.database.list_collections(filter={"name": keys.name})
        for found in await cursor.to_list(1):
            validator = found["options"].get("validator", {})
            return int(validator.get("epoch", {}).get("$gte", 0))
    return 0
