"""Key rotation on a real server: survivors open, the deleted never, and nobody has to stop."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from schemas.errors import KeyFolderBehind, KeyGone, SealBroken
from tests.integration.vault.house import (
    KIM,
    LEE,
    NAMES,
    assert_opens,
    contents,
    copy_of,
    quiet,
    roll,
    sealed_under,
)
from workers.adapters.mongo import Client, Collection
from workers.adapters.vault import FolderEpochs, KeyFolder, Rollover, Vault, rotate, rotation


async def test_a_rotation_rewraps_every_key_and_data_stays_readable(
    keys: Collection, folder: Path
) -> None:
    sealed = await sealed_under(Vault(keys, KeyFolder.open(folder)), NAMES)
    before = await copy_of(keys)
    done = await roll(keys, folder)
    assert (done.epoch, done.rewrapped, done.destroyed) == (2, len(NAMES), (1,))
    after = await copy_of(keys)
    assert {row["epoch"] for row in after} == {2}
    for old, new in zip(before, after, strict=True):
        assert new["wrapped"] != old["wrapped"]
        assert new["created_at"] == old["created_at"]
    await assert_opens(Vault(keys, KeyFolder.open(folder)), sealed)


async def test_every_further_rotation_is_as_the_first(keys: Collection, folder: Path) -> None:
    sealed = await sealed_under(Vault(keys, KeyFolder.open(folder)), NAMES)
    for number in range(2, 6):
        done = await roll(keys, folder)
        assert (done.epoch, done.rewrapped, done.destroyed) == (number, 50, (number - 1,))
    await assert_opens(Vault(keys, KeyFolder.open(folder)), sealed)
    assert [file.name for file in (folder / "epochs").iterdir()] == ["000005.key"]


async def test_a_backup_of_the_keys_opens_nothing_of_the_deleted_after_a_rotation(
    keys: Collection, folder: Path
) -> None:
    vault = Vault(keys, KeyFolder.open(folder))
    sealed = await sealed_under(vault, [KIM, LEE])
    backup = await copy_of(keys)
    assert await vault.destroy([KIM, "subject:member:nobody"]) == 1
    # Before the rotation the backup still opens what it sealed: that is why there is one.
    await keys.insert_one(next(row for row in backup if row["_id"] == KIM))
    await assert_opens(vault, {KIM: sealed[KIM]})
    assert await vault.destroy([KIM]) == 1
    await roll(keys, folder)
    await keys.database.drop_collection(keys.name)
    await keys.insert_many(backup)
    restored = Vault(keys, KeyFolder.open(folder))
    for name in (KIM, LEE):
        with pytest.raises(KeyGone):
            await restored.data_keys([name])
    remaining = [content for content in contents(folder).values() if len(content) == 32]
    assert len(remaining) == 2
    for key in remaining:
        with pytest.raises(SealBroken):
            await Vault(keys, KeyFolder(b"m" * 32, {1: key})).data_keys([KIM])


async def test_a_destroyed_key_is_deleted_and_counted_and_its_neighbours_live(
    keys: Collection, folder: Path
) -> None:
    vault = Vault(keys, KeyFolder.open(folder))
    many = [f"request:{number:04}" for number in range(2_100)]
    sealed = await sealed_under(vault, [*many, KIM])
    assert await vault.destroy(iter([*many, *many])) == 2_100
    assert await vault.destroy(many) == 0
    assert await vault.destroy([]) == 0
    assert await vault.data_keys(many) == {}
    await assert_opens(vault, {KIM: sealed[KIM]})


async def test_a_slow_worker_cannot_write_under_the_old_epoch_and_goes_on_under_the_new(
    keys: Collection, folder: Path, tmp_path: Path
) -> None:
    slow, stranded = KeyFolder.open(folder), tmp_path / "copy"
    await sealed_under(Vault(keys, slow), [KIM])
    shutil.copytree(folder, stranded)
    without_the_new = KeyFolder.open(stranded)
    await roll(keys, folder)
    late = {"_id": LEE, "epoch": 1, "wrapped": slow.wrap(bytes(32), LEE).sealed}
    with pytest.raises(BulkWriteError) as raised:
        await keys.insert_many([late])
    assert raised.value.details["writeErrors"][0]["code"] == 121
    with pytest.raises(KeyFolderBehind):
        await sealed_under(Vault(keys, without_the_new), [LEE])
    with pytest.raises(KeyFolderBehind):
        await Vault(keys, without_the_new).data_keys([KIM])
    assert await keys.count_documents({}) == 1
    sealed = await sealed_under(Vault(keys, slow), [LEE])
    assert await keys.count_documents({"epoch": 2}) == 2
    await assert_opens(Vault(keys, KeyFolder.open(folder)), sealed)


@pytest.mark.parametrize("done", range(len(rotation.PHASES)))
async def test_a_rotation_killed_between_two_phases_is_finished_by_the_next(
    keys: Collection, folder: Path, done: int
) -> None:
    worker = Vault(keys, KeyFolder.open(folder))
    sealed = await sealed_under(worker, NAMES)
    killed = Rollover(keys, KeyFolder.open(folder), FolderEpochs(folder), quiet)
    for phase in rotation.PHASES[:done]:
        await phase(killed)
    await assert_opens(worker, sealed)
    sealed |= await sealed_under(worker, [f"request:{done}"])
    await Vault(keys, KeyFolder.open(folder)).check()
    finished = await roll(keys, folder)
    assert (finished.epoch, finished.destroyed) == (2, (1,))
    assert await keys.count_documents({"epoch": 2}) == len(sealed) == await keys.count_documents({})
    assert [file.name for file in (folder / "epochs").iterdir()] == ["000002.key"]
    for vault in (worker, Vault(keys, KeyFolder.open(folder))):
        await assert_opens(vault, sealed)


async def test_a_rotation_killed_between_two_batches_rewraps_only_the_rest(
    keys: Collection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As hard as a signal: nothing catches it."""

    def stop_after_the_second(done: int, total: int) -> None:
        assert total == len(NAMES)
        if done == 20:
            raise Killed

    monkeypatch.setattr(rotation, "BATCH", 10)
    sealed = await sealed_under(Vault(keys, KeyFolder.open(folder)), NAMES)
    with pytest.raises(Killed):
        await rotate(keys, KeyFolder.open(folder), FolderEpochs(folder), stop_after_the_second)
    assert await keys.count_documents({"epoch": 2}) == 20
    await assert_opens(Vault(keys, KeyFolder.open(folder)), sealed)
    finished = await roll(keys, folder)
    assert (finished.epoch, finished.rewrapped, finished.destroyed) == (2, 30, (1,))
    await assert_opens(Vault(keys, KeyFolder.open(folder)), sealed)


