"""What leaves the house: a mail over kept connections, a webhook over kept connections."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from aiosmtplib import SMTP

CONNECTIONS = 8

_HEAD = (
    "From: privacy@shop.example\r\nTo: {to}\r\nSubject: Your request\r\n"
    "Date: Mon, 23 Nov 2026 09:00:00 +0900\r\nMessage-ID: {message_id}\r\n"
    "Auto-Submitted: auto-generated\r\nX-DSR-Tracking: {tracking}\r\nContent-Language: ko\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="=_b"\r\n\r\n'
    "--=_b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
)
_POST = (
    b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    b"webhook-id: %s\r\ncontent-length: %d\r\n\r\n"
)
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_TEXT_BYTES, _HTML_BYTES = 1_600, 6_400
"""About what the workers' own mails weigh."""
_HTML = "\r\n".join(["x" * 76] * (_HTML_BYTES // 78))
_TAIL = f"\r\n--=_b\r\nContent-Type: text/html\r\n\r\n{_HTML}\r\n--=_b--\r\n"


def letter(to: str, message_id: str, tracking: str, code: str) -> bytes:
    """A mail of the usual size with its code on a line of its own."""
    text = f"{code}\n".ljust(_TEXT_BYTES).encode()
    head = _HEAD.format(to=to, message_id=message_id, tracking=tracking)
    return (head + base64.encodebytes(text).decode().replace("\n", "\r\n") + _TAIL).encode()


class Outside:
    """Kept connections to the mail server and to the recipient, each for one thing at a time."""

    def __init__(self, smtp_port: int, webhook_port: int) -> None:
        self._smtp_port = smtp_port
        self._webhook_port = webhook_port
        self._mail: asyncio.LifoQueue[SMTP | None] = asyncio.LifoQueue()
        self._http: asyncio.LifoQueue[_Streams | None] = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            self._mail.put_nowait(None)
            self._http.put_nowait(None)

    def close(self) -> None:
        """End the connections."""
        while not self._mail.empty():
            if client := self._mail.get_nowait():
                client.close()
        while not self._http.empty():
            if streams := self._http.get_nowait():
                streams[1].close()

    async def mail(self, to: str, message: bytes) -> None:
        """Returns once the server has it."""
        client = await self._mail.get()
        try:
            if client is None:
                client = SMTP(
                    hostname="127.0.0.1",
                    port=self._smtp_port,
                    start_tls=False,
                    local_hostname="shop.example",
                )
                await client.connect()
            await client.execute_command(b"MAIL", b"FROM:<privacy@shop.example>")
            await client.execute_command(b"RCPT", f"TO:<{to}>".encode())
            await client.data(message)
        finally:
            self._mail.put_nowait(client)

    async def notify(self, notice_id: str, body: dict[str, Any]) -> str:
        """The recipient's word."""
        content = json.dumps(body).encode()
        streams = await self._http.get()
        try:
            if streams is None:
                streams = await asyncio.open_connection("127.0.0.1", self._webhook_port)
            reader, writer = streams
            writer.write(_POST % (notice_id.encode(), len(content)) + content)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            word: str = json.loads(await reader.readexactly(length))["status"]
            return word
        finally:
            self._http.put_nowait(streams)
