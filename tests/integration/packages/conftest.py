"""A company whose people ask to see what is held about them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from schemas.datamap import DataMap
from tests.integration.packages.house import House
from workers.adapters import mongo
from workers.adapters.vault import KeyFolder
from workers.datamap_file import load
from workers.local.stack import Stack

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def shop_map() -> DataMap:
    return load(ROOT / "deploy/datamaps/smallmachines.yaml")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    return KeyFolder.create(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def library_map() -> DataMap:
    return load(ROOT / "tests/datamaps/foreign.yaml")


@pytest.fixture
async def house(stack: Stack, shop_map: DataMap, keys: KeyFolder) -> AsyncIterator[House]:
    async with _opened(stack, shop_map, keys) as made:
        yield made


@pytest.fixture
async def library(stack: Stack, library_map: DataMap, keys: KeyFolder) -> AsyncIterator[House]:
    """A database that nobody here designed."""
    async with _opened(stack, library_map, keys) as made:
        yield made


@asynccontextmanager
async def _opened(stack: Stack, datamap: DataMap, keys: KeyFolder) -> AsyncIterator[House]:
    client = mongo.connect(stack.mongo.url)
    name = f"packages_{uuid.uuid4().hex[:12]}"
    made = House(client, name, datamap, keys)
    await made.store.init()
    await made.company.data.init()
    yield made
    for database in made.databases:
        await client.drop_database(database)
    client.close()
