"""The mailer against real SMTP servers: aiosmtpd, and a few that misbehave on purpose."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.letters import LETTERS, ORGANISATION, outgoing
from workers.adapters import mailer as mailer_module
from workers.adapters.mailer import Mailer
from workers.emails import Composer
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


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def port(sink: Sink) -> AsyncIterator[int]:
    async with sink.listen() as port:
        yield port


@pytest.fixture
async def mailer(port: int) -> AsyncIterator[Mailer]:
    async with Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer:
        yield mailer


@asynccontextmanager
async def rude_server(
    behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A server that speaks as the function does, and waits for the client to go afterwards."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
            await reader.read()
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def take_mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Speaks SMTP properly up to the end of a mail, whose answer is left to the caller."""
    writer.write(b"220 here\r\n")
    for answer in (b"250 EHLO", b"250 MAIL", b"250 RCPT", b"354 go"):
        await reader.readline()
        writer.write(answer + b"\r\n")
    return await reader.readuntil(b"\r\n.\r\n")


async def take_mail_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes one mail, then answers QUIT."""
    await take_mail(reader, writer)
    writer.write(b"250 taken\r\n")
    await reader.readline()
    writer.write(b"221 bye\r\n")


async def test_a_composed_mail_arrives_whole_at_one_recipient(mailer: Mailer, sink: Sink) -> None:
    letter = Composer(ORGANISATION).compose(LETTERS["challenge"], "ko")
    mail = outgoing(subject=letter.subject, text=letter.text, html=letter.html)
    assert await mailer.send(mail) == SENT
    (envelope,) = sink.envelopes
    assert envelope.mail_from == SENDER
    assert envelope.rcpt_tos == ["minji.kim@example.kr"]
    assert isinstance(envelope.content, bytes)
    message = message_from_bytes(envelope.content, policy=policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    assert part.get_content() == letter.text


async def test_mails_share_kept_connections(mailer: Mailer, sink: Sink) -> None:
    results = await asyncio.gather(*(mailer.send(outgoing()) for _ in range(100)))
    assert results == [SENT] * 100
    assert len(sink.envelopes) == 100
    assert len(sink.sessions) <= 8


async def test_a_connection_that_died_idle_is_replaced(mailer: Mailer, sink: Sink) -> None:
    assert await mailer.send(outgoing()) == SENT
    sink.hang_up()
    assert await mailer.send(outgoing()) == SENT
    assert len(sink.envelopes) == 2


async def test_a_connection_that_the_server_is_ending_is_replaced(
    mailer: Mailer, sink: Sink
) -> None:
    assert await mailer.send(outgoing()) == SENT
    sink.mail = ["421 idle for too long"]
    assert await mailer.send(outgoing()) == SENT
    assert len(sink.envelopes) == 2


async def test_a_kept_connection_that_no_longer_answers_is_replaced() -> None:
    talks = 0

    async def falls_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal talks
        talks += 1
        if talks > 1:
            return await take_mail_and_leave(reader, writer)
        await take_mail(reader, writer)
        writer.write(b"250 taken\r\n")
        return None

    async with (
        rude_server(falls_silent) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=2) as mailer,
    ):
        assert await mailer.send(outgoing()) == SENT
        assert await mailer.send(outgoing()) == SENT
    assert talks == 2


async def test_a_connection_idle_for_too_long_is_not_used_again(
    mailer: Mailer, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await mailer.send(outgoing()) == SENT
    monkeypatch.setattr(mailer_module, "_KEEP_IDLE", 0.0)
    assert await mailer.send(outgoing()) == SENT
    assert len(sink.sessions) == 2


@pytest.mark.parametrize("code", ["450", "451", "452", "421"])
@pytest.mark.parametrize("command", ["mail", "rcpt", "data"])
async def test_not_now_is_put_off_and_the_next_mail_goes_out(
    mailer: Mailer, sink: Sink, command: str, code: str
) -> None:
    setattr(sink, command, [f"{code} not now, minji.kim@example.kr"])
    assert await mailer.send(outgoing()) == MailResult("put_off", code)
    assert await mailer.send(outgoing()) == SENT


@pytest.mark.parametrize("code", ["550", "551", "552", "553", "554"])
@pytest.mark.parametrize("command", ["rcpt", "data"])
async def test_never_for_this_recipient_is_refused_and_the_connection_stays(
    mailer: Mailer, sink: Sink, command: str, code: str
) -> None:
    assert await mailer.send(outgoing()) == SENT
    setattr(sink, command, [f"{code} no minji.kim@example.kr here"])
    assert await mailer.send(outgoing()) == MailResult("refused", code)
    assert await mailer.send(outgoing()) == SENT
    assert len(sink.sessions) == 1


@pytest.mark.parametrize("answer", ["550 sender unknown", "530 log in first"])
async def test_what_is_wrong_with_us_is_not_held_against_the_recipient(
    mailer: Mailer, sink: Sink, answer: str
) -> None:
    sink.mail = [answer]
    assert await mailer.send(outgoing()) == MailResult("put_off", answer[:3])
    sink.rcpt = ["530 log in first"]
    assert await mailer.send(outgoing()) == MailResult("put_off", "530")


async def test_a_server_that_is_not_there_is_put_off() -> None:
    async with Mailer("smtp://127.0.0.1:1", sender=SENDER, timeout=5) as mailer:
        assert await mailer.send(outgoing()) == MailResult("put_off", "connection")


async def test_no_banner_is_put_off_in_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with (
        rude_server(silent) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=0.3, connections=1) as mailer,
    ):
        results = await asyncio.gather(mailer.send(outgoing()), mailer.send(outgoing()))
    assert set(results) == {MailResult("put_off", "timeout")}


@pytest.mark.parametrize(
    ("banner", "code"),
    [(b"421 closing\r\n", "421"), (b"554 no service\r\n", "554"), (b"hello\r\n", "malformed")],
)
async def test_a_banner_that_says_no_is_put_off(banner: bytes, code: str) -> None:
    async def unwilling(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(banner)

    async with (
        rude_server(unwilling) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer,
    ):
        assert await mailer.send(outgoing()) == MailResult("put_off", code)


@pytest.mark.parametrize(("ending", "code"), [("silence", "timeout"), ("close", "connection")])
async def test_no_answer_after_data_is_put_off_and_never_sent_again_by_itself(
    ending: str, code: str
) -> None:
    taken: list[bytes] = []

    async def takes_without_a_word(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        taken.append(await take_mail(reader, writer))
        if ending == "close":
            writer.close()

    async with (
        rude_server(takes_without_a_word) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=0.5) as mailer,
    ):
        assert await mailer.send(outgoing()) == MailResult("put_off", code)
        assert len(taken) == 1
        await mailer.send(outgoing())
    assert taken[0] == taken[1]


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's context for 127.0.0.1, its own authority at `folder`/ca.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


async def test_starttls_and_login_go_by_the_url(
    sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins: list[LoginPassword] = []

    def login(_: SMTP, __: Session, ___: Envelope, ____: str, given: LoginPassword) -> AuthResult:
        logins.append(given)
        return AuthResult(success=given.password == b"p@ss word", handled=False)

    options: dict[str, Any] = {
        "tls_context": certificate(tmp_path),
        "require_starttls": True,
        "authenticator": login,
        "auth_required": True,
    }
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with sink.listen(**options) as port:
        url = f"smtp://dsr:p%40ss%20word@127.0.0.1:{port}"
        async with Mailer(url, sender=SENDER, timeout=5) as mailer:
            assert await mailer.send(outgoing()) == SENT
        async with Mailer(url.replace("word", "w"), sender=SENDER, timeout=5) as mailer:
            assert await mailer.send(outgoing()) == MailResult("put_off", "535")
    assert sink.sessions[0].ssl is not None
    assert logins[0] == LoginPassword(b"dsr", b"p@ss word")


async def test_tls_from_the_start_goes_by_the_url(
    sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with (
        sink.listen(tls) as port,
        Mailer(f"smtps://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer,
    ):
        assert await mailer.send(outgoing()) == SENT


async def test_a_server_that_nobody_vouches_for_gets_no_mail_where_tls_is_required(
    sink: Sink, tmp_path: Path
) -> None:
    context = certificate(tmp_path)
    async with sink.listen(tls_context=context) as port:
        required = f"smtp://127.0.0.1:{port}?starttls=required"
        async with Mailer(required, sender=SENDER, timeout=5) as mailer:
            assert await mailer.send(outgoing()) == MailResult("put_off", "tls")
        async with Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer:
            assert await mailer.send(outgoing()) == SENT
    async with (
        sink.listen(context) as port,
        Mailer(f"smtps://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer,
    ):
        assert await mailer.send(outgoing()) == MailResult("put_off", "tls")
    assert len(sink.envelopes) == 1


async def test_a_server_without_tls_gets_no_password_and_no_mail_where_it_is_required(
    sink: Sink, port: int
) -> None:
    for url in (f"smtp://127.0.0.1:{port}?starttls=required", f"smtp://u:pw@127.0.0.1:{port}"):
        async with Mailer(url, sender=SENDER, timeout=5) as mailer:
            assert await mailer.send(outgoing()) == MailResult("put_off", "unsupported")
    assert sink.envelopes == []


async def test_leaving_the_mailer_leaves_no_connection(sink: Sink, port: int) -> None:
    async with Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5) as mailer:
        await asyncio.gather(*(mailer.send(outgoing()) for _ in range(8)))
        assert any(server.transport is not None for server in sink.servers)
    async with asyncio.timeout(5):
        while any(s.transport is not None for s in sink.servers):  # noqa: ASYNC110 - not ours
            await asyncio.sleep(0)


async def test_a_cancelled_mail_leaves_its_slot_to_the_next() -> None:
    arrived = asyncio.Event()

    async def ignores_the_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if arrived.is_set():
            return await take_mail_and_leave(reader, writer)
        writer.write(b"220 here\r\n")
        await reader.readline()
        arrived.set()
        return None

    async with (
        rude_server(ignores_the_first) as port,
        Mailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=5, connections=1) as mailer,
    ):
        first = asyncio.create_task(mailer.send(outgoing()))
        await arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await mailer.send(outgoing()) == SENT
