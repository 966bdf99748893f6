"""The desk's own accounts: a name, a role, and a password of which only an Argon2 hash is kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from schemas.errors import NotAllowed, NotFound
from schemas.review import DECIDERS, Role, Staff
from workers.adapters.mongo import Database, reaching, server_time

MAX_TRIES: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
SHORTEST: Final = 12
"""Characters of a password."""
LONGEST: Final = 200
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,39}", re.ASCII)
_NO: Final = "account and password do not belong together, or the account is locked or disabled"


class Accounts:
    """The collection `accounts`: `{_id: name, role, password, created_at, created_by, ...}`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = db["accounts"]
        self._hasher = PasswordHasher()
        self._nobody = ""

    async def add(self, name: str, role: Role, password: str, by: str) -> None:
        """A new account; a name is never given twice, since history names it."""
        if not _NAME.fullmatch(name):
            raise NotAllowed("a name has 2 to 40 small letters, digits, '.', '_' or '-'")
        if not SHORTEST <= len(password) <= LONGEST:
            raise NotAllowed(f"a password has {SHORTEST} to {LONGEST} characters")
        hashed = await asyncio.to_thread(self._hasher.hash, password)
        document = {"_id": name, "role": role.value, "password": hashed, "tries": 0}
        with reaching("MongoDB"):
            created = {"created_at": await server_time(self._db), "created_by": by}
            try:
                await self._accounts.insert_one({**document, **created})
            except DuplicateKeyError:
                raise NotAllowed(f"there is an account {name} already; take another") from None

    async def list(self) -> list[dict[str, Any]]:
        """All accounts without their passwords, also those that are disabled."""
        with reaching("MongoDB"):
            return await self._accounts.find({}, {"password": 0}).sort("_id", 1).to_list(None)

    async def disable(self, name: str, by: str) -> None:
        """It proves nothing any more; what it decided stands."""
        with reaching("MongoDB"):
            now = await server_time(self._db)
            done = await self._accounts.update_one(
                {"_id": name, "disabled_at": None},
                {"$set": {"disabled_at": now, "disabled_by": by}},
            )
        if not done.matched_count:
            raise NotFound(f"no active account {name}; see `dsr account list`")

    async def prove(self, name: str, password: str) -> Staff:
        """Who this is, shown by the password; `NotAllowed` says the same whatever is wrong.

        A try is counted before it is checked, so that many at once are no more than five.
        """
        with reaching("MongoDB"):
            now = await server_time(self._db)
            found = await self._accounts.find_one_and_update(
                {
                    "_id": name,
                    "disabled_at": None,
                    "$or": [{"locked_until": None}, {"locked_until": {"$lte": now}}],
                },
                [{"$set": _one_more_try(now)}],
                return_document=ReturnDocument.AFTER,
            )
        if not await self._is_right(found, password) or found is None:
            raise NotAllowed(_NO)
        with reaching("MongoDB"):
            await self._accounts.update_one(
                {"_id": name}, {"$set": {"tries": 0}, "$unset": {"locked_until": ""}}
            )
            deciders = await self._accounts.count_documents(
                {"disabled_at": None, "role": {"$in": [role.value for role in DECIDERS]}}
            )
        return Staff(name=name, role=Role(found["role"]), alone=deciders <= 1)

    async def _is_right(self, found: Mapping[str, Any] | None, password: str) -> bool:
        """It takes as long where there is no such account."""
        if found is None and not self._nobody:
            self._nobody = await asyncio.to_thread(self._hasher.hash, "nobody's password")
        hashed = found["password"] if found else self._nobody
        try:
            return await asyncio.to_thread(self._hasher.verify, hashed, password[: LONGEST + 1])
        except VerificationError:
            return False


def _one_more_try(now: Any) -> dict[str, Any]:
    """After a lock that is over the count begins again; the fifth try locks, unless it is right."""
    was_locked = {"$ne": [{"$type": "$locked_until"}, "missing"]}
    tries = {"$cond": [was_locked, 1, {"$add": ["$tries", 1]}]}
    until = {"$literal": now + LOCKED_FOR}
    return {
        "tries": tries,
        "locked_until": {"$cond": [{"$gte": [tries, MAX_TRIES]}, until, "$$REMOVE"]},
    }
