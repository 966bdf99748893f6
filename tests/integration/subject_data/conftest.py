"""A company's database of its own for every test, and the cast that lives in it."""

from __future__ import annotations

import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandListener, CommandStartedEvent

from schemas.datamap import DataMap
from tests.integration.subject_data.company import FOREIGN, MEMBERS, OURS, Company, NewCompany
from workers.adapters import mongo
from workers.adapters.tokens import Tokens
from workers.adapters.vault import KeyFolder, Vault
from workers.datamap_file import load
from workers.local.stack import Stack

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def shop_map() -> DataMap:
    return load(ROOT / "deploy/datamaps/smallmachines.yaml")


@pytest.fixture(scope="session")
def library_map() -> DataMap:
    return load(ROOT / "tests/datamaps/foreign.yaml")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    return KeyFolder.create(tmp_path_factory.mktemp("keys"))


class Listener(CommandListener):
    """Keeps what was sent to the server."""

    def __init__(self) -> None:
        self.events: list[CommandStartedEvent] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep it."""
        self.events.append(event)

    def succeeded(self, event: object) -> None:
        """Nothing to keep."""

    def failed(self, event: object) -> None:
        """Nothing to keep."""


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def commands(listener: Listener) -> list[CommandStartedEvent]:
    """What the workers sent to the server in this test."""
    return listener.events


@pytest.fixture(scope="session")
async def read_only_shop(
    stack: Stack, shop_map: DataMap, keys: KeyFolder
) -> AsyncIterator[Company]:
    """The shop for tests that change nothing in it."""
    client = mongo.connect(stack.mongo.url)
    name = f"company_{uuid.uuid4().hex[:12]}"
    vault = Vault(mongo.database(client, f"{name}_keys")["keys"], keys)
    company = Company(mongo.database(client, name), shop_map, vault, Tokens(keys))
    await company.fill(MEMBERS)
    yield company
    await client.drop_database(name)
    await client.drop_database(f"{name}_keys")
    client.close()


@pytest.fixture
async def client(stack: Stack, listener: Listener) -> AsyncIterator[mongo.Client]:
    client: mongo.Client = AsyncIOMotorClient(
        stack.mongo.url,
        timeoutMS=mongo.CALL_TIMEOUT_MS,
        event_listeners=[listener],
        appname=OURS,
    )
    yield client
    client.close()


@pytest.fixture
async def new_company(client: mongo.Client, keys: KeyFolder) -> AsyncIterator[NewCompany]:
    """Makes companies; their databases go with the test."""
    made: list[str] = []

    def make(datamap: DataMap) -> Company:
        name = f"company_{uuid.uuid4().hex[:12]}"
        made.extend((name, f"{name}_keys"))
        vault = Vault(mongo.database(client, f"{name}_keys")["keys"], keys)
        return Company(mongo.database(client, name), datamap, vault, Tokens(keys))

    yield make
    for name in made:
        await client.drop_database(name)


@pytest.fixture
async def shop(new_company: NewCompany, shop_map: DataMap) -> Company:
    """The shop of the default map: Kim Minji is member 1, others live beside her."""
    company = new_company(shop_map)
    await company.fill(MEMBERS)
    await company.data.init()
    return company


@pytest.fixture
async def library(new_company: NewCompany, library_map: DataMap) -> Company:
    """A database that nobody here designed, with a validator and unique indexes of its own."""
    company = new_company(library_map)
    await company.fill(FOREIGN)
    await company.data.init()
    return company


@pytest.fixture
def unused_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
