"""Third parties: each a web server of its own that checks signatures with the reference library."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from standardwebhooks import Webhook

Mode = Literal["applies", "takes", "down", "silent", "drips", "halves"]
"""Settles at once; says only that it has it; answers 503; takes the notice and never answers;
answers a byte a second; answers 500 every other time."""

_ANSWERS: Mapping[str, tuple[int, bytes]] = {
    "applies": (200, b'{"status": "applied"}'),
    "takes": (202, b""),
    "down": (503, b""),
    "failed": (500, b""),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One notice as it arrived, with a signature that fits."""

    id: str
    body: Mapping[str, Any]
    raw: bytes
    answered: Mode
    at: float = field(default_factory=time.time)


@dataclass
class Recipient:
    """One third party and what it was told."""

    name: str
    secret: str
    mode: Mode = "applies"
    calls: list[Call] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Where it is told."""
        return f"http://127.0.0.1:{self.port}/notices"

    def taken(self) -> list[Call]:
        """The calls that it did not turn away."""
        return [call for call in self.calls if call.answered != "down"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers on one connection until it is closed."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                headers = _headers(head)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                Webhook(self.secret).verify(body, headers)
                mode: str = self.mode
                self.calls.append(Call(headers["webhook-id"], json.loads(body), body, self.mode))
                if mode == "drips":
                    writer.write(b"HTTP/1.1 200 x\r\ncontent-length: 1000\r\n\r\n")
                    while not reader.at_eof():
                        writer.write(b" ")
                        await writer.drain()
                        await asyncio.sleep(1)
                    return
                if mode == "halves":
                    mode = "failed" if len(self.calls) % 2 else "applies"
                if mode == "silent":
                    await reader.read()
                    return
                status, answer = _ANSWERS[mode]
                writer.write(
                    b"HTTP/1.1 %d x\r\ncontent-type: application/json\r\n" % status
                    + b"content-length: %d\r\n\r\n%s" % (len(answer), answer)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(recipients: Mapping[str, Recipient]) -> AsyncIterator[None]:
    """All of them, each on a free port of this machine."""
    servers = []
    for recipient in recipients.values():
        server = await asyncio.start_server(recipient.serve, "127.0.0.1", 0)
        recipient.port = server.sockets[0].getsockname()[1]
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            server.close()


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
