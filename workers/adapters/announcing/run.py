"""Sends one announcement to everybody of a segment, once each, and goes on where it was cut off.

People come in pages, and leave in batches of what a quarter of a second may send: a batch is
marked, sent, and its outcomes are recorded before the next one. No page is kept, so memory is flat.
Whoever runs it again takes over from a run that is still at it, which then ends by itself: at most
the one batch in hand leaves twice.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import uuid4

from schemas.announcement import Announcement
from schemas.errors import AnnouncementError
from workers.emails import Composer, Letter
from workers.emails.vocabulary import LANGUAGES
from workers.ports import MailResult, OutgoingMail, Tokens
from workers.ports.announcements import (
    Addressee,
    AnnouncementReport,
    Audience,
    Mails,
    Marks,
    Segment,
    Tell,
)

PAUSES: Final = (5.0, 60.0)
"""Seconds before whoever was put off is tried again; after that it is the next run's."""
_BATCHES_A_SECOND: Final = 4
_MOST: Final = 50
_PATIENCE: Final = 3
"""Batches in a row for which the mail server was away, after which a run does not go on."""
_CLOSING: Final = "421"
_LISTED: Final = 1_000


@dataclass(slots=True)
class _Run:
    """One announcement on its way."""

    announcement: Announcement
    segment: Segment
    id: str
    pace: _Pace
    report: AnnouncementReport
    stop: asyncio.Event
    tell: Callable[[int], None]
    letters: dict[str, Letter] = field(default_factory=dict)
    begun_at: datetime | None = None
    """When its first run began, None in a dry run."""
    away: int = 0
    """Batches in a row for which the mail server was away."""


class _Pace:
    """Lets so many mails a second leave."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._next = 0.0
        self.batch = max(1, min(_MOST, int(rate / _BATCHES_A_SECOND)))

    async def take(self, mails: int) -> None:
        """Return when it is the turn of these."""
        now = time.monotonic()
        await asyncio.sleep(self._next - now)
        self._next = max(self._next, now) + mails / self._rate


class Announcer:
    """`announce`; made once, by `workers.wiring`."""

    def __init__(  # noqa: PLR0913 - people, memory, mail, and what names a mail
        self,
        audience: Audience,
        marks: Marks,
        composer: Composer,
        mails: Mails,
        *,
        tokens: Tokens,
        mail_domain: str,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._audience = audience
        self._marks = marks
        self._composer = composer
        self._mails = mails
        self._tokens = tokens
        self._domain = mail_domain
        self._pauses = pauses

    async def announce(  # noqa: PLR0913 - what, to whom, and how
        self,
        announcement: Announcement,
        segment: Segment,
        *,
        rate: float,
        stop: asyncio.Event,
        tell: Tell,
        dry_run: bool = False,
    ) -> AnnouncementReport:
        """One run to its end, or until `stop`; `AnnouncementError` where another one takes over."""
        report = AnnouncementReport(announcement.id, announcement.effective.isoformat(), dry_run)
        about = await self._audience.size(segment)
        run = _Run(
            announcement=announcement,
            segment=segment,
            id=str(uuid4()),
            pace=_Pace(rate),
            report=report,
            stop=stop,
            tell=lambda people: tell(people, max(people, about)),
        )
        if dry_run:
            await self._go_through(run)
            return report
        # Words first: a mail that cannot be written is known before the first one leaves.
        run.letters = {each: self._composer.announcement(announcement, each) for each in LANGUAGES}
        run.begun_at = await self._marks.begin(announcement, run.id)
        await self._go_through(run)
        for pause in self._pauses:
            if not report.waiting or stop.is_set():
                break
            await _wait(stop, pause)
            await self._go_through(run)
        report.undeliverable_people = await self._marks.undeliverable(announcement.id, _LISTED)
        return report

    async def _go_through(self, run: _Run) -> None:
        """Everybody once; who has it is passed over, so a later pass is what is left."""
        report = run.report
        ours = report.sent + report.undeliverable
        report.people = report.already = report.no_address = report.waiting = 0
        report.held, report.stopped, run.away = {}, None, 0
        async for page in self._audience.pages(run.segment):
            known = await self._marks.settled(
                run.announcement.id, {person.pseudonym for person in page}
            )
            todo = self._sorted_out(run, page, known)
            for start in range(0, len(todo), run.pace.batch):
                batch = todo[start : start + run.pace.batch]
                if run.stop.is_set():
                    report.stopped = "asked"
                if report.stopped:
                    break
                await self._batch(run, batch)
            run.tell(report.people)
            if report.stopped:
                break
        # What earlier passes of this run have done stands among them.
        report.already = max(0, report.already - ours)

    def _sorted_out(self, run: _Run, page: Sequence[Addressee], known: set[str]) -> list[Addressee]:
        """Those of the page who are to be written to; the others are counted."""
        report = run.report
        todo: dict[str, Addressee] = {}
        for person in page:
            if person.pseudonym in todo:
                continue
            report.people += 1
            if person.pseudonym in known:
                report.already += 1
            elif person.hold is not None:
                report.held[person.hold] = report.held.get(person.hold, 0) + 1
            elif person.address is None:
                report.no_address += 1
            else:
                todo[person.pseudonym] = person
        return list(todo.values())

    async def _batch(self, run: _Run, people: Sequence[Addressee]) -> None:
        report = run.report
        if report.dry_run:
            report.sent += len(people)
            for person in people:
                self._count_language(run, person)
            return
        await run.pace.take(len(people))
        name = run.announcement.id
        if not await self._marks.is_ours(name, run.id):
            raise AnnouncementError(
                f"another run of {name} has taken over; this one has ended, nothing is lost"
            )
        marked = await self._marks.mark(name, {person.pseudonym for person in people})
        going = [person for person in people if person.pseudonym in marked]
        results = await asyncio.gather(*(self._send(run, person) for person in going))
        await self._marks.record(
            name, {p.pseudonym: r for p, r in zip(going, results, strict=True)}
        )
        for person, result in zip(going, results, strict=True):
            if result.status == "sent":
                report.sent += 1
                self._count_language(run, person)
            elif result.status == "refused":
                report.undeliverable += 1
            else:
                report.waiting += 1
        away = [result.code for result in results if _is_away(result)]
        run.away = run.away + 1 if away and len(away) == len(results) else 0
        if run.away >= _PATIENCE:
            report.stopped = away[0]

    async def _send(self, run: _Run, person: Addressee) -> MailResult:
        assert person.address and run.begun_at, "who has an address is written to, not in a dry run"
        name, language = run.announcement.id, self._language_of(person)
        letter = run.letters[language]
        # Of its own kind: what mail servers log is not what our logs call the person.
        token = self._tokens.digest(f"announcement\0{name}\0{person.pseudonym}".encode())[:32]
        return await self._mails.send(
            OutgoingMail(
                to=person.address,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
                message_id=f"<{name}.{token}@{self._domain}>",
                tracking=name.upper(),
                date=run.begun_at,
                language=language,
            )
        )

    def _language_of(self, person: Addressee) -> str:
        return person.language or self._composer.default_language

    def _count_language(self, run: _Run, person: Addressee) -> None:
        language = self._language_of(person)
        run.report.languages[language] = run.report.languages.get(language, 0) + 1


def _is_away(result: MailResult) -> bool:
    """Whether the mail server takes nothing from us now, rather than nothing for this address."""
    if result.status != "put_off":
        return False
    temporary = re.fullmatch(r"4\d\d", result.code)
    return temporary is None or result.code == _CLOSING


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    """So long, or until it is to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
