"""A keys database and a key folder of its own for every test."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from workers.adapters import mongo
from workers.adapters.mongo import Client, Collection
from workers.adapters.vault import KeyFolder
from workers.local.stack import Stack


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[Client]:
    client = mongo.connect(stack.mongo.url)
    yield client
    client.close()


@pytest.fixture
async def keys(client: Client) -> AsyncIterator[Collection]:
    """The wrapped keys of one house."""
    name = f"keys_{uuid.uuid4().hex[:12]}"
    yield mongo.keys_collection(client, name)
    await client.drop_database(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    KeyFolder.create(tmp_path / "keys")
    return tmp_path / "keys"
