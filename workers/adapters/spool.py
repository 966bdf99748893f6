"""A channel's spool: what the broker cannot take now, as sealed files in their order.

A file is written beside its place, synced, and linked to its name: a crash leaves it whole or not
at all. Names are numbers that only grow, so a listing is the order. The content is the sealed body;
nothing of a person stands in clear.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import SpoolFull
from workers.adapters.vault.files import create_file, make_folder, remove_files
from workers.ports.intake import Outgoing

_DIGITS = 16


class FolderSpool:
    """A folder that holds at most `largest` bytes. Several processes may share it."""

    def __init__(self, folder: Path, largest: int) -> None:
        make_folder(folder)
        self._folder = folder
        self._largest = largest

    def add(self, outgoing: Outgoing) -> None:
        """Durable when it returns; `SpoolFull` where there is no room."""
        head = {
            "routing_key": outgoing.routing_key,
            "message_id": outgoing.message_id,
            "content_type": outgoing.content_type,
        }
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
        """One of them."""
        head, _, body = (self._folder / name).read_bytes().partition(b"\n")
        return Outgoing(**json.loads(head), body=body)

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


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0  # sent on just now
