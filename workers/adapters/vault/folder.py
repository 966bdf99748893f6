"""The key folder as a holder of keys: made once, never completed anew, read again when it grew.

What lies in it is told in `manifest`; how an epoch comes and goes, in `epochs`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import KeyFolderBehind, KeyFolderError, KeyGone
from workers.adapters.vault.envelope import KEY_BYTES, bind, cipher, decrypt, encrypt
from workers.adapters.vault.files import create_file, make_folder
from workers.adapters.vault.holder import Wrapped
from workers.adapters.vault.manifest import (
    EPOCHS,
    MANIFEST,
    MASTER,
    Manifest,
    epoch_file,
    fingerprint_of,
    listed_key,
    read_key,
    read_manifest,
)

_FIRST: Final = 1


class _Epochs(NamedTuple):
    """Replaced as a whole, so that no call meets half of a rollover."""

    current: int
    ciphers: Mapping[int, AESGCM]


class KeyFolder:
    """A `KeyHolder` whose keys are files, read when it is opened and whenever it is told to."""

    def __init__(
        self, master: bytes, epochs: Mapping[int, bytes], path: Path | None = None
    ) -> None:
        self._master = master
        self._epochs = _epochs(epochs)
        self._path = path

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make what is missing of a new folder, then open it; nothing there is ever replaced.

        A folder that once was complete is never completed anew: a fresh key in the place of a lost
        one would hide that everything under the lost one is unreadable.
        """
        if not (path / MANIFEST).exists():
            _make(path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The keys of a complete folder; `KeyFolderError` says what is missing or damaged."""
        return cls(*_read(path), path)

    @property
    def current_epoch(self) -> int:
        """The epoch under which new data keys are wrapped."""
        return self._epochs.current

    def holds(self, epoch: int) -> bool:
        """Whether the key of that epoch is still in the folder, as it was last read."""
        return epoch in self._epochs.ciphers

    def wrap(self, key: bytes, name: str) -> Wrapped:
        """The data key under the current epoch, bound to its name and that epoch."""
        epoch, ciphers = self._epochs
        return Wrapped(epoch, encrypt(ciphers[epoch], key, _associated(name, epoch)))

    def unwrap(self, wrapped: Wrapped, name: str) -> bytes:
        """The data key; the errors are those of `KeyHolder`."""
        current, ciphers = self._epochs
        if wrapped.epoch > current:
            raise KeyFolderBehind(
                f"A data key is of epoch {wrapped.epoch}, this key folder ends at {current}:"
                " give this worker the current folder."
            )
        under = ciphers.get(wrapped.epoch)
        if under is None:
            raise KeyGone(f"The key of epoch {wrapped.epoch} was destroyed.")
        return decrypt(under, wrapped.sealed, _associated(name, wrapped.epoch))

    def derive(self, purpose: str) -> bytes:
        """A key of its own for each purpose (HKDF-SHA256 of the master key)."""
        return HKDF(SHA256(), KEY_BYTES, None, b"dsr/1/" + purpose.encode()).derive(self._master)

    def reload(self) -> None:
        """Read the epochs again; those that are no longer listed are forgotten here as well."""
        if self._path is None:
            return
        master, epochs = _read(self._path)
        if master != self._master:
            raise KeyFolderError(
                f"{self._path} is another key folder now: start this worker again."
            )
        self._epochs = _epochs(epochs)


def _epochs(keys: Mapping[int, bytes]) -> _Epochs:
    return _Epochs(max(keys), {number: cipher(key) for number, key in keys.items()})


def _read(path: Path) -> tuple[bytes, dict[int, bytes]]:
    manifest = read_manifest(path)
    while True:
        try:
            return listed_key(path / MASTER, manifest.master), {
                number: listed_key(epoch_file(path, number), fingerprint)
                for number, fingerprint in manifest.epochs.items()
            }
        except KeyFolderError:
            # A rollover may have taken an epoch off the list, and destroyed it, just now.
            before, manifest = manifest, read_manifest(path)
            if manifest == before:
                raise


def _make(path: Path) -> None:
    make_folder(path)
    make_folder(path / EPOCHS)
    # Epochs are listed before the master key is looked for, since a process that does the same at
    # the same time makes them in the other order.
    later = sorted(file.stem for file in (path / EPOCHS).glob("*.key"))
    if later not in ([], [f"{_FIRST:06}"]) or (later and not (path / MASTER).exists()):
        raise KeyFolderError(
            f"{path} holds some keys, but not all: restore the folder from its backup."
        )
    create_file(path / MASTER, secrets.token_bytes(KEY_BYTES))
    create_file(epoch_file(path, _FIRST), secrets.token_bytes(KEY_BYTES))
    manifest = Manifest(
        master=fingerprint_of(read_key(path / MASTER)),
        epochs={_FIRST: fingerprint_of(read_key(epoch_file(path, _FIRST)))},
    )
    create_file(path / MANIFEST, manifest.encoded())


def _associated(name: str, epoch: int) -> bytes:
    return bind(("data key", name, str(epoch)))
