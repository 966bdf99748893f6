"""The second factor of an account: codes by time (RFC 6238), from a secret that is kept sealed.

Each code is good once, also within its half minute. Who has none yet sets it up at the first login.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import pyotp
from bson import Binary

from schemas.errors import NotAllowed, NotFound
from workers.adapters.mongo import Database, reaching, server_time
from workers.adapters.vault import Vault

STEP: Final = 30
"""Seconds for which an application shows a code."""
AROUND: Final = (0, -1, 1)
"""Steps that are looked at: a clock may be half a minute wrong."""


class SecondFactor:
    """Fields of the collection `accounts`: `totp`, `totp_pending` (sealed) and `totp_step`."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._accounts = db["accounts"]
        self._vault = vault

    async def is_right(self, account: Mapping[str, Any], code: str) -> bool:
        """Whether it is right now and was not used yet; an account without a secret needs none."""
        if not account.get("totp"):
            return True
        secret = await self._opened(account["_id"], account["totp"])
        step = _step_of(secret, code, await self._now())
        if step is None:
            return False
        with reaching("MongoDB"):
            used = await self._accounts.update_one(
                {"_id": account["_id"], "totp_step": {"$lt": step}}, {"$set": {"totp_step": step}}
            )
        return bool(used.modified_count)

    async def is_set_up(self, name: str) -> bool:
        """Whether this account has one."""
        with reaching("MongoDB"):
            found = await self._accounts.find_one({"_id": name}, {"totp": 1})
        return bool(found and found.get("totp"))

    async def begin(self, name: str, issuer: str) -> tuple[str, str]:
        """The secret, and the address that applications read; the same until it is confirmed."""
        with reaching("MongoDB"):
            account = await self._accounts.find_one({"_id": name, "totp": None})
        if account is None:
            raise NotAllowed("this account has its second factor already")
        if pending := account.get("totp_pending"):
            secret = await self._opened(name, pending)
        else:
            secret = pyotp.random_base32()
            sealed = Binary(await self._sealed(name, secret))
            with reaching("MongoDB"):
                done = await self._accounts.update_one(
                    {"_id": name, "totp": None, "totp_pending": None},
                    {"$set": {"totp_pending": sealed}},
                )
            if not done.modified_count:
                return await self.begin(name, issuer)
        return secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer or None)

    async def confirm(self, name: str, code: str) -> None:
        """From now on it is needed; every session that was opened without it ends."""
        with reaching("MongoDB"):
            account = await self._accounts.find_one({"_id": name, "totp": None})
        pending = account.get("totp_pending") if account else None
        step = None
        if pending:
            step = _step_of(await self._opened(name, pending), code, await self._now())
        if step is None:
            raise NotAllowed("this code does not fit; try the next one that is shown")
        with reaching("MongoDB"):
            done = await self._accounts.update_one(
                {"_id": name, "totp": None, "totp_pending": pending},
                {
                    "$set": {"totp": pending, "totp_step": step},
                    "$unset": {"totp_pending": ""},
                    "$inc": {"generation": 1},
                },
            )
        if not done.modified_count:
            raise NotAllowed("it was set up meanwhile; sign in again")

    async def give(self, name: str) -> str:
        """Set one up without its owner, who is told this secret some other way."""
        secret, _ = await self.begin(name, "")
        await self.confirm(name, pyotp.TOTP(secret).at(int((await self._now()).timestamp()) - STEP))
        return secret

    async def reset(self, name: str) -> None:
        """It is set up anew at the next login; every session of the account ends."""
        with reaching("MongoDB"):
            done = await self._accounts.update_one(
                {"_id": name, "disabled_at": None},
                {
                    "$unset": {"totp": "", "totp_pending": "", "totp_step": ""},
                    "$inc": {"generation": 1},
                },
            )
        if not done.matched_count:
            raise NotFound(f"no active account {name}; see `dsr account list`")

    async def _now(self) -> datetime:
        with reaching("MongoDB"):
            return await server_time(self._db)

    async def _opened(self, name: str, sealed: bytes) -> str:
        with reaching("MongoDB"):
            keys = await self._vault.data_keys([_key(name)])
        if _key(name) not in keys:
            raise NotAllowed("the key to this second factor is gone: `dsr account reset-factor`")
        return keys[_key(name)].open(sealed, ("account", name, "totp")).decode()

    async def _sealed(self, name: str, secret: str) -> bytes:
        with reaching("MongoDB"):
            keys = await self._vault.data_keys([_key(name)], create=True)
        return keys[_key(name)].seal(secret.encode(), ("account", name, "totp"))


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is, of those around now; compared in constant time."""
    typed = code.replace(" ", "")
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    steps = [step for step in AROUND if totp.verify(typed, for_time=(current + step) * STEP)]
    return current + steps[0] if steps else None


def _key(name: str) -> str:
    return f"account:{name}"
