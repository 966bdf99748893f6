"""The vault: everybody who asks for a key by its name gets the same one, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from bson import Timestamp
from pymongo.errors import BulkWriteError

from schemas.errors import KeyFolderBehind, KeyGone, SealBroken
from workers.adapters.mongo import Collection
from workers.adapters.vault import FolderEpochs, KeyFolder, Vault, Wrapped

FIRST = KeyFolder(bytes(32), {1: b"\x01" * 32})
SECOND = KeyFolder(bytes(32), {2: b"\x02" * 32})
KIM, LEE = "subject:member:kim", "subject:member:lee"
PLACE = ("members", "profile.address")


class Cursor:
    """The answer to one `find`; another task may run before it comes, as with a server."""

    def __init__(self, rows: dict[str, dict[str, Any]], names: list[str], shown: set[str]) -> None:
        self._rows, self._names, self._shown = rows, names, shown

    async def to_list(self, length: int | None) -> list[dict[str, Any]]:
        """The rows as they are when the answer is made, cut down to the projection."""
        assert length is None
        await asyncio.sleep(0)
        rows = [self._rows[name] for name in self._names if name in self._rows]
        return [{key: row[key] for key in row.keys() & self._shown} for row in rows]


class Keys:
    """A collection in memory that inserts and refuses as mongod does."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.reads = self.inserts = 0
        self.refusal: dict[str, Any] | None = None
        self.destroyed_once: set[str] = set()
        self.fence = 0
        self.before_a_read: Callable[[], None] = lambda: None

    def find(self, query: dict[str, Any], projection: dict[str, bool]) -> Cursor:
        """Only the one query that the vault makes."""
        self.reads += 1
        self.before_a_read()
        return Cursor(self.rows, query["_id"]["$in"], {"_id", *projection})

    async def insert_many(self, documents: list[dict[str, Any]], *, ordered: bool) -> None:
        """Inserts what is new and names what was there already."""
        assert not ordered
        self.inserts += 1
        await asyncio.sleep(0)
        if self.refusal:
            raise BulkWriteError(self.refusal)
        errors = []
        for index, document in enumerate(documents):
            name = document["_id"]
            if document["epoch"] < self.fence:
                errors.append({"index": index, "code": 121, "op": document})
            elif name in self.rows or name in self.destroyed_once:
                errors.append({"index": index, "code": 11000, "op": document})
                self.destroyed_once.discard(name)
            else:
                self.rows[name] = dict(document)
        if errors:
            raise BulkWriteError({"writeErrors": errors, "writeConcernErrors": []})


@pytest.fixture
def keys() -> Keys:
    return Keys()


def vault(keys: Keys, holder: KeyFolder = FIRST) -> Vault:
    return Vault(cast("Collection", keys), holder)


async def test_a_key_that_was_created_is_the_key_that_is_read(keys: Keys) -> None:
    made = await vault(keys).data_keys([KIM, LEE], create=True)
    read = await vault(keys).data_keys([KIM, LEE])
    assert read.keys() == made.keys() == {KIM, LEE}
    assert read[KIM].open(made[KIM].seal(b"Mapo-gu", PLACE), PLACE) == b"Mapo-gu"
    with pytest.raises(SealBroken):
        read[LEE].open(made[KIM].seal(b"Mapo-gu", PLACE), PLACE)


async def test_a_missing_key_is_absent_and_is_not_made_by_asking(keys: Keys) -> None:
    assert await vault(keys).data_keys([KIM]) == {}
    assert keys.rows == {}


async def test_a_group_costs_one_read_and_one_insert(keys: Keys) -> None:
    names = [f"request:{n}" for n in range(64)]
    await vault(keys).data_keys([*names, *names], create=True)
    assert (keys.reads, keys.inserts, len(keys.rows)) == (1, 1, 64)
    await vault(keys).data_keys(names, create=True)
    assert (keys.reads, keys.inserts) == (2, 1)


