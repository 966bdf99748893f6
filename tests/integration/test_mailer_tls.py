"""The mailer and protected connections: STARTTLS, TLS from the start, logging in."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.letters import outgoing
from tests.mail_sink import SENDER, SENT, Sink
from workers.adapters.mailer import Mailer
from workers.ports import MailResult


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def port(sink: Sink) -> AsyncIterator[int]:
    async with sink.listen() as port:
        yield port


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