async def test_workers_see_no_error_while_rotations_run(
    keys: Collection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 5)
    over = asyncio.Event()
    sealed: dict[str, bytes] = {}

    async def work(number: int) -> int:
        """As a worker's process does: a folder of its own that it opened once."""
        vault = Vault(keys, KeyFolder.open(folder))
        own: dict[str, bytes] = {}
        while not over.is_set():
            own |= await sealed_under(vault, [f"request:{number}:{len(own)}"])
            await assert_opens(vault, own)
            if len(own) % 7 == 0:
                name, _ = own.popitem()
                assert await vault.destroy([name]) == 1
                own |= await sealed_under(vault, [f"request:{number}:again:{name}"])
        sealed.update(own)
        return len(own)

    await sealed_under(Vault(keys, KeyFolder.open(folder)), NAMES)
    workers = [asyncio.create_task(work(number)) for number in range(4)]
    for number in range(2, 7):
        done = await roll(keys, folder)
        assert (done.epoch, done.destroyed) == (number, (number - 1,))
    over.set()
    assert min(await asyncio.gather(*workers)) > 0
    await assert_opens(Vault(keys, KeyFolder.open(folder)), sealed)
    assert await keys.count_documents({"epoch": {"$lt": 5}}) == 0


async def test_a_key_deleted_while_it_is_rewrapped_is_not_brought_back(
    keys: Collection, folder: Path
) -> None:
    vault = Vault(keys, KeyFolder.open(folder))
    await sealed_under(vault, [KIM, LEE])
    rollover = Rollover(keys, KeyFolder.open(folder), FolderEpochs(folder), quiet)
    for phase in rotation.PHASES[:4]:
        await phase(rollover)
    real = keys.bulk_write

    async def delete_first(updates: Any, *, ordered: bool) -> Any:
        assert await vault.destroy([KIM]) == 1
        return await real(updates, ordered=ordered)

    object.__setattr__(keys, "bulk_write", delete_first)
    for phase in rotation.PHASES[4:]:
        await phase(rollover)
    assert rollover.rewrapped == 1
    assert [row["_id"] for row in await copy_of(keys)] == [LEE]


async def test_the_old_key_is_not_destroyed_while_one_wrapping_needs_it(
    keys: Collection, folder: Path
) -> None:
    await sealed_under(Vault(keys, KeyFolder.open(folder)), NAMES)
    altered = b"\x01" + bytes(60)
    await keys.update_one({"_id": KIM}, {"$set": {"wrapped": altered}})
    for _ in range(2):
        with pytest.raises(rotation.KeysLeft, match=r"opens 1 of the .* 'subject:member:000'"):
            await roll(keys, folder)
        assert (folder / "epochs" / "000001.key").exists()
    await keys.delete_one({"_id": KIM})
    assert (await roll(keys, folder)).destroyed == (1,)


async def test_an_open_transaction_is_waited_for_and_its_key_is_rewrapped(
    client: Client, keys: Collection, folder: Path
) -> None:
    holder = KeyFolder.open(folder)
    await sealed_under(Vault(keys, holder), [KIM])
    rollover = Rollover(keys, holder, FolderEpochs(folder), quiet)
    for phase in rotation.PHASES[:3]:
        await phase(rollover)
    old = KeyFolder(b"m" * 32, {1: (folder / "epochs" / "000001.key").read_bytes()})
    async with await client.start_session() as session:
        session.start_transaction()
        late = {"_id": LEE, "epoch": 1, "wrapped": old.wrap(bytes(32), LEE).sealed}
        await keys.with_options(read_concern=None).insert_one(late, session=session)
        fence = asyncio.ensure_future(rotation.PHASES[3](rollover))
        await waiting_for_a_lock(client, "collMod")
        assert not fence.done()
        await session.commit_transaction()
    await fence
    for phase in rotation.PHASES[4:]:
        await phase(rollover)
    assert rollover.rewrapped == 2
    assert (await Vault(keys, KeyFolder.open(folder)).data_keys([LEE])).keys() == {LEE}


async def waiting_for_a_lock(client: Client, command: str) -> None:
    """Until the server says that this command waits."""
    async with asyncio.timeout(30):
        while True:
            stages: list[dict[str, Any]] = [
                {"$currentOp": {}},
                {"$match": {f"command.{command}": {"$exists": True}}},
            ]
            running = await client.admin.aggregate(stages).to_list(None)
            if any(operation.get("waitingForLock") for operation in running):
                return
            await asyncio.sleep(0.01)
