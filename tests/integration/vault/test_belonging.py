"""A key folder and a database that do not belong together: said so, and left as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from schemas.errors import KeyFolderBehind, KeyFolderError, NotFound, SealBroken
from tests.integration.vault.house import (
    KIM,
    NAMES,
    assert_opens,
    contents,
    copy_of,
    quiet,
    roll,
    sealed_under,
)
from workers.adapters.mongo import Collection
from workers.adapters.vault import FolderEpochs, KeyFolder, Rollover, Vault, rotation
from workers.adapters.vault.fence import fenced_at


async def test_a_folder_that_never_belonged_to_the_database_is_refused_and_stays_as_it_is(
    keys: Collection, folder: Path, tmp_path: Path
) -> None:
    await sealed_under(Vault(keys, KeyFolder.open(folder)), NAMES)
    other = tmp_path / "made after the loss"
    foreign = KeyFolder.create(other)
    with pytest.raises(KeyFolderError, match="opens none of the keys in the database"):
        await Vault(keys, foreign).check()
    with pytest.raises(KeyFolderError, match="opens none of the keys in the database"):
        await roll(keys, other)
    assert await fenced_at(keys) == 0
    assert {file.name for file in (other / "epochs").iterdir()} == {"000001.key"}
    with pytest.raises(SealBroken):
        await Vault(keys, foreign).data_keys([KIM])


async def test_a_folder_restored_from_before_the_rotation_is_refused_and_stays_as_it_is(
    keys: Collection, folder: Path, tmp_path: Path
) -> None:
    await sealed_under(Vault(keys, KeyFolder.open(folder)), NAMES)
    old = tmp_path / "backup"
    shutil.copytree(folder, old)
    await roll(keys, folder)
    before = contents(old)
    with pytest.raises(KeyFolderBehind, match=r"epoch 2, the key folder ends at 1"):
        await Vault(keys, KeyFolder.open(old)).check()
    with pytest.raises(KeyFolderBehind, match=r"epoch 2, the key folder ends at 1"):
        await roll(keys, old)
    assert contents(old) == before


async def test_keys_restored_from_before_the_rotation_are_refused(
    keys: Collection, folder: Path
) -> None:
    vault = Vault(keys, KeyFolder.open(folder))
    await sealed_under(vault, NAMES)
    backup = await copy_of(keys)
    await roll(keys, folder)
    await keys.database.drop_collection(keys.name)
    await keys.insert_many(backup)
    with pytest.raises(KeyFolderError, match="restore the keys database's newest backup"):
        await Vault(keys, KeyFolder.open(folder)).check()


async def test_a_database_without_keys_is_not_taken_for_one_whose_keys_are_all_safe(
    keys: Collection, folder: Path
) -> None:
    await Vault(keys, KeyFolder.open(folder)).check()
    with pytest.raises(NotFound, match="check DSR_MONGO_URL and DSR_KEYS_DB"):
        await roll(keys, folder)
    assert {file.name for file in (folder / "epochs").iterdir()} == {"000001.key"}


async def test_a_worker_may_start_in_the_middle_of_a_rotation(
    keys: Collection, folder: Path
) -> None:
    sealed = await sealed_under(Vault(keys, KeyFolder.open(folder)), NAMES)
    early = KeyFolder.open(folder)
    rollover = Rollover(keys, KeyFolder.open(folder), FolderEpochs(folder), quiet)
    for phase in rotation.PHASES:
        await phase(rollover)
        vault = Vault(keys, early)
        await vault.check()
        await assert_opens(vault, sealed)
