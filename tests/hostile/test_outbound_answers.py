"""Recipients whose answers would hold a worker, fill it, or lead it somewhere else."""

from __future__ import annotations

import asyncio
import gzip
import time

import pytest

from schemas.errors import PutOff
from tests.rogue import APPLIED, Rogue, Script, response, rogue, saying
from workers.adapters.recipients.http1 import ANSWER_BYTES, Answer
from workers.adapters.recipients.safe_http import Endpoint


async def call(server: Rogue, seconds: float = 5.0) -> Answer:
    endpoint = Endpoint(server.url(), allow_private=True)
    try:
        return await endpoint.post(b"{}", {}, seconds)
    finally:
        endpoint.close()


def dripping(piece: bytes, *, first: bytes = b"") -> Script:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)

    return drip


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    "script",
    [
        silence,
        dripping(b"x", first=b"HTTP/1.1 200 "),
        dripping(b"x: y\r\n", first=b"HTTP/1.1 200 OK\r\n"),
        dripping(b" ", first=b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n"),
        dripping(b"1\r\n \r\n", first=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
        dripping(b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(b"HTTP/1.1 102 Processing\r\n\r\n"),
    ],
    ids=["silence", "status", "headers", "body", "chunks", "continue", "processing"],
)
async def test_a_dripping_answer_ends_at_the_one_deadline(script: Script) -> None:
    async with rogue(script) as server:
        started = time.monotonic()
        with pytest.raises(PutOff) as failed:
            await call(server, seconds=0.3)
        assert failed.value.code == "timeout"
        assert 0.25 < time.monotonic() - started < 4


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


async def test_a_huge_answer_is_cut_off_and_settles_nothing() -> None:
    async with rogue(endless) as server:
        assert await call(server) == Answer(200, {"transfer-encoding": "chunked"}, None)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


async def test_headers_behind_the_body_are_not_kept() -> None:
    trailers = b'14\r\n{"status":"applied"}\r\n0\r\nretry-after: 9\r\nx: y\r\n\r\n'
    async with rogue(saying(CHUNKED + trailers)) as server:
        applied = Answer(200, {"transfer-encoding": "chunked"}, b'{"status":"applied"}')
        assert await call(server) == applied


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"0\r\n", b"x-%d: " + b"y" * 200 + b"\r\n"),
        (b"0\r\nx: %d", b"y" * 200),
        (b"", b"1;%d=" + b"z" * 200 + b"\r\n \r\n"),
    ],
    ids=["trailers", "one trailer", "extensions of chunks"],
)
async def test_all_bytes_of_an_answer_count_against_the_cap(first: bytes, piece: bytes) -> None:
    written = 0

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(CHUNKED + first.replace(b"%d", b"0"))
        for number in range(200_000):
            if writer.is_closing():
                return
            writer.write(piece.replace(b"%d", b"%d" % number))
            await writer.drain()
            written += len(piece)
        writer.write(b"\r\n\r\n")

    async with rogue(flood) as server:
        assert await call(server) == Answer(200, {"transfer-encoding": "chunked"}, None)
    assert written < 8_000_000  # what lies between the two is the system's


async def test_an_answer_may_be_as_long_as_the_cap() -> None:
    async with rogue(saying(response(b" " * ANSWER_BYTES))) as server:
        assert (await call(server)).body == b" " * ANSWER_BYTES
    async with rogue(saying(response(b" " * (ANSWER_BYTES + 1)))) as server:
        assert (await call(server)).body is None


async def test_a_gzip_bomb_is_never_unpacked() -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    async with rogue(saying(response(bomb, b"content-encoding: gzip"))) as server:
        assert (await call(server)).body is None
        assert server.header("accept-encoding") == "identity"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"220 mail.example ESMTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000,
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n123456",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot hex\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"\x00" * 1000,
    ],
    ids=[
        *("ssh", "smtp", "many headers", "long header", "two lengths", "negative length"),
        *("bad chunk", "bad status", "zeros"),
    ],
)
async def test_what_is_not_http_is_put_off(answer: bytes) -> None:
    async with rogue(saying(answer)) as server:
        with pytest.raises(PutOff) as failed:
            await call(server)
        assert failed.value.code == "broken_off"


async def test_a_connection_that_ends_before_the_answer_is_put_off() -> None:
    async with rogue(hang_up) as server:
        with pytest.raises(PutOff) as failed:
            await call(server)
        assert failed.value.code == "broken_off"


async def test_an_answer_that_is_cut_short_is_put_off() -> None:
    async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"status":"applied"}')
        writer.close()

    async with rogue(cut) as server:
        with pytest.raises(PutOff) as failed:
            await call(server)
        assert failed.value.code == "broken_off"


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Again", b"308 Moved"])
async def test_a_redirect_is_not_followed(status: bytes) -> None:
    async with rogue(saying(APPLIED)) as elsewhere:
        location = b"location: " + elsewhere.url().encode()
        async with rogue(saying(response(b"", location, status=status))) as server:
            assert (await call(server)).status == int(status[:3])
        assert elsewhere.heads == []


async def test_a_second_answer_sent_along_is_not_taken_for_the_next_one() -> None:
    smuggled = response(b'{"status":"refused"}') + APPLIED
    async with rogue(saying(smuggled), saying(APPLIED)) as server:
        endpoint = Endpoint(server.url(), allow_private=True)
        first = await endpoint.post(b"1", {}, 5)
        second = await endpoint.post(b"2", {}, 5)
        assert first.body == b'{"status":"refused"}'
        assert second.body == b'{"status":"applied"}'
        assert (server.connections, server.bodies) == (2, [b"1", b"2"])
        endpoint.close()


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    spoken = asyncio.Event()

    async def speak_again(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(APPLIED)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(response(b'{"status":"refused"}', status=b"408 Timeout"))
        await writer.drain()
        spoken.set()

    async with rogue(speak_again, saying(APPLIED)) as server:
        endpoint = Endpoint(server.url(), allow_private=True)
        await endpoint.post(b"1", {}, 5)
        await spoken.wait()
        second = await endpoint.post(b"2", {}, 5)
        assert (second.status, second.body) == (200, b'{"status":"applied"}')
        assert server.connections == 2
        endpoint.close()


async def test_a_cookie_is_not_brought_back() -> None:
    async with rogue(saying(response(b"", b"set-cookie: track=kim; path=/"))) as server:
        endpoint = Endpoint(server.url(), allow_private=True)
        await endpoint.post(b"", {}, 5)
        await endpoint.post(b"", {}, 5)
        assert server.connections == 1
        assert server.header("cookie") is None
        endpoint.close()
