"""What holds the keys that are never in MongoDB: today a folder, later a KMS."""

from __future__ import annotations

from contextlib import AbstractContextManager
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

    @property
    def current_epoch(self) -> int:
        """The epoch under which new data keys are wrapped."""

    def holds(self, epoch: int) -> bool:
        """Whether the key of that epoch still stands."""

    def wrap(self, key: bytes, name: str) -> Wrapped:
        """The data key of that name, under the current epoch."""

    def unwrap(self, wrapped: Wrapped, name: str) -> bytes:
        """The data key. `SealBroken`: altered, or of another name. `KeyGone`: epoch destroyed.

        `KeyFolderBehind`: of an epoch that this holder has not seen yet; `reload`, then try again.
        """

    def derive(self, purpose: str) -> bytes:
        """32 bytes that are always the same for this purpose and tell nothing about the others."""

    def reload(self) -> None:
        """Look again which epochs there are; may block, so a thread calls it."""


class EpochKeys(Protocol):
    """Makes and destroys epoch keys, for a rollover alone (`rotation`); all of it may block.

    Every call may come again after a crash, and then does what is left of it.
    """

    def lock(self) -> AbstractContextManager[None]:
        """Refuses a second rollover meanwhile; ends with the process that holds it."""

    def make(self) -> int:
        """The epoch to roll over to: that of a rollover not yet finished, else a new one.

        Its key is durable and not used yet.
        """

    def admit(self, epoch: int) -> None:
        """From here on a holder that reloads wraps under this epoch; the older ones still open."""

    def retire(self, epoch: int) -> None:
        """From here on a holder that reloads opens this epoch alone."""

    def destroy(self, epoch: int) -> tuple[int, ...]:
        """Destroy the keys of all older epochs, and give their numbers."""
