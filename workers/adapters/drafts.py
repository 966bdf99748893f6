"""Forms on their way through a visitor's browser: sealed, and with an end.

Every process of `dsr web` derives the same key, so a form may be sent to any of them.
"""

from __future__ import annotations

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from workers.adapters.vault.holder import KeyHolder

GOOD_FOR: Final = 3600
"""Seconds in which a form can be sent that was checked."""


class Drafts:
    """Fernet tokens; they hold the time at which they were made."""

    def __init__(self, holder: KeyHolder) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(holder.derive("web form")))

    def seal(self, purpose: str, content: bytes) -> str:
        """Something that only we can read, and nobody can alter or use for another purpose."""
        return self._fernet.encrypt(f"{purpose}\n".encode() + content).decode()

    def open(self, purpose: str, sealed: str) -> tuple[bytes, bool] | None:
        """The content, and whether its time is not over; None for what we did not seal for it."""
        token = sealed.encode(errors="replace")
        fresh = self._decrypt(token, GOOD_FOR)
        content = fresh or self._decrypt(token, None)
        if content is None:
            return None
        said, _, rest = content.partition(b"\n")
        return (rest, fresh is not None) if said == purpose.encode() else None

    def _decrypt(self, token: bytes, ttl: int | None) -> bytes | None:
        try:
            return self._fernet.decrypt(token, ttl)
        except InvalidToken:
            return None
