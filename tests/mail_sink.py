"""A real mail server that keeps what it is given, and answers as a test tells it to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from workers.ports import MailResult

SENDER = "privacy@smallmachines.co.kr"
SENT = MailResult("sent", "250")


class Sink:
    """Keeps what it was given; answers `rcpt`, `data` or `mail` as a test tells it to."""

    def __init__(self) -> None:
        self.sessions: list[Session] = []
        self.envelopes: list[Envelope] = []
        self.mail: list[str] = []
        self.rcpt: list[str] = []
        self.data: list[str] = []
        self.servers: list[SMTP] = []

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answers MAIL FROM; after 421 it closes, as servers do."""
        answer = self.mail.pop(0) if self.mail else "250 OK"
        if answer.startswith("250"):
            envelope.mail_from = address
        if answer.startswith("421") and server.transport is not None:
            asyncio.get_running_loop().call_soon(server.transport.close)
        return answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Answers RCPT TO."""
        answer = self.rcpt.pop(0) if self.rcpt else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answers the end of DATA."""
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer.startswith("250"):
            self.envelopes.append(envelope)
        if session not in self.sessions:
            self.sessions.append(session)
        return answer

    @asynccontextmanager
    async def listen(self, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
        """The port on which a server with these options of aiosmtpd answers."""
        loop = asyncio.get_running_loop()

        def connection() -> SMTP:
            self.servers.append(SMTP(self, hostname="localhost", loop=loop, **options))
            return self.servers[-1]

        server = await loop.create_server(connection, "127.0.0.1", 0, ssl=tls)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            self.hang_up()

    def hang_up(self) -> None:
        """Cuts every connection."""
        for server in self.servers:
            if server.transport is not None:
                server.transport.close()
