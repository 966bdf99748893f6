"""What holds the keys that are never in MongoDB: today a folder, later a KMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key as it is stored: under which epoch's key, and the sealed bytes."""

    epoch: int
    sealed: bytes


class KeyHolder(Protocol):
    """Wraps data keys and derives the keys of tokens; both are CPU work of microseconds.

    A holder with a KMS behind it has the epoch keys unwrapped once, when it starts: a call over
    the network for each data key would cost more than everything else that a request does.
    """

    def wrap(self, key: bytes, name: str) -> Wrapped:
        """The data key of that name, under the current epoch."""

    def unwrap(self, wrapped: Wrapped, name: str) -> bytes:
        """The data key. `SealBroken`: altered, or of another name. `KeyGone`: epoch destroyed.

        `KeyFolderError`: of an epoch that this holder has not seen yet.
        """

    def derive(self, purpose: str) -> bytes:
        """32 bytes that are always the same for this purpose and tell nothing about the others."""
