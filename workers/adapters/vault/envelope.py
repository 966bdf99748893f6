"""Sealed bytes: AES-256-GCM under a data key, good only in the place they were sealed for.

The format is `0x01 | nonce (12 bytes) | ciphertext | tag (16 bytes)`: 29 bytes more than what it
holds. The first byte is authenticated with the rest, so nothing can pass for another version.
"""

from __future__ import annotations

import os
import struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import SealBroken

KEY_BYTES: Final = 32
_VERSION: Final = b"\x01"
_NONCE: Final = 12
_TAG: Final = 16
OVERHEAD: Final = len(_VERSION) + _NONCE + _TAG
"""Bytes that sealing adds."""


class DataKey:
    """A key that seals; what it is made of can be neither read back nor printed."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = cipher(key)

    def seal(self, plain: bytes, bound_to: tuple[str, ...]) -> bytes:
        """The sealed bytes; the same names, in the same order, are needed to open them."""
        return encrypt(self._cipher, plain, bind(bound_to))

    def open(self, sealed: bytes, bound_to: tuple[str, ...]) -> bytes:
        """What was sealed; `SealBroken` if altered, under another key, or from another place."""
        return decrypt(self._cipher, sealed, bind(bound_to))


def bind(parts: tuple[str, ...]) -> bytes:
    """An encoding that no other list of parts shares: their number, then each after its length."""
    encoded = [part.encode() for part in parts]
    lengths = struct.pack(f">{len(parts) + 1}I", len(parts), *map(len, encoded))
    return lengths + b"".join(encoded)


def cipher(key: bytes) -> AESGCM:
    """AES-256-GCM; a shorter key would silently be AES-128 or AES-192."""
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return AESGCM(key)


def encrypt(under: AESGCM, plain: bytes, associated: bytes) -> bytes:
    """Seal under a fresh random nonce: at most 2^32 times under one key."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + under.encrypt(nonce, plain, _VERSION + associated)


def decrypt(under: AESGCM, sealed: bytes, associated: bytes) -> bytes:
    """Open what `encrypt` made; `SealBroken` for anything else."""
    head = len(_VERSION) + _NONCE
    if not sealed.startswith(_VERSION) or len(sealed) < head + _TAG:
        raise SealBroken("This is not a sealed value, or a newer version sealed it.")
    try:
        return under.decrypt(sealed[len(_VERSION) : head], sealed[head:], _VERSION + associated)
    except InvalidTag:
        raise SealBroken(
            "A sealed value was altered, or belongs to another key or place."
        ) from None
