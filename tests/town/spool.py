"""The mail that arrived, as the mail server's Maildir shows it: nothing else of a mail is known."""

from __future__ import annotations

import email
import email.policy
import os
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CODE = re.compile(r"^(\d{8})\r?$", re.MULTILINE)
LINK = re.compile(r"^(https?://\S+/proof/\S+)\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail as it was delivered."""

    to: tuple[str, ...]
    """Whom the envelope named."""
    message_id: str
    tracking: str
    request: str
    purpose: str
    text: str
    html: str
    subject: str
    language: str
    content: bytes
    """What was sent, to the byte, without the lines of the mail server."""

    @property
    def code(self) -> str:
        """The one-time code on its line."""
        (code,) = CODE.findall(self.text)
        return str(code)


@dataclass
class Spool:
    """All mail of one domain of Message-IDs; read again whenever it is asked for.

    The Maildir is shared by every test of the run, so the mail of others is not parsed.
    """

    maildir: Path
    domain: str
    _seen: set[str] = field(default_factory=set)
    _mails: list[ReceivedMail] = field(default_factory=list)

    def all(self) -> list[ReceivedMail]:
        """In the order of their arrival."""
        new = self.maildir / "new"
        there = {entry.name for entry in os.scandir(new)} if new.is_dir() else set()
        for name in sorted(there - self._seen):
            self._seen.add(name)
            delivered = (new / name).read_bytes()
            if f"@{self.domain}>".encode() not in delivered:
                continue
            mail = _read(delivered)
            if mail.message_id.endswith(f"@{self.domain}>"):
                self._mails.append(mail)
        return self._mails

    def of(self, request: str, purpose: str | None = None) -> list[ReceivedMail]:
        """The mails about one request, all or of one purpose (`challenge-1`)."""
        return [
            mail
            for mail in self.all()
            if mail.request == request and purpose in {None, mail.purpose}
        ]

    def challenges(self) -> Mapping[str, ReceivedMail]:
        """The newest challenge of each request."""
        return {mail.request: mail for mail in self.all() if mail.purpose.startswith("challenge-")}

    def by_message_id(self) -> Mapping[str, list[ReceivedMail]]:
        """The copies of each mail."""
        copies: dict[str, list[ReceivedMail]] = defaultdict(list)
        for mail in self.all():
            copies[mail.message_id].append(mail)
        return copies


def _read(delivered: bytes) -> ReceivedMail:
    to = []
    content = delivered
    while content.startswith((b"Return-Path:", b"Delivered-To:")):
        line, _, content = content.partition(b"\r\n")
        if line.startswith(b"Delivered-To:"):
            to.append(line.partition(b":")[2].strip().decode())
    mail = email.message_from_bytes(content, policy=email.policy.default)
    message_id = str(mail["Message-ID"] or "")
    request, _, purpose = message_id.strip("<>").partition("@")[0].partition(".")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return ReceivedMail(
        to=tuple(to),
        message_id=message_id,
        tracking=str(mail["X-DSR-Tracking"] or ""),
        request=request,
        purpose=purpose,
        text=str(text.get_content()) if text else "",
        html=str(html.get_content()) if html else "",
        subject=str(mail["Subject"]),
        language=str(mail["Content-Language"] or ""),
        content=content,
    )
