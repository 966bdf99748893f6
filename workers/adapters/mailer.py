"""Hands mails to the SMTP server over a few kept connections.

What cannot be known is put off: once DATA has gone out and no answer came, the server may or may
not have the mail. Sending it again is then right, since it is identical to the byte and has the
same Message-ID (I8).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from workers.adapters import mime, smtp_url
from workers.ports import MailResult, OutgoingMail

if TYPE_CHECKING:
    from types import TracebackType

# Mail servers close what is idle for five minutes, and a firewall may forget it sooner, silently.
_KEEP_IDLE = 60.0
# For RSET and QUIT: the outcome of the mail is known by then, and must not wait long for them.
_GOODBYE = 2.0
_CLOSING = 421
_GO_ON = 354
_BAD_SEQUENCE = 503
_PERMANENT = 500
# Refusals that say nothing about this recipient: bad syntax or sequence, and logging in.
_NOT_THE_RECIPIENT = frozenset({500, 502, 503, 504, 530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class _Kept:
    client: SMTP
    since: float


class _Dead(Exception):
    """The connection was gone before the server had the mail, so nothing has happened."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Mailer:
    """Sends over at most `connections` connections, each mail within `timeout` seconds."""

    def __init__(
        self,
        url: str,
        *,
        sender: str,
        sender_name: str = "",
        connections: int = 8,
        timeout: float = 20.0,
    ) -> None:
        """Connects nowhere yet. `sender` is an addr-spec; a wrong one or a wrong URL raises."""
        self._server = smtp_url.parse(url)
        self._tls_context = self._server.tls_context()
        self._sender = mime.address(sender, "From")
        self._sender_name = sender_name
        self._timeout = timeout
        self._idle: list[_Kept] = []
        self._slots = asyncio.Semaphore(connections)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_quit(kept.client) for kept in idle))

    async def send(self, mail: OutgoingMail) -> MailResult:
        """Send once and say what became of it; never raises for what a server or address does.

        `sent` when the server took it; `refused` when it, or we, will never take it for this
        recipient; `put_off` for all else. The code is the server's, or `unsafe-<header>`,
        `timeout`, `connection`, `tls`,
        `unsupported` (STARTTLS or login that we insist on), `malformed`.
        """
        try:
            message = mime.build(mail, self._sender, self._sender_name)
        except mime.UnsafeHeader as error:
            return MailResult("refused", f"unsafe-{error.header.lower()}")
        try:
            # Waiting for a free connection counts: a silent server must not hold its callers.
            async with asyncio.timeout(self._timeout), self._slots:
                return await self._deliver(mail.to, message)
        except (_Dead, SMTPException, OSError) as error:
            return MailResult("put_off", _trouble(error))

    async def _deliver(self, to: str, message: bytes) -> MailResult:
        kept = self._take()
        if kept is not None:
            with contextlib.suppress(_Dead):
                # Half of the time, so that a connection that died silently leaves the other half.
                return await self._hand_over(kept, to, message, self._timeout / 2)
        return await self._hand_over(await self._connect(), to, message, self._timeout)

    async def _connect(self) -> SMTP:
        client = SMTP(
            **self._server.client_options(),
            tls_context=self._tls_context,
            # Without one it would look up this machine's name, which can take seconds.
            local_hostname=self._sender.rpartition("@")[2],
            timeout=self._timeout,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                # After STARTTLS, or when nothing else asked for it.
                await client.ehlo()
        except BaseException:
            client.close()
            raise
        return client

    async def _hand_over(
        self, client: SMTP, to: str, message: bytes, first_timeout: float
    ) -> MailResult:
        """One SMTP transaction. Whatever ends it in the middle leaves no connection behind.

        Its time is bounded as a whole: a timer for each answer costs more than reading it.
        """
        usable = False
        try:
            code = await _first_command(client, f"FROM:<{self._sender}>", first_timeout)
            if not _is_yes(code):
                # About us, not about this recipient.
                usable = await _reset(client)
                return MailResult("put_off", str(code))
            code = await _command(client, b"RCPT", f"TO:<{to}>")
            if _is_yes(code):
                code = await _data(client, message)
            result = _verdict(code)
            usable = result.status == "sent" or await _reset(client)
            return result
        finally:
            if usable and client.is_connected:
                self._idle.append(_Kept(client, time.monotonic()))
            else:
                client.close()

    def _take(self) -> SMTP | None:
        """The connection used last that is still there; what was idle too long is closed."""
        oldest = time.monotonic() - _KEEP_IDLE
        while self._idle:
            kept = self._idle.pop()
            if kept.client.is_connected and kept.since > oldest:
                return kept.client
            kept.client.close()
        return None


async def _first_command(client: SMTP, argument: str, within: float) -> int:
    """MAIL, which tells whether a kept connection is still alive."""
    try:
        async with asyncio.timeout(within):
            return await _command(client, b"MAIL", argument)
    except TimeoutError:
        raise _Dead("timeout") from None


async def _command(client: SMTP, verb: bytes, argument: str) -> int:
    """The answer's code; `_Dead` where the server is gone, or says that it is going."""
    try:
        answer = await client.execute_command(verb, argument.encode("ascii"), timeout=None)
    except SMTPServerDisconnected:
        raise _Dead("connection") from None
    if answer.code == _CLOSING:
        raise _Dead(str(_CLOSING))
    return answer.code


async def _data(client: SMTP, message: bytes) -> int:
    """The answer's code to the mail itself, or to DATA where that is not taken.

    Not `client.data`: it looks for line ends to mend and dots to double, a fifth of the time that a
    mail takes; `mime` writes CRLF only, and no line of a mail of ours begins with a dot.
    """
    code = (await client.execute_command(b"DATA", timeout=None)).code
    if code != _GO_ON:
        return code if not _is_yes(code) else _BAD_SEQUENCE
    assert client.protocol is not None, "it has just answered"
    client.protocol.write(message + b".\r\n")
    return (await client.protocol.read_response(timeout=None)).code


async def _reset(client: SMTP) -> bool:
    """Whether the connection can be used for the next mail after a refusal."""
    try:
        return _is_yes((await client.execute_command(b"RSET", timeout=_GOODBYE)).code)
    except (SMTPException, OSError):
        return False


def _verdict(code: int) -> MailResult:
    """What the answer to RCPT or DATA means for this mail."""
    if _is_yes(code):
        return MailResult("sent", str(code))
    if code >= _PERMANENT and code not in _NOT_THE_RECIPIENT:
        return MailResult("refused", str(code))
    return MailResult("put_off", str(code))


def _is_yes(code: int) -> bool:
    return code // 100 == 2


def _trouble(error: Exception) -> str:
    """A code for what went wrong; the texts of these errors hold addresses."""
    if isinstance(error, _Dead):
        return error.code
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, SMTPResponseException):
        return str(error.code) if error.code > 0 else "malformed"
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "tls"
    if type(error) is SMTPException:
        # The library says so where the server offers no STARTTLS, or no login.
        return "unsupported"
    return "connection"


async def _quit(client: SMTP) -> None:
    with contextlib.suppress(SMTPException, OSError):
        await client.quit(timeout=_GOODBYE)
    client.close()
