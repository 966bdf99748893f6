"""Announcements: who is to get one, and what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from schemas.announcement import Announcement
from workers.ports.adapters import MailResult, OutgoingMail

Tell = Callable[[int, int], None]
"""Told how many people were gone through, and about how many there are."""

Hold = Literal["restricted", "deleting"]
"""Why somebody is not written to now: the address is disputed, or the person is being deleted."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """One person, as far as an announcement may know."""

    pseudonym: str
    address: str | None
    """The mail address on file, the oldest of several; None where there is none."""
    language: str | None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Whom it goes to: these subject types, or all; those with these values of fields."""

    types: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)


class Audience(Protocol):
    """Reads people in bounded pages."""

    async def size(self, segment: Segment) -> int:
        """About how many there are, before `where`; `AnnouncementError` for what is no segment."""

    def pages(self, segment: Segment) -> AsyncIterator[Sequence[Addressee]]:
        """Everybody of the segment, page by page."""


class Marks(Protocol):
    """Who got what. One run at a time: the newest takes over, and the others notice."""

    async def begin(self, announcement: Announcement, run: str) -> datetime:
        """Its first beginning, the date of every mail; `AnnouncementError` for other words."""

    async def is_ours(self, announcement: str, run: str) -> bool:
        """Whether no other run has taken over."""

    async def settled(self, announcement: str, people: Collection[str]) -> set[str]:
        """Those who have it, or cannot get it."""

    async def mark(self, announcement: str, people: Collection[str]) -> set[str]:
        """Mark an attempt at each; those who have it by now are not among the answer."""

    async def record(self, announcement: str, results: Mapping[str, MailResult]) -> None:
        """What became of the attempts."""

    async def undeliverable(self, announcement: str, limit: int) -> list[str]:
        """The pseudonyms of those who cannot get it."""


class Mails(Protocol):
    """Hands mails to the mail server."""

    async def send(self, mail: OutgoingMail) -> MailResult:
        """Send once and say what became of it; never raises."""


@dataclass(slots=True)
class AnnouncementReport:
    """What a run came to; no personal data."""

    id: str
    effective: str
    dry_run: bool
    people: int = 0
    """Of the segment."""
    sent: int = 0
    """By this run; a dry run: who would be written to."""
    already: int = 0
    """Had it from an earlier run."""
    undeliverable: int = 0
    waiting: int = 0
    """Put off by the mail server: the next run tries again."""
    no_address: int = 0
    held: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    """Of those written to."""
    undeliverable_people: list[str] = field(default_factory=list)
    """Pseudonyms, of all runs, the first thousand."""
    stopped: str | None = None
    """Why it ended before everybody was gone through: `asked`, or the mail server's code."""
