"""Pseudonyms, blind indexes, digests, codes and links: all derived, none stored in clear.

Codes and links follow from the request, the challenge's number and the content that they are bound
to, so two copies of a mail are identical to the byte, and a code proves nothing for other content.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
import uuid
from pathlib import Path
from typing import Final, Literal

from schemas import tracking
from schemas.errors import KeyFolderError
from workers.adapters.vault.envelope import bind
from workers.adapters.vault.files import create_file, make_folder, read_file
from workers.adapters.vault.holder import KeyHolder

Direction = Literal["out", "in"]

_HALF: Final = 16
_CODE_DIGITS: Final = 8
_TYPED: Final = dict.fromkeys(map(ord, " -\u00a0\u3000\u2010\u2011\uff0d")) | {
    0xFF10 + digit: 0x30 + digit for digit in range(10)
}
"""What a person or a keyboard adds to a code: spaces and hyphens go, full-width digits fold."""

_RECIPIENT: Final = re.compile(r"[a-z][a-z0-9-]{0,47}")
_WHSEC: Final = "whsec_"
_WHSEC_BYTES: Final = range(24, 65)


class Tokens:
    """Everything that is a keyed function of something else; a key of its own for each use."""

    def __init__(self, holder: KeyHolder) -> None:
        self._pseudonym = holder.derive("pseudonym")
        self._blind_index = holder.derive("blind index")
        self._digest = holder.derive("submission digest")
        self._code = holder.derive("code")
        self._link = holder.derive("link")

    def pseudonym(self, subject_type: str, key: str) -> str:
        """What a subject is called outside the databases: 128 bits in hexadecimal, stable."""
        return _mac(self._pseudonym, subject_type, key)[:_HALF].hex()

    def blind_index(self, field: str, form: str) -> bytes:
        """16 bytes by which a sealed value is found again; `form` is its one canonical form."""
        return _mac(self._blind_index, field, form)[:_HALF]

    def digest(self, canonical: bytes) -> str:
        """A keyed digest of a submission's content: who cannot compute it cannot guess at it."""
        return hmac.digest(self._digest, canonical, "sha256").hex()

    def code(self, request_id: str, number: int, bound: str) -> str:
        """The eight digits (26.5 bits) of a challenge; 256 bits modulo 10^8 have no bias to see."""
        drawn = int.from_bytes(_mac(self._code, request_id, str(number), bound))
        return f"{drawn % 10**_CODE_DIGITS:0{_CODE_DIGITS}}"

    def link(self, request_id: str, number: int, purpose: str, bound: str) -> str:
        """The 128 bits of a link in a mail, as 22 characters that an address may hold."""
        drawn = _mac(self._link, request_id, str(number), purpose, bound)[:_HALF]
        return base64.urlsafe_b64encode(drawn).rstrip(b"=").decode()

    @staticmethod
    def matches(given: str, expected: str) -> bool:
        """Whether somebody gave this code or link; takes as long whichever character is wrong.

        In a typed code spaces, hyphens and full-width digits do not count; a link is compared as
        it is.
        """
        typed = given.translate(_TYPED) if expected.isdecimal() else given
        return hmac.compare_digest(typed.encode(errors="surrogatepass"), expected.encode())

    @staticmethod
    def tracking() -> str:
        """A fresh tracking code."""
        return tracking.new(secrets.randbelow)

    @staticmethod
    def new_id() -> str:
        """A fresh UUID."""
        return str(uuid.uuid4())


def load_secret(folder: Path, recipient: str, direction: Direction) -> str:
    """The recipient's webhook secret, as Standard Webhooks spells it (`whsec_` and base64).

    `out` signs what we send, `in` what comes back. `KeyFolderError` if missing or damaged.
    """
    file = _secret_file(folder, recipient, direction)
    secret = read_file(file).decode(errors="replace").strip()
    try:
        raw = base64.b64decode(secret.removeprefix(_WHSEC), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not secret.startswith(_WHSEC) or len(raw) not in _WHSEC_BYTES:
        raise KeyFolderError(f"{file} holds no Standard Webhooks secret (`whsec_` and base64).")
    return secret


def create_secret(folder: Path, recipient: str, direction: Direction) -> str:
    """The recipient's secret, made if there is none; one that is there is never replaced."""
    make_folder(folder)
    fresh = _WHSEC + base64.b64encode(secrets.token_bytes(32)).decode()
    create_file(_secret_file(folder, recipient, direction), fresh.encode() + b"\n")
    return load_secret(folder, recipient, direction)


def _secret_file(folder: Path, recipient: str, direction: Direction) -> Path:
    if not _RECIPIENT.fullmatch(recipient):
        raise KeyFolderError("A recipient's name is lower-case letters, digits and hyphens.")
    return folder / f"{recipient}.{direction}"


def _mac(key: bytes, *parts: str) -> bytes:
    return hmac.digest(key, bind(parts), "sha256")
