"""The key folder: the master key, the epoch keys, and a manifest that knows each by fingerprint.

    master.key           32 random bytes, never replaced: tokens and indexes are derived from it
    epochs/000001.key    32 random bytes each; data keys are wrapped under the highest
    manifest.json        which keys belong here; written last, so one without it is unfinished

An epoch file that the manifest does not list is none of ours: a rollover that did not finish.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, PositiveInt, ValidationError

from schemas.base import Ours
from schemas.errors import KeyFolderError, KeyGone
from workers.adapters.vault.envelope import KEY_BYTES, bind, cipher, decrypt, encrypt
from workers.adapters.vault.files import create_file, make_folder, read_file
from workers.adapters.vault.holder import Wrapped

_FORMAT: Final = 1
_FIRST: Final = 1


class _Manifest(Ours):
    format: int
    master: str
    epochs: Annotated[dict[PositiveInt, str], Field(min_length=1)]


class KeyFolder:
    """A `KeyHolder` whose keys are files. It reads them once, when it is opened."""

    def __init__(self, master: bytes, epochs: Mapping[int, bytes]) -> None:
        self._master = master
        self._epochs = {number: cipher(key) for number, key in epochs.items()}
        self._current = max(epochs)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make what is missing of a new folder, then open it; nothing there is ever replaced.

        A folder that once was complete is never completed anew: a fresh key in the place of a lost
        one would hide that everything under the lost one is unreadable.
        """
        if not (path / "manifest.json").exists():
            _make(path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The keys of a complete folder; `KeyFolderError` says what is missing or damaged."""
        manifest = _manifest(path)
        master = _checked(path / "master.key", manifest.master)
        epochs = {
            number: _checked(_epoch_file(path, number), fingerprint)
            for number, fingerprint in manifest.epochs.items()
        }
        return cls(master, epochs)

    @property
    def current_epoch(self) -> int:
        """The epoch under which new data keys are wrapped."""
        return self._current

    def wrap(self, key: bytes, name: str) -> Wrapped:
        """The data key under the current epoch, bound to its name and that epoch."""
        epoch = self._current
        return Wrapped(epoch, encrypt(self._epochs[epoch], key, _associated(name, epoch)))

    def unwrap(self, wrapped: Wrapped, name: str) -> bytes:
        """The data key; the errors are those of `KeyHolder`."""
        if wrapped.epoch > self._current:
            raise KeyFolderError(
                f"A data key is of epoch {wrapped.epoch}, this key folder ends at"
                f" {self._current}: give this worker the current folder and start it again."
            )
        under = self._epochs.get(wrapped.epoch)
        if under is None:
            raise KeyGone(f"The key of epoch {wrapped.epoch} was destroyed.")
        return decrypt(under, wrapped.sealed, _associated(name, wrapped.epoch))

    def derive(self, purpose: str) -> bytes:
        """A key of its own for each purpose (HKDF-SHA256 of the master key)."""
        return HKDF(SHA256(), KEY_BYTES, None, b"dsr/1/" + purpose.encode()).derive(self._master)


def _make(path: Path) -> None:
    make_folder(path)
    make_folder(path / "epochs")
    # Epochs are listed before the master key is looked for, since a process that does the same at
    # the same time makes them in the other order.
    later = sorted(file.stem for file in (path / "epochs").glob("*.key"))
    if later not in ([], [f"{_FIRST:06}"]) or (later and not (path / "master.key").exists()):
        raise KeyFolderError(
            f"{path} holds some keys, but not all: restore the folder from its backup."
        )
    create_file(path / "master.key", secrets.token_bytes(KEY_BYTES))
    create_file(_epoch_file(path, _FIRST), secrets.token_bytes(KEY_BYTES))
    manifest = _Manifest(
        format=_FORMAT,
        master=_fingerprint(_key(path / "master.key")),
        epochs={_FIRST: _fingerprint(_key(_epoch_file(path, _FIRST)))},
    )
    create_file(path / "manifest.json", manifest.model_dump_json(indent=2).encode() + b"\n")


def _manifest(path: Path) -> _Manifest:
    file = path / "manifest.json"
    try:
        manifest = _Manifest.model_validate_json(read_file(file))
    except ValidationError:
        raise KeyFolderError(f"{file} is damaged: restore the folder from its backup.") from None
    if manifest.format != _FORMAT:
        raise KeyFolderError(f"{file} is of another format: use the version that wrote it.")
    return manifest


def _checked(file: Path, fingerprint: str) -> bytes:
    key = _key(file)
    if _fingerprint(key) != fingerprint:
        raise KeyFolderError(
            f"{file} is not the key that the manifest names: restore the folder from its backup."
        )
    return key


def _key(file: Path) -> bytes:
    key = read_file(file)
    if len(key) != KEY_BYTES:
        raise KeyFolderError(f"{file} is damaged: restore the folder from its backup.")
    return key


def _epoch_file(path: Path, number: int) -> Path:
    return path / "epochs" / f"{number:06}.key"


def _fingerprint(key: bytes) -> str:
    return hmac.digest(key, b"dsr key fingerprint", "sha256")[:16].hex()


def _associated(name: str, epoch: int) -> bytes:
    return bind(("data key", name, str(epoch)))
