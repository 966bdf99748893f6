"""Users of RabbitMQ: told to its management API, or written down for `import_definitions`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from workers.adapters.management_api import ManagementApi
from workers.adapters.users.folder import read, write

_SALT: Final = 4
_KINDS: Final = ("users", "permissions", "topic_permissions")
Definitions = Mapping[str, list[dict[str, Any]]]
Render = Callable[[Mapping[str, str]], Definitions]
"""From the hash of each user's password to users and permissions."""


def hashed(password: str) -> str:
    """As RabbitMQ stores it: a salt, and SHA-256 over salt and password."""
    return _hash(os.urandom(_SALT), password)


def opens(hash_: str, password: str) -> bool:
    """Whether this is the password of that hash."""
    salt = base64.b64decode(hash_)[:_SALT]
    return hmac.compare_digest(_hash(salt, password), hash_)


def _hash(salt: bytes, password: str) -> str:
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


class RabbitUsers:
    """What is wanted, held against what a file or a broker has."""

    def __init__(self, passwords: Mapping[str, str], render: Render) -> None:
        self._passwords = passwords
        self._render = render

    def write(self, file: Path, *, plan: bool) -> list[str]:
        """Keep it in a file that RabbitMQ imports; only written where it says something else."""
        before = json.loads(read(file) or "{}")
        wanted = self._wanted(before)
        if before == wanted:
            return []
        if not plan:
            write(file, json.dumps(wanted, indent=2))
        return [f"file {file.name}"]

    async def tell(self, url: str, prefix: str, *, plan: bool) -> list[str]:
        """Have the broker do it; `url` names an administrator of its management API."""
        return await asyncio.to_thread(self._tell, url, prefix, plan=plan)

    def _tell(self, url: str, prefix: str, *, plan: bool) -> list[str]:
        api = ManagementApi(url)
        before = {kind: api.read(kind.replace("_", "-")) for kind in _KINDS}
        wanted = self._wanted(before)
        changes = []
        for kind in _KINDS:
            there = {_identity(one): one for one in before[kind]}
            for one in wanted[kind]:
                found = there.get(_identity(one), {})
                if any(found.get(name) != value for name, value in one.items()):
                    changes.append(f"{_WORDS[kind]} {one.get('user', one.get('name'))} on RabbitMQ")
        if changes and not plan:
            api.send("definitions", wanted)
        known = {one["name"] for one in wanted["users"]}
        return [
            *changes,
            *(
                f"left alone: {one['name']} on RabbitMQ, which no role is any more"
                for one in before["users"]
                if one["name"].startswith(f"{prefix}-") and one["name"] not in known
            ),
        ]

    def _wanted(self, before: Definitions) -> Definitions:
        """With the hashes that are there already, as far as they are those of our passwords."""
        there = {one["name"]: one.get("password_hash", "") for one in before.get("users", [])}
        return self._render(
            {
                name: there[name]
                if there.get(name) and opens(there[name], password)
                else hashed(password)
                for name, password in self._passwords.items()
            }
        )


_WORDS: Final = {
    "users": "user",
    "permissions": "permissions of",
    "topic_permissions": "routing keys of",
}


def _identity(one: Mapping[str, Any]) -> tuple[str, str, str]:
    """Which user, where, on which exchange."""
    return one.get("user", one.get("name", "")), one.get("vhost", ""), one.get("exchange", "")