async def test_asking_for_nothing_asks_nobody(keys: Keys) -> None:
    assert await vault(keys).data_keys([], create=True) == {}
    assert (keys.reads, keys.inserts) == (0, 0)


async def test_workers_that_create_at_once_agree_on_the_key(keys: Keys) -> None:
    names = [[f"request:{n}" for n in range(start, start + 8)] for start in range(8)]
    made = await asyncio.gather(*(vault(keys).data_keys(some, create=True) for some in names))
    assert keys.inserts == 8
    stored = await vault(keys).data_keys(keys.rows)
    for group in made:
        for name, key in group.items():
            assert stored[name].open(key.seal(b"x", PLACE), PLACE) == b"x"


async def test_what_is_stored_opens_nothing_by_itself(keys: Keys) -> None:
    await vault(keys).data_keys([KIM], create=True)
    row = keys.rows[KIM]
    assert row.keys() == {"_id", "epoch", "wrapped", "created_at"}
    assert (row["epoch"], row["created_at"]) == (1, Timestamp(0, 0))
    assert len(row["wrapped"]) == 32 + 29


async def test_a_key_stored_under_another_name_does_not_open(keys: Keys) -> None:
    await vault(keys).data_keys([KIM], create=True)
    keys.rows[LEE] = keys.rows[KIM] | {"_id": LEE}
    with pytest.raises(SealBroken):
        await vault(keys).data_keys([LEE])


async def test_a_key_with_another_epoch_written_over_it_does_not_open(keys: Keys) -> None:
    both = KeyFolder(bytes(32), {1: b"\x01" * 32, 2: b"\x01" * 32})
    await vault(keys, both).data_keys([KIM], create=True)
    keys.rows[KIM]["epoch"] = 1
    with pytest.raises(SealBroken):
        await vault(keys, both).data_keys([KIM])


async def test_a_restored_key_of_a_destroyed_epoch_is_gone(keys: Keys) -> None:
    await vault(keys, FIRST).data_keys([KIM], create=True)
    for create in (False, True):
        with pytest.raises(KeyGone):
            await vault(keys, SECOND).data_keys([KIM], create=create)


async def test_a_destroyed_key_is_not_remembered(keys: Keys) -> None:
    asked = vault(keys)
    sealed = (await asked.data_keys([KIM], create=True))[KIM].seal(b"Mapo-gu", PLACE)
    del keys.rows[KIM]
    assert await asked.data_keys([KIM]) == {}
    again = await asked.data_keys([KIM], create=True)
    with pytest.raises(SealBroken):
        again[KIM].open(sealed, PLACE)


async def test_a_key_destroyed_while_it_was_being_agreed_on_is_made_anew(keys: Keys) -> None:
    keys.destroyed_once = {KIM}
    made = await vault(keys).data_keys([KIM, LEE], create=True)
    read = await vault(keys).data_keys([KIM, LEE])
    for name in (KIM, LEE):
        assert read[name].open(made[name].seal(b"x", PLACE), PLACE) == b"x"


@pytest.mark.parametrize(
    "refusal",
    [
        {"writeErrors": [{"index": 0, "code": 2, "op": {"_id": KIM}}], "writeConcernErrors": []},
        {
            "writeErrors": [
                {"index": 0, "code": 121, "op": {"_id": KIM}},
                {"index": 1, "code": 2, "op": {"_id": LEE}},
            ]
        },
        {"writeErrors": [], "writeConcernErrors": [{"code": 64}]},
        {
            "writeErrors": [{"index": 0, "code": 11000, "op": {"_id": KIM}}],
            "writeConcernErrors": [{"code": 64}],
        },
    ],
)
async def test_a_key_that_was_not_stored_for_sure_is_not_given_out(
    keys: Keys, refusal: dict[str, Any]
) -> None:
    keys.refusal = refusal
    with pytest.raises(BulkWriteError):
        await vault(keys).data_keys([KIM, LEE], create=True)


