"""Whether `dsr web` is ready: asked of the servers, also where a line only seems to stand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from tests.conftest import Names
from workers import wiring
from workers.adapters import mongo
from workers.adapters.broker import RabbitBroker
from workers.adapters.request_store import RequestStore
from workers.wiring import parts as module


class Line:
    """Between us and a server; it can fall silent without an end, as a cut cable does."""

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._open = asyncio.Event()
        self._open.set()
        self.port = 0

    def fall_silent(self) -> None:
        self._open.clear()

    def speak(self) -> None:
        self._open.set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._there)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, there_writer))
                both.create_task(self._pass(there_reader, writer))
        except* (OSError, asyncio.CancelledError):
            pass
        finally:
            there_writer.close()
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._open.wait()
            writer.write(data)
        writer.close()


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    split = urlsplit(url)
    line = Line(split.hostname or "", split.port or 0)
    server = await asyncio.start_server(line.take, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        line.speak()
        server.close()


def by(line: Line, url: str) -> str:
    split = urlsplit(url)
    user, at, _ = split.netloc.rpartition("@")
    return split._replace(netloc=f"{user}{at}127.0.0.1:{line.port}").geturl()


async def test_a_server_that_falls_silent_is_named_and_the_other_stays_well(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with line_to(names.amqp_url) as to_broker, line_to(names.mongo_url) as to_mongo:
        url = f"mongodb://127.0.0.1:{to_mongo.port}/?directConnection=true"
        client = mongo.connect(url)
        broker = RabbitBroker(by(to_broker, names.amqp_url))
        async with broker:
            requests = RequestStore(mongo.database(client, names.db))
            parts = cast("Any", SimpleNamespace(requests=requests, broker=broker))
            monkeypatch.setattr(module, "READY_WITHIN", 20.0)
            assert await wiring.ready(parts) == {"mongodb": True, "rabbitmq": True}
            monkeypatch.setattr(module, "READY_WITHIN", 0.5)
            to_broker.fall_silent()
            assert (await wiring.ready(parts))["rabbitmq"] is False
            to_broker.speak()
            to_mongo.fall_silent()
            assert (await wiring.ready(parts))["mongodb"] is False
            to_mongo.speak()
            monkeypatch.setattr(module, "READY_WITHIN", 20.0)
            assert await wiring.ready(parts) == {"mongodb": True, "rabbitmq": True}
        client.close()
