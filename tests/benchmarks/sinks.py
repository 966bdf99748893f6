"""Where mails and webhooks end: two light servers, one process each, that only keep what came.

    python -m tests.benchmarks.sinks smtp|webhook

Prints `{"port": …, "control": …}` once it listens. Control takes one JSON object a line:
`{"op": "wait", "count": n}` answers `{"at": t}` when n have come, the monotonic time of the n-th;
`{"op": "take"}` answers all that came, and forgets it. Everything is parsed only when it is taken.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from typing import cast

import uvloop

_CODE = re.compile(rb"^([0-9]{8})\r?$", re.MULTILINE)
_END_OF_MAIL = b"\r\n.\r\n"
_END_OF_HEAD = b"\r\n\r\n"
_ANSWER = b'{"status":"applied"}'
_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(_ANSWER),
    _ANSWER,
)


class Kept:
    """What came, each with its time."""

    def __init__(self) -> None:
        self.items: list[tuple[float, bytes]] = []
        self._more = asyncio.Event()

    def add(self, item: bytes) -> None:
        """Keep one more."""
        self.items.append((time.monotonic(), item))
        self._more.set()

    async def nth(self, count: int) -> float:
        """When the `count`-th came; waits for it."""
        while len(self.items) < count:
            self._more.clear()
            await self._more.wait()
        return self.items[count - 1][0]

    def take(self) -> list[tuple[float, bytes]]:
        """All, which are then forgotten."""
        taken, self.items = self.items, []
        return taken


class _Lines(asyncio.Protocol):
    """A connection with its buffer."""

    transport: asyncio.Transport

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, where the protocol has it so."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take whatever is complete."""
        self._buffer += data
        while self._buffer and self._step():
            pass

    def _step(self) -> bool:
        raise NotImplementedError


class SmtpSink(_Lines):
    """Says yes to everything."""

    _in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        super().connection_made(transport)
        self.transport.write(b"220 sink\r\n")

    def _step(self) -> bool:
        if self._in_data:
            mail, end, rest = self._buffer.partition(_END_OF_MAIL)
            if not end:
                return False
            self._kept.add(mail)
            self._in_data, self._buffer = False, rest
            self.transport.write(b"250 kept\r\n")
            return True
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        verb = line[:4].upper()
        if verb == b"DATA":
            self._in_data = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")
        return True


class WebhookSink(_Lines):
    """Settles every notice at once."""

    def _step(self) -> bool:
        head, end, rest = self._buffer.partition(_END_OF_HEAD)
        if not end:
            return False
        length = int(_header(head, b"content-length") or b"0")
        if len(rest) < length:
            return False
        self._buffer = rest[length:]
        self._kept.add(_header(head, b"webhook-id") or b"")
        self.transport.write(_OK)
        return True


def _header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def _mail_facts(mail: bytes) -> dict[str, str]:
    head, _, body = mail.partition(_END_OF_HEAD)
    text = _text_part(body)
    code = _CODE.search(text)
    return {
        "id": (_header(head, b"message-id") or b"").decode(),
        "tracking": (_header(head, b"x-dsr-tracking") or b"").decode(),
        "code": code[1].decode() if code else "",
    }


def _text_part(body: bytes) -> bytes:
    """The first part of a multipart body, decoded; a body without parts as it stands."""
    head, found, rest = body.partition(_END_OF_HEAD)
    if not found or b"base64" not in head.lower():
        return body
    return base64.b64decode(rest.partition(b"--")[0])


_SINKS: dict[str, tuple[Callable[[Kept], _Lines], Callable[[bytes], dict[str, str]]]] = {
    "smtp": (SmtpSink, _mail_facts),
    "webhook": (WebhookSink, lambda webhook_id: {"id": webhook_id.decode()}),
}


async def serve(kind: str) -> None:
    """Run until SIGTERM."""
    protocol, facts = _SINKS[kind]
    kept = Kept()

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            order = json.loads(line)
            if order["op"] == "wait":
                answer: object = {"at": await kept.nth(order["count"])}
            else:
                answer = [{"at": at, **facts(item)} for at, item in kept.take()]
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    server = await loop.create_server(lambda: protocol(kept), "127.0.0.1", 0, backlog=512)
    controls = await asyncio.start_server(control, "127.0.0.1", 0)
    ports = {
        name: s.sockets[0].getsockname()[1] for name, s in (("port", server), ("control", controls))
    }
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    await over.wait()
    # Whatever still hangs on a connection hangs on nothing that matters.
    os._exit(0)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
