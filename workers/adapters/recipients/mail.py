"""A notice as a mail that says only that one waits, with the link to the recipient's own page.

The link is the recipient's, not the notice's, and opens nothing by itself: the page sends a short
code to the address of the data map, so that a mail that was forwarded shows nobody anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from workers.adapters.recipients.transport import NotAsked, Outgoing
from workers.adapters.tokens import Tokens
from workers.ports import MailResult, OutboundResult, OutgoingMail


class Letter(Protocol):
    """A mail in words."""

    @property
    def subject(self) -> str:
        """Its subject."""

    @property
    def text(self) -> str:
        """Its text part."""

    @property
    def html(self) -> str:
        """Its HTML part."""


class Words(Protocol):
    """Finds the words."""

    def to_recipient(
        self, language: str, *, link: str | None = None, code: str | None = None
    ) -> Letter:
        """That a notice waits, with the link; or the code for the page."""


class Mailer(Protocol):
    """Sends a mail."""

    async def send(self, mail: OutgoingMail) -> MailResult:
        """Send once and say what became of it."""


class Post:
    """What goes to people at recipients by mail: that a notice waits, and codes for the page."""

    def __init__(self, mailer: Mailer, words: Words, tokens: Tokens, domain: str) -> None:
        self._mailer = mailer
        self._words = words
        self._tokens = tokens
        self._domain = domain

    def token(self, name: str) -> str:
        """The 128 bits of the link to this recipient's page."""
        return self._tokens.link(f"recipient {name}", 0, "recipient", "")

    async def tell(self, name: str, to: str, language: str, outgoing: Outgoing) -> OutboundResult:
        """That a notice waits; copies of one are the same to the byte."""
        link = f"{outgoing.public_url}/recipients/{name}/{self.token(name)}"
        letter = self._words.to_recipient(language, link=link)
        result = await self._mailer.send(
            OutgoingMail(
                to=to,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                message_id=f"<{outgoing.notice_id}.notice@{self._domain}>",
                tracking=outgoing.tracking,
                date=outgoing.since,
                language=language,
            )
        )
        if result.status == "sent":
            return OutboundResult("delivered", seq=outgoing.told.seq)
        # An address that is refused may be put right on the map: it is tried, and then escalated.
        return OutboundResult("put_off", f"mail_{result.code}")

    async def send_code(  # noqa: PLR0913 - a code, to whom, and which
        self, to: str, language: str, code: str, *, number: int, name: str, at: datetime
    ) -> bool:
        """The code of the page, by itself: the mail holds no link."""
        letter = self._words.to_recipient(language, code=code)
        result = await self._mailer.send(
            OutgoingMail(
                to=to,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                message_id=f"<{name}.code-{number}@{self._domain}>",
                tracking=name.upper(),
                date=at,
                language=language,
            )
        )
        return result.status == "sent"


GOOD_FOR = timedelta(minutes=15)
"""How long a code of the page may be typed in."""


class Mail(NotAsked):
    """One recipient's person."""

    def __init__(self, name: str, to: str, language: str, post: Post) -> None:
        self._name = name
        self._to = to
        self._language = language
        self._post = post

    async def send(self, outgoing: Outgoing, seconds: float) -> OutboundResult:  # noqa: ARG002
        """One mail, within the mailer's own time."""
        return await self._post.tell(self._name, self._to, self._language, outgoing)
