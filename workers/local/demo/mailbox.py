"""The mail that arrived, as the people who got it read it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

_LOOK_AGAIN = 0.05
"""Seconds between two looks: a Maildir tells nobody that it changed."""
_CODE = re.compile(r"^\d{8}$", re.MULTILINE)
_PURPOSE = re.compile(r"<[\w-]+\.(?P<purpose>[a-z]+)(-\d+)?@")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail."""

    file: Path
    to: str
    """To whom the server delivered it."""
    tracking: str
    purpose: str
    subject: str
    text: str

    @property
    def code(self) -> str:
        """The one-time code of a challenge, on a line of its own."""
        found = _CODE.search(self.text)
        if found is None:
            raise LookupError("no code in this mail")
        return found.group()


class Mailbox:
    """A Maildir; each mail is read once."""

    def __init__(self, maildir: Path) -> None:
        self._maildir = maildir
        self._letters: dict[str, Letter] = {}

    async def letter(self, tracking: str, purpose: str) -> Letter:
        """The first mail of this purpose about this request, as soon as it is there."""
        while True:
            for letter in self.letters():
                if (letter.tracking, letter.purpose) == (tracking, purpose):
                    return letter
            await asyncio.sleep(_LOOK_AGAIN)

    def letters(self) -> list[Letter]:
        """All mail so far, oldest first."""
        for file in self._arrived():
            if file.name not in self._letters:
                self._letters[file.name] = _read(file)
        return [self._letters[name] for name in sorted(self._letters)]

    def _arrived(self) -> Iterator[Path]:
        for part in ("new", "cur"):
            folder = self._maildir / part
            if folder.is_dir():
                yield from folder.iterdir()


def _read(file: Path) -> Letter:
    with file.open("rb") as stream:
        mail = BytesParser(EmailMessage, policy=policy.default).parse(stream)
    body = mail.get_body(("plain",))
    purpose = _PURPOSE.match(mail.get("Message-ID", ""))
    return Letter(
        file=file,
        to=mail.get("Delivered-To", mail.get("To", "")).strip("<> "),
        tracking=mail.get("X-DSR-Tracking", ""),
        purpose=purpose["purpose"] if purpose else "",
        subject=mail.get("Subject", ""),
        text=body.get_content().replace("\r\n", "\n") if body else "",
    )
