"""Connections that never end what they began: closed in time, so that they shut nobody out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.web_house import open_site
from workers.web import connection, serve, server

HALF: bytes = b"GET /healthz HTTP/1.1\r\n"
WHOLE: bytes = HALF + b"host: privacy.shop.example\r\n\r\n"
FORM: bytes = (
    b"host: privacy.shop.example\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    b"content-length: 1000\r\n\r\n"
)


PATIENCE: float = 3.0
"""Seconds; less than uvicorn's own limit between two requests."""


class Visitor:
    """Somebody with a socket, who writes it all by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> int:
        """The status of the next answer, read to its end."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))
        return int(head.split()[1])

    async def is_closed(self) -> None:
        """Returns once the server has closed it."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                assert await self._reader.read() == b""

    async def drip(self, data: bytes) -> None:
        """Send a bit again and again, until the server has closed it."""
        closed = asyncio.create_task(self.is_closed())
        while not (await asyncio.wait((closed,), timeout=0.02))[0]:
            self.send(data)
        await closed


class Town:
    """Where visitors come from."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._came: list[asyncio.StreamWriter] = []

    async def visitor(self, data: bytes = b"") -> Visitor:
        """Somebody new, who has sent this."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._came.append(writer)
        writer.write(data)
        return Visitor(reader, writer)

    def leave(self) -> None:
        """Everybody goes."""
        for writer in self._came:
            writer.close()


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A site that takes few at once and waits for nobody for long."""
    monkeypatch.setattr(server, "AT_ONCE", 8)
    monkeypatch.setattr(connection, "HEAD_WITHIN", 0.3)
    monkeypatch.setattr(connection, "BODY_WITHIN", 0.3)
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    async with open_site(tmp_path / "secrets") as site:
        serving = asyncio.create_task(
            serve(site.app, "127.0.0.1", 0, stop, listening=port.set_result)
        )
        town = Town(await port)
        yield town
        town.leave()
        stop.set()
        await serving


async def test_half_sent_requests_shut_nobody_out_for_long(town: Town) -> None:
    crowd = [await town.visitor(HALF) for _ in range(12)]
    member = await town.visitor(WHOLE)
    assert await member.answer() == 503
    await asyncio.gather(*(one.is_closed() for one in crowd))
    assert await (await town.visitor(WHOLE)).answer() == 200


async def test_whoever_says_nothing_is_not_waited_for(town: Town) -> None:
    await (await town.visitor()).is_closed()


@pytest.mark.parametrize("begun", [b"", WHOLE], ids=["the first", "the second"])
async def test_a_dripping_head_has_no_longer(town: Town, begun: bytes) -> None:
    visitor = await town.visitor(begun)
    if begun:
        assert await visitor.answer() == 200
    visitor.send(HALF)
    await visitor.drip(b"x: y\r\n")


async def test_a_dripping_body_has_no_longer(town: Town) -> None:
    visitor = await town.visitor(b"POST /status HTTP/1.1\r\n" + FORM)
    await visitor.drip(b"x")


async def test_a_body_that_goes_on_after_the_answer_has_no_longer(town: Town) -> None:
    visitor = await town.visitor(b"POST /nowhere HTTP/1.1\r\n" + FORM)
    assert await visitor.answer() == 404
    await visitor.drip(b"x")


async def test_a_body_that_ends_after_the_answer_leaves_no_connection_behind(town: Town) -> None:
    visitor = await town.visitor(b"POST /nowhere HTTP/1.1\r\n" + FORM)
    assert await visitor.answer() == 404
    visitor.send(b"x" * 1000)
    await visitor.is_closed()


async def test_a_connection_between_two_requests_is_kept_for_longer(town: Town) -> None:
    member = await town.visitor(WHOLE)
    assert await member.answer() == 200
    await (await town.visitor(HALF)).is_closed()
    member.send(WHOLE)
    assert await member.answer() == 200


async def test_a_head_in_two_parts_is_one(town: Town) -> None:
    member = await town.visitor(WHOLE[:-10])
    member.send(WHOLE[-10:])
    assert await member.answer() == 200
