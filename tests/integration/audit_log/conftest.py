"""A log of its own for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Names
from tests.integration.audit_log.house import House
from workers.adapters import mongo


@pytest.fixture
async def house(names: Names) -> AsyncIterator[House]:
    client = mongo.connect(names.mongo_url)
    house = House(mongo.database(client, names.db))
    await house.init()
    yield house
    await client.drop_database(names.db)
    client.close()
