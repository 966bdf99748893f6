"""Who is signed in at the desk: kept on the server, so that a session can be ended at any time.

A session is known by the hash of a random token that only the browser holds. It ends when nothing
was done for an hour, after ten hours, or once its account is of a later generation.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from pymongo import ASCENDING, IndexModel

from schemas.review import Staff
from workers.adapters.mongo import Database, ensure_indexes, reaching, server_time
from workers.adapters.staff.accounts import Accounts

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=10)
_BYTES: Final = 32
Means = Literal["password", "oidc"]
INDEXES = [
    IndexModel([("ends_at", ASCENDING)], name="ends_at", expireAfterSeconds=0),
    IndexModel([("account", ASCENDING)], name="account"),
]


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in; `complete`: with the second factor."""

    staff: Staff
    complete: bool
    means: Means
    """How it was opened."""


class Sessions:
    """The collection `sessions`: `{_id: hash of the token, account, generation, ...}`."""

    def __init__(self, db: Database, accounts: Accounts) -> None:
        self._db = db
        self._sessions = db["sessions"]
        self._accounts = accounts

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the indexes; returns those that were missing."""
        return await ensure_indexes(self._sessions, INDEXES, plan=plan)

    async def open(self, account: str, *, complete: bool, means: Means = "password") -> str:
        """The token of a new session of this account."""
        token = secrets.token_urlsafe(_BYTES)
        generation = await self._accounts.generation(account)
        with reaching("MongoDB"):
            now = await server_time(self._db)
            await self._sessions.insert_one(
                {
                    "_id": _hashed(token),
                    "account": account,
                    "generation": generation,
                    "complete": complete,
                    "means": means,
                    "opened_at": now,
                    "used_at": now,
                    "ends_at": now + LONGEST,
                }
            )
        return token

    async def of(self, token: str) -> Session | None:
        """Whose session it is; None where it has ended, or never was one."""
        idle = {"$gt": ["$used_at", {"$subtract": ["$$NOW", int(IDLE.total_seconds() * 1000)]}]}
        lives = {"$and": [idle, {"$gt": ["$ends_at", "$$NOW"]}]}
        with reaching("MongoDB"):
            found: dict[str, Any] | None = await self._sessions.find_one_and_update(
                {"_id": _hashed(token), "$expr": lives}, [{"$set": {"used_at": "$$NOW"}}]
            )
        if found is None:
            return None
        staff = await self._accounts.active(found["account"], found["generation"])
        # Sessions that were opened before there were two ways were opened by password.
        means = found.get("means", "password")
        return Session(staff, found["complete"], means) if staff else None

    async def close(self, token: str) -> None:
        """End this one."""
        with reaching("MongoDB"):
            await self._sessions.delete_one({"_id": _hashed(token)})


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
