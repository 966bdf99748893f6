"""Files that hold secrets: readable by their owner alone, written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from schemas.errors import KeyFolderError

DRAFTS: Final = ".new-*"
"""What a crash may leave beside a file: a second name of it, or a part of it."""


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
    just then leaves a second name of it (`DRAFTS`): whoever destroys a key removes those as well.
    """
    draft = _draft(path)
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


def replace_file(path: Path, content: bytes) -> None:
    """Give a file another content, durably: a reader, or a crash, meets the old or the new one."""
    draft = _draft(path)
    try:
        try:
            _write_durably(draft, content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path) from error


def remove_files(folder: Path, files: Iterable[Path]) -> None:
    """Take these names out of their folder, durably; one that is gone already is no error."""
    try:
        for file in files:
            file.unlink(missing_ok=True)
        _sync_folder(folder)
    except OSError as error:
        raise _unwritable(folder) from error


def rename_file(path: Path, to: Path) -> None:
    """Give a file another name, durably. Nobody else may make one of that name meanwhile."""
    try:
        path.rename(to)
        _sync_folder(to.parent)
    except OSError as error:
        raise _unwritable(path) from error


def append(path: Path, content: bytes) -> None:
    """Add to the end of a file, made if it is missing, with one sync for all of it.

    After an error the file may end in a part of the content: do not append to it again.
    """
    try:
        new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path) from error


@contextmanager
def only_one(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file; refused where another process holds it. A killed one holds it no more."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unwritable(path) from error
    with os.fdopen(descriptor):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise KeyFolderError(
                f"{what} is under way already: wait until it has ended."
            ) from error
        yield


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


def _draft(path: Path) -> Path:
    return path.with_name(DRAFTS.replace("*", secrets.token_hex(8)))


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
