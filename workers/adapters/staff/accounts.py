"""The desk's own accounts: a name, a role, and a password of which only an Argon2 hash is kept.

`generation` grows with whatever ends the sessions of an account: a new password, a second factor
that is set anew, its end.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

from schemas.errors import NotAllowed, NotFound
from schemas.review import DECIDERS, Role, Staff
from workers.adapters.mongo import Database, ensure_indexes, reaching, server_time

MAX_TRIES: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
SHORTEST: Final = 12
"""Characters of a password."""
LONGEST: Final = 200
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,39}", re.ASCII)
Also = Callable[[Mapping[str, Any]], Awaitable[bool]]
"""What else must be right about an account besides its password."""
_NO: Final = "account and password do not belong together, or the account is locked or disabled"


INDEXES = [
    IndexModel(
        [("login", ASCENDING)],
        name="login",
        unique=True,
        partialFilterExpression={"login": {"$exists": True}},
    )
]


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody at an OpenID Connect provider: the value of the claim that we link by."""

    issuer: str
    claim: str
    value: str


class Accounts:
    """The collection `accounts`: `{_id: name, role, password, generation, created_at, ...}`.

    `login` instead of, or beside, `password`: who at the OpenID Connect provider this is.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = db["accounts"]
        self._hasher = PasswordHasher()
        self._nobody = ""

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the index; returns it where it was missing."""
        return await ensure_indexes(self._accounts, INDEXES, plan=plan)

    async def add(  # noqa: PLR0913 - what an account is
        self,
        name: str,
        role: Role,
        password: str | None,
        by: str,
        *,
        own: str | None = None,
        login: Login | None = None,
    ) -> None:
        """A new account; a name is never given twice, since history names it.

        `own` is the pseudonym of the person whose account it is, where that is on record as well.
        Without a password it proves itself nowhere but at the OpenID Connect provider.
        """
        if not _NAME.fullmatch(name):
            raise NotAllowed("a name has 2 to 40 small letters, digits, '.', '_' or '-'")
        hashed = None if password is None else await self._hashed(password)
        document = {
            "_id": name,
            "role": role.value,
            "password": hashed,
            "tries": 0,
            "generation": 1,
            **({"own": own} if own else {}),
            **({"login": asdict(login)} if login else {}),
        }
        with reaching("MongoDB"):
            created = {"created_at": await server_time(self._db), "created_by": by}
            try:
                await self._accounts.insert_one({**document, **created})
            except DuplicateKeyError as error:
                raise _taken(error, name) from None

    async def link(self, name: str, login: Login) -> None:
        """Say who at the OpenID Connect provider this account is; its sessions end."""
        with reaching("MongoDB"):
            try:
                done = await self._accounts.update_one(
                    {"_id": name, "disabled_at": None},
                    {"$set": {"login": asdict(login)}, "$inc": {"generation": 1}},
                )
            except DuplicateKeyError as error:
                raise _taken(error, name) from None
        if not done.matched_count:
            raise NotFound(f"no active account {name}; see `dsr account list`")

    async def by_login(self, login: Login) -> str | None:
        """The name of the active account of whoever that is; None where there is none."""
        with reaching("MongoDB"):
            found = await self._accounts.find_one(
                {"login": asdict(login), "disabled_at": None}, {"_id": 1}
            )
        return str(found["_id"]) if found else None

    async def list(self) -> list[dict[str, Any]]:
        """All accounts without their passwords, also those that are disabled."""
        with reaching("MongoDB"):
            shown = {"password": 0, "totp": 0, "totp_pending": 0}
            return await self._accounts.find({}, shown).sort("_id", 1).to_list(None)

    async def disable(self, name: str, by: str) -> None:
        """It proves nothing any more; what it decided stands."""
        with reaching("MongoDB"):
            now = await server_time(self._db)
            done = await self._accounts.update_one(
                {"_id": name, "disabled_at": None},
                {"$set": {"disabled_at": now, "disabled_by": by}, "$inc": {"generation": 1}},
            )
        if not done.matched_count:
            raise NotFound(f"no active account {name}; see `dsr account list`")

    async def prove(self, name: str, password: str, also: Also | None = None) -> Staff:
        """Who this is, shown by the password; `NotAllowed` says the same whatever is wrong.

        A try is counted before it is checked, so that many at once are no more than five. The
        count begins again only where `also` holds as well.
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
        right = await self._is_right(found, password)
        if right and also is not None:
            right = await also(found)
        if not right or found is None:
            raise NotAllowed(_NO)
        with reaching("MongoDB"):
            await self._accounts.update_one(
                {"_id": name}, {"$set": {"tries": 0}, "$unset": {"locked_until": ""}}
            )
        return await self._staff(found)

    async def active(self, name: str, generation: int) -> Staff | None:
        """The account as it is now; None where it is disabled, or of another generation."""
        # Accounts that were added before there were sessions have no number yet.
        wanted = generation if generation > 1 else {"$in": [1, None]}
        with reaching("MongoDB"):
            found = await self._accounts.find_one(
                {"_id": name, "generation": wanted, "disabled_at": None}
            )
        return await self._staff(found) if found else None

    async def generation(self, name: str) -> int:
        """Of an active account; `NotFound` where there is none."""
        with reaching("MongoDB"):
            found = await self._accounts.find_one({"_id": name, "disabled_at": None})
        if found is None:
            raise NotFound(f"no active account {name}; see `dsr account list`")
        return int(found.get("generation", 1))

    async def change_password(self, name: str, old: str, new: str) -> None:
        """Whoever knows the old one sets a new one; every session of the account ends."""
        await self.prove(name, old)
        hashed = await self._hashed(new)
        with reaching("MongoDB"):
            await self._accounts.update_one(
                {"_id": name}, {"$set": {"password": hashed}, "$inc": {"generation": 1}}
            )

    async def _staff(self, found: Mapping[str, Any]) -> Staff:
        with reaching("MongoDB"):
            deciders = await self._accounts.count_documents(
                {"disabled_at": None, "role": {"$in": [role.value for role in DECIDERS]}}
            )
        return Staff(
            name=found["_id"], role=Role(found["role"]), alone=deciders <= 1, own=found.get("own")
        )

    async def _hashed(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise NotAllowed(f"a password has {SHORTEST} to {LONGEST} characters")
        return await asyncio.to_thread(self._hasher.hash, password)

    async def _is_right(self, found: Mapping[str, Any] | None, password: str) -> bool:
        """It takes as long where there is no such account, or it has no password."""
        hashed = found["password"] if found else None
        if hashed is None and not self._nobody:
            self._nobody = await asyncio.to_thread(self._hasher.hash, "nobody's password")
        try:
            await asyncio.to_thread(
                self._hasher.verify, hashed or self._nobody, password[: LONGEST + 1]
            )
        except VerificationError:
            return False
        return hashed is not None


def _taken(error: DuplicateKeyError, name: str) -> NotAllowed:
    if "login" in ((error.details or {}).get("keyPattern") or {}):
        return NotAllowed("another account is linked to this login already; see `dsr account list`")
    return NotAllowed(f"there is an account {name} already; take another")


def _one_more_try(now: Any) -> dict[str, Any]:
    """After a lock that is over the count begins again; the fifth try locks, unless it is right."""
    was_locked = {"$ne": [{"$type": "$locked_until"}, "missing"]}
    tries = {"$cond": [was_locked, 1, {"$add": ["$tries", 1]}]}
    until = {"$literal": now + LOCKED_FOR}
    return {
        "tries": tries,
        "locked_until": {"$cond": [{"$gte": [tries, MAX_TRIES]}, until, "$$REMOVE"]},
    }
