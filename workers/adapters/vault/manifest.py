"""What lies in a key folder, and the manifest that knows each key by its fingerprint.

    master.key           32 random bytes, never replaced: tokens and indexes are derived from it
    epochs/000001.key    32 random bytes each; data keys are wrapped under the highest listed one
    manifest.json        which keys belong here; written last, so one without it is unfinished

An epoch file that the manifest does not list opens nothing: a rollover has not listed it yet, or
has not destroyed it yet.
"""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, PositiveInt, ValidationError

from schemas.base import Ours
from schemas.errors import KeyFolderError
from workers.adapters.vault.envelope import KEY_BYTES
from workers.adapters.vault.files import read_file

MASTER: Final = "master.key"
MANIFEST: Final = "manifest.json"
EPOCHS: Final = "epochs"
_FORMAT: Final = 1


class Manifest(Ours):
    """The fingerprints of the keys that belong to the folder."""

    format: int = _FORMAT
    master: str
    epochs: Annotated[dict[PositiveInt, str], Field(min_length=1)]

    def encoded(self) -> bytes:
        """The content of the file."""
        return self.model_dump_json(indent=2).encode() + b"\n"


def read_manifest(path: Path) -> Manifest:
    """The manifest of a folder; `KeyFolderError` says what is wrong with it."""
    file = path / MANIFEST
    try:
        manifest = Manifest.model_validate_json(read_file(file))
    except ValidationError:
        raise KeyFolderError(f"{file} is damaged: restore the folder from its backup.") from None
    if manifest.format != _FORMAT:
        raise KeyFolderError(f"{file} is of another format: use the version that wrote it.")
    return manifest


def read_key(file: Path) -> bytes:
    """A whole key."""
    key = read_file(file)
    if len(key) != KEY_BYTES:
        raise KeyFolderError(f"{file} is damaged: restore the folder from its backup.")
    return key


def listed_key(file: Path, fingerprint: str) -> bytes:
    """The very key that the manifest lists."""
    key = read_key(file)
    if fingerprint_of(key) != fingerprint:
        raise KeyFolderError(
            f"{file} is not the key that the manifest names: restore the folder from its backup."
        )
    return key


def epoch_file(path: Path, number: int) -> Path:
    """Where the key of an epoch lies."""
    return path / EPOCHS / f"{number:06}.key"


def fingerprint_of(key: bytes) -> str:
    """What names a key and tells nothing about it."""
    return hmac.digest(key, b"dsr key fingerprint", "sha256")[:16].hex()
