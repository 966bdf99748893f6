"""The tombstone ledger: who was deleted, kept outside MongoDB so that no restore undoes it.

It lies beside the keys, in `<key folder>/tombstones/`: JSON lines that are only ever added, in one
file for each process that adds any, and `restores.json`. A line without its end was cut off by a
crash before it was acknowledged. It holds no personal data: a pseudonym is a keyed digest.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import socket
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Self

from pydantic import AwareDatetime, NonNegativeInt, ValidationError

from schemas.base import Ours
from schemas.errors import KeyFolderError
from workers.adapters.vault.files import append, make_folder, only_one, read_file, replace_file

_LINES: Final = "*.jsonl"
_RESTORES: Final = "restores.json"


class Tombstone(Ours):
    """A deletion: it binds what was created before its time."""

    pseudonym: str
    subject_type: str
    request: str
    fields: tuple[str, ...] | None = None
    """Those that were deleted; None: the whole subject."""
    at: AwareDatetime


class Restores(Ours):
    """How often a restored backup was cleaned, and when last."""

    count: NonNegativeInt = 0
    last: AwareDatetime | None = None


@dataclass(slots=True)
class _Seen:
    """What is known of one file: its lines by pseudonym, up to where they end."""

    stamp: tuple[int, int] = (0, 0)
    """Size and time of change when it was last looked at."""
    end: int = 0
    lines: defaultdict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))


class Tombstones:
    """The ledger of one key folder. Reading is cached: what did not change is not read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: Path | None = None
        self._files: dict[Path, _Seen] = {}
        self._lock = threading.Lock()

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make the folder where there is none, then open it."""
        make_folder(folder)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """`KeyFolderError` where the ledger is missing: without it a restore goes unnoticed."""
        if not folder.is_dir():
            raise KeyFolderError(
                f"{folder} is missing: restore it from its backup; if there never was one, run"
                " `dsr init`."
            )
        return cls(folder)

    async def add(self, entries: Sequence[Tombstone]) -> None:
        """Durable once this returns, with one sync for all; an entry that is there stays once."""
        await asyncio.to_thread(self._add, entries)

    def all(self) -> Iterator[Tombstone]:
        """Every entry, in no order, read line by line; nothing is kept in memory."""
        for file in self._names():
            with _opened(file) as lines:
                for line in lines:
                    if line.endswith(b"\n"):
                        yield _parse(file, line)

    def find(self, pseudonyms: Iterable[str]) -> dict[str, list[Tombstone]]:
        """The entries of these subjects, the oldest first; who has none is absent."""
        with self._lock:
            self._look()
            found: dict[str, list[Tombstone]] = {}
            for pseudonym in pseudonyms:
                entries = [
                    _parse(file, line)
                    for file, seen in self._files.items()
                    for line in seen.lines.get(pseudonym, ())
                ]
                if entries:
                    found[pseudonym] = sorted(entries, key=lambda entry: entry.at)
            return found

    def restores(self) -> Restores:
        """The restores that were counted."""
        file = self._folder / _RESTORES
        if not file.exists():
            return Restores()
        try:
            return Restores.model_validate_json(read_file(file))
        except ValidationError:
            raise _damaged(file) from None

    def count_restore(self) -> Restores:
        """Count one more restore, durably."""
        with only_one(self._folder / "restores.lock", "The replay of a restore"):
            counted = Restores(count=self.restores().count + 1, last=datetime.now(UTC))
            replace_file(self._folder / _RESTORES, _encoded(counted))
        return counted

    def _add(self, entries: Sequence[Tombstone]) -> None:
        there = self.find({entry.pseudonym for entry in entries})
        with self._lock:
            new = [entry for entry in entries if entry not in there.get(entry.pseudonym, ())]
            if not new:
                return
            # After an error the file may end in half a line: the next lines get another file.
            file, self._file = self._file or self._folder / _own_name(), None
            append(file, b"".join(map(_encoded, dict.fromkeys(new))))
            self._file = file

    def _names(self) -> list[Path]:
        return sorted(self._folder.glob(_LINES))

    def _look(self) -> None:
        """Read what was added to the files since they were last looked at."""
        names = self._names()
        for gone in self._files.keys() - set(names):
            del self._files[gone]
        for file in names:
            seen = self._files.setdefault(file, _Seen())
            stamp = _stamp(file)
            if stamp == seen.stamp:
                continue
            if stamp[0] < seen.end:
                seen = self._files[file] = _Seen()  # another file in its place
            _read_on(file, seen)
            seen.stamp = stamp


def _read_on(file: Path, seen: _Seen) -> None:
    with _opened(file) as lines:
        lines.seek(seen.end)
        for line in lines:
            if not line.endswith(b"\n"):
                return
            seen.lines[_parse(file, line).pseudonym].append(line)
            seen.end += len(line)


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError as error:
        raise _unreadable(file) from error
    return status.st_size, status.st_mtime_ns


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("rb") as lines:
            yield lines
    except OSError as error:
        raise _unreadable(file) from error


def _own_name() -> str:
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:64]
    return f"{host}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"


def _encoded(entry: Ours) -> bytes:
    return entry.model_dump_json().encode() + b"\n"


def _parse(file: Path, line: bytes) -> Tombstone:
    try:
        return Tombstone.model_validate_json(line)
    except ValidationError:
        # A whole line was acknowledged: passing over it would let a deleted person come back.
        raise _damaged(file) from None


def _damaged(file: Path) -> KeyFolderError:
    return KeyFolderError(f"{file} is damaged: restore it from the key folder's backup.")


def _unreadable(file: Path) -> KeyFolderError:
    return KeyFolderError(f"{file} cannot be read: check its owner and mode.")
