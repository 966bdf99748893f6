"""An archive of its own for every test."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from tests.integration.archive.house import House, Keys
from workers.adapters import mongo
from workers.adapters.archive import ArchiveStore
from workers.adapters.vault import KeyFolder
from workers.local.stack import Stack


@pytest.fixture(scope="session")
def holder(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    return KeyFolder.create(tmp_path_factory.mktemp("keys"))


@pytest.fixture
async def house(stack: Stack, holder: KeyFolder) -> AsyncIterator[House]:
    client = mongo.connect(stack.mongo.url)
    name = f"test_{uuid.uuid4().hex[:12]}"
    db, ours = mongo.database(client, f"{name}_archive"), mongo.database(client, name)
    keys = mongo.keys_collection(client, f"{name}_keys")
    vault = Keys(keys, holder)
    yield House(ArchiveStore(db, ours, vault, holder), vault, db, ours, keys)
    for suffix in ("", "_archive", "_keys"):
        await client.drop_database(f"{name}{suffix}")
    client.close()
