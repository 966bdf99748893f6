"""A small file system of a server's own, which can be filled to its last byte."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class SmallDisk:
    """It lies in memory, at this folder."""

    folder: Path

    @property
    def room(self) -> int:
        """Bytes that are free."""
        there = os.statvfs(self.folder)
        return there.f_bavail * there.f_frsize

    def fill(self) -> None:
        """Leave nothing, also of what is given back meanwhile."""
        with self._filling.open("ab") as file:
            while room := self.room:
                with suppress(OSError):  # somebody else was faster
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, room)

    def clear(self) -> None:
        """As if somebody had thrown away what filled it."""
        self._filling.unlink(missing_ok=True)

    @property
    def _filling(self) -> Path:
        return self.folder / "filling"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mounted at a new folder; the test is skipped where that is not allowed."""
    folder.mkdir(mode=0o700, parents=True)
    mount = ("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "small-disk")
    done = subprocess.run([*mount, folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a full disk is a file system of its own, and none may be mounted here")
    try:
        yield SmallDisk(folder)
    finally:
        # At once, whoever still has a file of it open: its memory is free when they end.
        subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607 - whichever is there
