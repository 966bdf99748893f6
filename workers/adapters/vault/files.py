"""Files that hold secrets: readable by their owner alone, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from schemas.errors import KeyFolderError


def make_folder(path: Path) -> None:
    """Make the folder with mode 0700 if it is missing; one that is there stays as it is."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path) from error


def create_file(path: Path, content: bytes) -> bool:
    """Write a new file with mode 0600, durably; False, and nothing changed, if there is one.

    The content gets its name by a hard link, which, unlike a rename, never replaces a file. A crash
    just then leaves a second name `.new-*` of it: whoever destroys a key removes those as well.
    """
    draft = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        _write_durably(draft, content)
        try:
            os.link(draft, path)
            created = True
        except FileExistsError:
            created = False
        finally:
            draft.unlink()
        # Also for a file that another process made just now: it is relied upon from here on.
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path) from error
    return created


def read_file(path: Path) -> bytes:
    """The whole content; `KeyFolderError` says which file is missing or closed to us."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise KeyFolderError(
            f"{path} is missing: run `dsr init`, or set DSR_KEYS to the folder that has it."
        ) from None
    except OSError as error:
        raise KeyFolderError(f"{path} cannot be read: check its owner and mode.") from error


def _unwritable(path: Path) -> KeyFolderError:
    return KeyFolderError(f"{path} cannot be written: check the folder's owner, mode and space.")


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
