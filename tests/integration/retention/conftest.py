"""A house of its own for every test: nobody in it is due until the test says so."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.datamap import DataMap
from tests.integration.retention.house import RetentionHouse
from tests.integration.subject_data.company import MEMBERS
from workers.adapters import mongo
from workers.adapters.vault import KeyFolder, Tombstones
from workers.datamap_file import load
from workers.local.stack import Stack

FILE = Path(__file__).parents[3] / "deploy/datamaps/smallmachines.yaml"


@pytest.fixture(scope="session")
def shop_map() -> DataMap:
    return load(FILE)


@pytest.fixture
async def house(stack: Stack, shop_map: DataMap, tmp_path: Path) -> AsyncIterator[RetentionHouse]:
    client = mongo.connect(stack.mongo.url)
    name = f"test_{uuid.uuid4().hex[:12]}"
    folder = tmp_path / "keys"
    KeyFolder.create(folder)
    Tombstones.create(folder / "tombstones")
    house = RetentionHouse(client, name, shop_map, folder, FILE)
    await house.company.fill(MEMBERS)
    await house.company.data.init()
    await house.requests.init()
    await house.archive.init()
    await house.packages.init()
    yield house
    for suffix in ("", "_archive", "_keys", "_company"):
        await client.drop_database(f"{name}{suffix}")
    client.close()
