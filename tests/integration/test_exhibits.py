"""Evidence lies sealed, and once it is destroyed no copy from before can be opened."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from schemas.errors import NotFound
from tests.conftest import Names
from workers.adapters import mongo
from workers.adapters.exhibits import Exhibits
from workers.adapters.mongo import Database
from workers.adapters.vault import KeyFolder, Vault

PAPER = "주민등록번호 뒷자리".encode() + os.urandom(1000)


@pytest.fixture
async def db(names: Names) -> AsyncIterator[Database]:
    client = mongo.connect(names.mongo_url)
    yield mongo.database(client, names.db)
    for name in (names.db, names.keys_db):
        await client.drop_database(name)
    client.close()


@pytest.fixture
def exhibits(db: Database, names: Names) -> Exhibits:
    holder = KeyFolder(b"m" * 32, {1: b"e" * 32})
    return Exhibits(db, Vault(mongo.keys_collection(db.client, names.keys_db), holder))


async def test_what_was_handed_in_is_read_back_and_stands_nowhere_in_clear(
    exhibits: Exhibits, db: Database
) -> None:
    await exhibits.keep("r-1", "e-1", "여권.jpg", PAPER)
    assert await exhibits.read("r-1", "e-1") == ("여권.jpg", PAPER)
    (stored,) = await db["exhibits"].find().to_list(None)
    assert PAPER[:27] not in stored["sealed"]
    assert "여권" not in repr(stored)


async def test_another_requests_evidence_is_not_found(exhibits: Exhibits) -> None:
    await exhibits.keep("r-1", "e-1", "a", PAPER)
    with pytest.raises(NotFound):
        await exhibits.read("r-2", "e-1")


async def test_once_destroyed_not_even_a_copy_from_before_opens(
    exhibits: Exhibits, db: Database
) -> None:
    await exhibits.keep("r-1", "e-1", "a", PAPER)
    await exhibits.keep("r-2", "e-2", "b", PAPER)
    copy = await db["exhibits"].find_one({"_id": "e-1"})
    assert copy is not None
    for _ in range(2):
        await exhibits.destroy(["r-1"])
    await db["exhibits"].insert_one(copy)
    with pytest.raises(NotFound):
        await exhibits.read("r-1", "e-1")
    assert (await exhibits.read("r-2", "e-2"))[1] == PAPER


async def test_one_that_could_not_be_recorded_is_dropped(exhibits: Exhibits, db: Database) -> None:
    await exhibits.keep("r-1", "e-1", "a", PAPER)
    await exhibits.drop("e-1")
    assert await db["exhibits"].count_documents({}) == 0
