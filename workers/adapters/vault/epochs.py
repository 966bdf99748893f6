"""How an epoch key comes into a key folder and leaves it; each step can be done again.

A key is made before it is listed and taken off the list before it is destroyed, so at every moment
all that the manifest lists is there, and a crash leaves at most a file that nothing opens.
"""

from __future__ import annotations

import secrets
import time
from contextlib import AbstractContextManager
from pathlib import Path

from workers.adapters.vault.envelope import KEY_BYTES
from workers.adapters.vault.files import DRAFTS, create_file, only_one, remove_files, replace_file
from workers.adapters.vault.manifest import (
    EPOCHS,
    MANIFEST,
    epoch_file,
    fingerprint_of,
    read_key,
    read_manifest,
)
from workers.ports.telemetry import Epochs


class FolderEpochs:
    """The `EpochKeys` of a key folder. Every call but `lock` expects the lock to be held."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lock(self) -> AbstractContextManager[None]:
        """Hold the folder's `rotation.lock`."""
        return only_one(self._path / "rotation.lock", "A rotation of these keys")

    def make(self) -> int:
        """The epoch of a rollover that was cut off, else the next one, its key made."""
        listed = read_manifest(self._path).epochs
        if len(listed) > 1 or self._older(max(listed)):
            return max(listed)
        # One that is there already was made by a rollover that ended before it was listed.
        number = max(listed) + 1
        create_file(epoch_file(self._path, number), secrets.token_bytes(KEY_BYTES))
        return number

    def told(self) -> Epochs:
        """How it stands, for whoever watches; asked without the lock."""
        listed = read_manifest(self._path).epochs
        made_at = epoch_file(self._path, max(listed)).stat().st_mtime
        return Epochs(max(listed), len(listed), max(0.0, time.time() - made_at))

    def admit(self, epoch: int) -> None:
        """List the new epoch beside the older ones."""
        manifest = read_manifest(self._path)
        if epoch not in manifest.epochs:
            fingerprint = fingerprint_of(read_key(epoch_file(self._path, epoch)))
            self._list(manifest.epochs | {epoch: fingerprint})

    def retire(self, epoch: int) -> None:
        """List the new epoch alone."""
        listed = read_manifest(self._path).epochs
        if listed.keys() != {epoch}:
            self._list({epoch: listed[epoch]})

    def destroy(self, epoch: int) -> tuple[int, ...]:
        """Remove the older keys' files, second names of theirs first.

        Nothing is overwritten: a disk that keeps old blocks would keep them all the same, so a
        copy of the folder, or of its disk, has to be destroyed by those who made it.
        """
        older = self._older(epoch)
        for folder in (self._path, self._path / EPOCHS):
            remove_files(folder, folder.glob(DRAFTS))
        remove_files(self._path / EPOCHS, older.values())
        return tuple(older)

    def _older(self, epoch: int) -> dict[int, Path]:
        """The keys' files of earlier epochs, by number."""
        files = sorted((self._path / EPOCHS).glob("*.key"))
        numbered = {int(file.stem): file for file in files if file.stem.isdecimal()}
        return {number: file for number, file in numbered.items() if number < epoch}

    def _list(self, epochs: dict[int, str]) -> None:
        manifest = read_manifest(self._path).model_copy(update={"epochs": epochs})
        replace_file(self._path / MANIFEST, manifest.encoded())
