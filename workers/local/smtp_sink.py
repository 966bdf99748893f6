"""A mail server that delivers every mail into one Maildir; run as a process of its own.

It can be told to fail: `faults.json` in its folder holds a list of
`{"code": 451, "recipient": "kim@example.kr" | null, "times": 2 | null}`, read again whenever it
changed. The first that fits and is not used up answers RCPT; code 421 closes the connection, code 0
leaves the client waiting after DATA.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

_SILENCE = 0
_CLOSING = 421


@dataclass(slots=True)
class Fault:
    """An answer to give instead of accepting a mail."""

    code: int
    recipient: str | None = None
    times: int | None = None

    def fits(self, recipients: list[str]) -> bool:
        """Whether it is for one of these recipients and not used up."""
        return self.times != 0 and (self.recipient is None or self.recipient in recipients)

    def use(self) -> None:
        """Counts one use."""
        if self.times is not None:
            self.times -= 1


class Faults:
    """The faults of a control file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_at = 0
        self._faults: list[Fault] = []

    def take(self, recipients: list[str], *, after_data: bool) -> Fault | None:
        """The fault that applies at this moment, counted as used."""
        self._read_again()
        for fault in self._faults:
            if fault.fits(recipients) and (fault.code == _SILENCE) == after_data:
                fault.use()
                return fault
        return None

    def _read_again(self) -> None:
        try:
            changed = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            changed = 0
        if changed != self._read_at:
            made: list[dict[str, Any]] = json.loads(self._file.read_bytes()) if changed else []
            self._faults = [Fault(**each) for each in made]
            self._read_at = changed


class Sink:
    """The handler: what aiosmtpd calls for each command."""

    def __init__(self, maildir: Path, faults: Faults) -> None:
        self._maildir = maildir
        self._faults = faults
        for part in ("tmp", "new", "cur"):
            (maildir / part).mkdir(parents=True, exist_ok=True)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name and arguments
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        """Accepts the recipient, or gives the fault that was asked for."""
        fault = self._faults.take([address], after_data=False)
        if fault is None:
            envelope.rcpt_tos.append(address)
            return "250 OK"
        if fault.code == _CLOSING and server.transport:
            asyncio.get_running_loop().call_soon(server.transport.close)
        return f"{fault.code} as the test asked for"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        """Delivers the mail; its envelope stands above it, as mail servers write it."""
        if self._faults.take(list(envelope.rcpt_tos), after_data=True):
            await asyncio.Event().wait()
        above = [f"Return-Path: <{envelope.mail_from}>"]
        above += [f"Delivered-To: {address}" for address in envelope.rcpt_tos]
        head = "".join(f"{line}\r\n" for line in above).encode("utf-8", "surrogateescape")
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        name = f"{time.time_ns()}.{os.getpid()}_{secrets.token_hex(4)}.localhost"
        draft = self._maildir / "tmp" / name
        draft.write_bytes(head + content)
        draft.rename(self._maildir / "new" / name)
        return "250 delivered"


async def serve(port: int, folder: Path) -> None:
    """Runs until SIGTERM."""
    sink = Sink(folder / "Maildir", Faults(folder / "faults.json"))
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)

    def connection() -> SMTP:
        # Without a name of its own it would look this machine up at each connection.
        return SMTP(sink, hostname="localhost", enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(connection, "127.0.0.1", port)
    async with server:
        await over.wait()


def main() -> None:
    """Reads the port and the folder from the command line."""
    parser = argparse.ArgumentParser(description="A mail server that keeps all mail in a Maildir.")
    parser.add_argument("port", type=int)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.folder))


if __name__ == "__main__":
    main()
