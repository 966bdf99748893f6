"""What the tests of the vault share: a few subjects, their keys, and a whole rotation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workers.adapters.mongo import Collection
from workers.adapters.vault import FolderEpochs, KeyFolder, Rollover, Vault, rotate

PLACE = ("members", "profile.address")
NAMES = [f"subject:member:{number:03}" for number in range(50)]
KIM, LEE = NAMES[:2]


def quiet(done: int, total: int) -> None:
    """Show no progress."""


async def sealed_under(vault: Vault, names: list[str]) -> dict[str, bytes]:
    made = await vault.data_keys(names, create=True)
    return {name: key.seal(name.encode(), PLACE) for name, key in made.items()}


async def assert_opens(vault: Vault, sealed: Mapping[str, bytes]) -> None:
    keys = await vault.data_keys(sealed)
    assert {name: keys[name].open(sealed[name], PLACE) for name in sealed} == {
        name: name.encode() for name in sealed
    }


async def roll(keys: Collection, folder: Path) -> Rollover:
    return await rotate(keys, KeyFolder.open(folder), FolderEpochs(folder), quiet)


def contents(folder: Path) -> dict[str, bytes]:
    """What the folder holds, without the lock that every attempt leaves."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".lock")
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


async def copy_of(keys: Collection) -> list[dict[str, Any]]:
    return [row async for row in keys.find().sort("_id", 1)]
