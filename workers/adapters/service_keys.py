"""Keys by which other systems of the company speak to us; only their digests are kept.

`<name>.service` among the secrets holds the SHA-256 of a key of 256 bits that was shown once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from schemas.errors import NotAllowed
from workers.adapters.vault.files import create_file, make_folder

_NAME = re.compile(r"[a-z][a-z0-9-]{0,47}")
_PREFIX = "dsrsk_"


class ServiceKeys:
    """The keys in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str) -> str:
        """A fresh key, shown this once; `NotAllowed` where the name is taken or none."""
        if not _NAME.fullmatch(name):
            raise NotAllowed("a name is small letters, digits and hyphens")
        make_folder(self._folder)
        key = _PREFIX + secrets.token_urlsafe(32)
        if not create_file(self._folder / f"{name}.service", _digest(key).encode() + b"\n"):
            raise NotAllowed(f"{name} has a key; delete {name}.service among the secrets first")
        return key

    def who(self, key: str) -> str | None:
        """Whose key that is; all are compared, each in constant time."""
        digest = _digest(key)
        found = None
        for file in sorted(self._folder.glob("*.service")):
            if hmac.compare_digest(file.read_text(encoding="utf-8").strip(), digest):
                found = file.stem
        return found


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
