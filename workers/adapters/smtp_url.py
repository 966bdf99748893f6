"""`DSR_SMTP_URL`: which mail server, how protected, and as whom.

    smtp://host[:25]        STARTTLS if the server offers it; a protection against listening only
    smtp://user:pass@host   STARTTLS with a certificate that is checked, or no mail
    smtps://host[:465]      TLS from the first byte, certificate checked
    ?starttls=required      as with a user;  ?starttls=never  in clear, for a server on this machine

A private certificate authority is trusted through `SSL_CERT_FILE`.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"smtp": 25, "smtps": 465}
_CHOICES: dict[str, bool] = {"required": True, "never": False}


class BadSmtpUrl(ValueError):
    """Says what is wrong with the address of the mail server, without repeating it."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. `starttls`: True required, False never, None if offered."""

    host: str
    port: int
    tls: bool
    starttls: bool | None
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def checks_certificate(self) -> bool:
        """Whether a server that is not the one named gets no mail."""
        return self.tls or self.starttls is True

    def tls_context(self) -> ssl.SSLContext:
        """Made once per mailer: reading the authorities takes tens of milliseconds."""
        if self.checks_certificate:
            return ssl.create_default_context()
        # Encryption that is optional proves nothing anyway (RFC 7435): whoever could show a false
        # certificate could as well hide STARTTLS. Self-signed local servers then work.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def client_options(self) -> dict[str, Any]:
        """The arguments of `aiosmtplib.SMTP` that this server decides."""
        return {
            "hostname": self.host,
            "port": self.port,
            "use_tls": self.tls,
            "start_tls": self.starttls,
            "username": self.user,
            "password": self.password,
        }


def parse(url: str) -> SmtpServer:
    """The server that the URL names, or `BadSmtpUrl`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadSmtpUrl("the mail server's address is not a URL") from None
    if parts.scheme not in _PORTS:
        raise BadSmtpUrl("the mail server's address must begin with smtp:// or smtps://")
    if not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise BadSmtpUrl("the mail server's address must be smtp://host:port and no more")
    tls = parts.scheme == "smtps"
    has_user = parts.username is not None
    return SmtpServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=tls,
        starttls=_starttls(parts.query, tls=tls, has_user=has_user),
        user=unquote(parts.username) if parts.username is not None else None,
        password=unquote(parts.password or "") if has_user else None,
    )


def _starttls(query: str, *, tls: bool, has_user: bool) -> bool | None:
    options = parse_qs(query, keep_blank_values=True)
    chosen = options.pop("starttls", None)
    if options:
        raise BadSmtpUrl("the mail server's address knows one option only, starttls")
    if tls:
        if chosen is not None:
            raise BadSmtpUrl("smtps:// is TLS from the start, so starttls does not belong to it")
        return False
    if chosen is None:
        # Who hides STARTTLS from us must not get the password.
        return True if has_user else None
    if len(chosen) != 1 or chosen[0] not in _CHOICES:
        raise BadSmtpUrl("starttls is either required or never")
    return _CHOICES[chosen[0]]
