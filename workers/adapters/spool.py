"""A channel's spool: what the broker cannot take now, as sealed files in their order.

A file is written beside its place, synced, and linked to its name: a crash leaves it whole or not
at all. Names are numbers that only grow, so a listing is the order. The content is the sealed body;
nothing of a person stands in clear. What cannot be read lies beside, as `.broken`, for a person.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from schemas.errors import SpoolBroken, SpoolFull
from workers.adapters.vault.files import create_file, make_folder, remove_files, rename_file
from workers.ports.intake import Outgoing

_DIGITS = 16
_HEAD = ("routing_key", "message_id", "content_type")
_OF_THE_PROCESS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""Why no file at all can be read just now."""


class FolderSpool:
    """A folder that holds at most `largest` bytes. Several processes may share it."""

    def __init__(self, folder: Path, largest: int) -> None:
        make_folder(folder)
        self._folder = folder
        self._largest = largest

    def add(self, outgoing: Outgoing) -> None:
        """Durable when it returns; `SpoolFull` where there is no room."""
        head = {name: getattr(outgoing, name) for name in _HEAD}
        content = json.dumps(head).encode() + b"\n" + outgoing.body
        files = self._files()
        if sum(_size(file) for file in files) + len(content) > self._largest:
            raise SpoolFull(
                f"the spool {self._folder} is full and RabbitMQ does not answer: nothing was taken;"
                " see that the broker is back, or raise DSR_SPOOL_MB"
            )
        number = int(files[-1].stem) + 1 if files else 1
        while not create_file(self._folder / f"{number:0{_DIGITS}}.msg", content):
            number += 1  # another process was faster

    def waiting(self) -> list[str]:
        """Names of what waits, the oldest first."""
        return [file.name for file in self._files()]

    def read(self, name: str) -> Outgoing:
        """One of them; `SpoolBroken` where it cannot be read."""
        file = self._folder / name
        try:
            return _outgoing(file.read_bytes())
        except (OSError, ValueError, LookupError, TypeError) as error:
            if isinstance(error, OSError) and error.errno in _OF_THE_PROCESS:
                raise
            raise SpoolBroken(
                f"{file} cannot be read: it is kept as .broken; see that the disk is sound"
            ) from error

    def set_aside(self, name: str) -> None:
        """It waits no longer, and is kept. Only for who holds the right to send on."""
        file = self._folder / name
        # Names come again once the spool was empty: what was set aside before keeps its own.
        others = (file.with_suffix(f".{number}.broken") for number in count(1))
        rename_file(file, next(one for one in others if not one.exists()))

    def remove(self, name: str) -> None:
        """The broker has it."""
        remove_files(self._folder, [self._folder / name])

    @contextmanager
    def only_sender(self) -> Iterator[bool]:
        """Hold the right to send on; a killed process holds it no more."""
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.msg"))


def _outgoing(content: bytes) -> Outgoing:
    head, _, body = content.partition(b"\n")
    said = json.loads(head)
    routing_key, message_id, content_type = words = [said[name] for name in _HEAD]
    if not all(isinstance(word, str) for word in words):
        raise TypeError("a head holds text alone")
    return Outgoing(routing_key, message_id, content_type, body)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0  # sent on just now
