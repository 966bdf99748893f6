"""What stands in the servers' files, read raw."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from pathlib import Path

from tests.town import Town


def found(folder: Path, words: Iterable[bytes]) -> dict[bytes, set[str]]:
    """Per word, the files below the folder in which it stands."""
    where: dict[bytes, set[str]] = {word: set() for word in words}
    for file in folder.rglob("*"):
        if not file.is_file() or not file.stat().st_size:
            continue
        with file.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for word, files in where.items():
                if content.find(word) >= 0:
                    files.add(file.name)
    return where


def forms(phone: str) -> list[bytes]:
    """The digits of a Korean mobile number in each spelling that this house knows."""
    middle, last = phone[4:8], phone[9:]
    ends = (f"{middle}-{last}", f"{middle}{last}", f"{middle} {last}")
    return [f"10{sign}{end}".encode() for sign in ("", "-", " ") for end in ends]


async def flushed(town: Town) -> None:
    """Everything that the database knows is in its files."""
    await town.mongo.admin.command("fsync")