@pytest.fixture
def outdated(tmp_path: Path) -> tuple[KeyFolder, FolderEpochs]:
    """A worker's key folder as it was read when it started, and epoch 2 that came since then."""
    holder = KeyFolder.create(tmp_path / "keys")
    epochs = FolderEpochs(tmp_path / "keys")
    epochs.admit(epochs.make())
    return holder, epochs


async def test_a_worker_that_meets_a_newer_epoch_reads_its_folder_again(
    keys: Keys, outdated: tuple[KeyFolder, FolderEpochs], tmp_path: Path
) -> None:
    holder, _ = outdated
    made = await vault(keys, KeyFolder.open(tmp_path / "keys")).data_keys([KIM], create=True)
    assert keys.rows[KIM]["epoch"] == 2
    assert holder.current_epoch == 1
    read = await vault(keys, holder).data_keys([KIM])
    assert read[KIM].open(made[KIM].seal(b"x", PLACE), PLACE) == b"x"
    assert holder.current_epoch == 2


async def test_a_worker_that_is_fenced_off_tries_again_under_the_new_epoch(
    keys: Keys, outdated: tuple[KeyFolder, FolderEpochs]
) -> None:
    keys.fence = 2
    made = await vault(keys, outdated[0]).data_keys([KIM, LEE], create=True)
    assert made.keys() == {KIM, LEE}
    assert {row["epoch"] for row in keys.rows.values()} == {2}


async def test_tasks_that_are_fenced_off_at_once_all_catch_up(
    keys: Keys, outdated: tuple[KeyFolder, FolderEpochs]
) -> None:
    keys.fence = 2
    asked = vault(keys, outdated[0])
    made = await asyncio.gather(
        *(asked.data_keys([f"request:{n}"], create=True) for n in range(16))
    )
    assert all(len(one) == 1 for one in made)
    assert len(keys.rows) == 16


async def test_a_worker_whose_folder_has_no_newer_epoch_is_told_to_try_later(keys: Keys) -> None:
    keys.fence = 2
    with pytest.raises(KeyFolderBehind, match="give this worker the current folder") as raised:
        await vault(keys, FIRST).data_keys([KIM], create=True)
    assert raised.value.retryable
    assert keys.rows == {}


async def test_a_key_whose_old_wrapping_was_read_just_before_a_rollover_ended_is_not_gone(
    keys: Keys,
) -> None:
    both = KeyFolder(bytes(32), {1: b"\x01" * 32, 2: b"\x02" * 32})
    made = await vault(keys, FIRST).data_keys([KIM], create=True)
    old = keys.rows[KIM]
    wrapped = both.wrap(both.unwrap(Wrapped(old["epoch"], old["wrapped"]), KIM), KIM)

    def rewrap_after_the_first_read() -> None:
        if keys.reads == 3:
            keys.rows[KIM] = old | {"epoch": wrapped.epoch, "wrapped": wrapped.sealed}

    keys.reads, keys.before_a_read = 1, rewrap_after_the_first_read
    read = await vault(keys, SECOND).data_keys([KIM])
    assert keys.reads == 3
    assert read[KIM].open(made[KIM].seal(b"x", PLACE), PLACE) == b"x"


async def test_a_running_worker_does_not_use_an_epoch_that_was_destroyed_meanwhile(
    keys: Keys, outdated: tuple[KeyFolder, FolderEpochs]
) -> None:
    holder, epochs = outdated
    worker = vault(keys, holder)
    await worker.data_keys([KIM], create=True)
    restored = dict(keys.rows[KIM])
    holder.reload()
    assert (restored["epoch"], holder.current_epoch) == (1, 2)
    assert (await worker.data_keys([KIM])).keys() == {KIM}
    epochs.retire(2)
    epochs.destroy(2)
    with pytest.raises(KeyGone):
        await worker.data_keys([KIM])
