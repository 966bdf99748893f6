"""The client of a database: what its server is told about it."""

from __future__ import annotations

from typing import Any

import pytest

from workers.adapters import mongo


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("mongodb://db.example/", "dsr-workers"),
        ("mongodb://db.example/?replicaSet=rs0&appName=desk", "desk"),
        ("mongodb://db.example/?appname=desk", "desk"),
    ],
)
async def test_the_server_shows_it_by_the_name_of_its_address(address: str, name: str) -> None:
    client = mongo.connect(address)
    options: Any = client.options
    assert options.pool_options.metadata["application"]["name"] == name
    client.close()
