"""Everybody is told once, whatever the run that tells them is cut off by."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.announcement import Announcement
from schemas.errors import AnnouncementError
from tests.announcements import announcement
from tests.cast import MORNING
from tests.fakes import Crash, Faults
from tests.fakes.sleeping import Asyncio
from tests.letters import COMPOSER
from tests.own_tasks import own_tasks
from workers.adapters.announcing import run as announcing
from workers.adapters.announcing.run import Announcer
from workers.adapters.tokens import Tokens
from workers.adapters.vault import KeyFolder
from workers.ports import MailResult, OutgoingMail
from workers.ports.announcements import Addressee, AnnouncementReport, Segment

SENT = MailResult("sent", "250")
LATER, NEVER = MailResult("put_off", "451"), MailResult("refused", "550")


class People:
    """A segment in pages of seven."""

    def __init__(self, people: Sequence[Addressee]) -> None:
        self.people = people

    async def size(self, _segment: Segment) -> int:
        return len(self.people)

    async def pages(self, _segment: Segment) -> AsyncIterator[Sequence[Addressee]]:
        for start in range(0, len(self.people), 7):
            yield self.people[start : start + 7]


class MemoryMarks:
    """What the database remembers."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.run = ""
        self.marks: Counter[str] = Counter()
        self.status: dict[str, str] = {}

    async def begin(self, _announcement: Announcement, run: str) -> datetime:
        await self._faults.call("begin")
        self.run = run
        return MORNING

    async def is_ours(self, _announcement: str, run: str) -> bool:
        return self.run == run

    async def settled(self, _announcement: str, people: Collection[str]) -> set[str]:
        return {p for p in people if self.status.get(p) in {"sent", "refused"}}

    async def mark(self, announcement: str, people: Collection[str]) -> set[str]:
        await self._faults.call("mark before")
        made = set(people) - await self.settled(announcement, people)
        self.marks.update(made)
        self._faults.point("mark after")
        return made

    async def record(self, _announcement: str, results: Mapping[str, MailResult]) -> None:
        await self._faults.call("record before")
        self.status |= {person: result.status for person, result in results.items()}
        self._faults.point("record after")

    async def undeliverable(self, _announcement: str, limit: int) -> list[str]:
        return sorted(p for p, status in self.status.items() if status == "refused")[:limit]


class Mailbox:
    """A mail server that answers as a test tells it to."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.mails: list[OutgoingMail] = []
        self.answers: dict[str, list[MailResult]] = {}
        self.all: MailResult | None = None

    async def send(self, mail: OutgoingMail) -> MailResult:
        await self._faults.call("send before")
        answer = self.all or (self.answers.get(mail.to) or [SENT]).pop(0)
        if answer is SENT:
            self.mails.append(mail)
        self._faults.point("send after")
        return answer


class Office:
    """All of it in memory."""

    def __init__(self, people: Sequence[Addressee], pauses: Sequence[float] = ()) -> None:
        self.faults = Faults()
        self.people = People(people)
        self.marks = MemoryMarks(self.faults)
        self.mailbox = Mailbox(self.faults)
        self.pauses = pauses
        self.stop = asyncio.Event()

    def announcer(self) -> Announcer:
        """What one process builds."""
        return Announcer(
            self.people,
            self.marks,
            COMPOSER,
            self.mailbox,
            tokens=Tokens(KeyFolder(b"m" * 32, {1: b"e" * 32})),
            mail_domain="dsr.example",
            pauses=self.pauses,
        )

    async def run(self, **other: Any) -> AnnouncementReport:
        """One run of the command."""
        options = {"rate": 10_000.0, "stop": self.stop, "tell": lambda _done, _of: None, **other}
        return await self.announcer().announce(announcement(), Segment(), **options)

    def copies(self) -> Counter[str]:
        """How many mails each address has."""
        return Counter(mail.to for mail in self.mailbox.mails)


def person(number: int, **other: Any) -> Addressee:
    values = {"address": f"m{number}@a.example", "language": None, **other}
    return Addressee(pseudonym=f"{number:032x}", **values)


EVERYBODY = [person(number) for number in range(30)]


async def test_everybody_gets_it_once_and_again_nobody_gets_it() -> None:
    office = Office(EVERYBODY)
    first = await office.run()
    again = await office.run()
    assert (first.people, first.sent, first.already) == (30, 30, 0)
    assert (again.people, again.sent, again.already) == (30, 0, 30)
    assert office.copies() == Counter(p.address for p in EVERYBODY)


async def test_killed_anywhere_it_goes_on_and_a_mail_leaves_at_most_once_for_each_mark() -> None:
    points = Office(EVERYBODY)
    await points.run()
    for crash_at in range(len(points.faults.passed)):
        office = Office(EVERYBODY)
        office.faults.crash_at = crash_at
        with own_tasks() as own:
            with pytest.raises(Crash):
                await office.run()
            await asyncio.gather(*own, return_exceptions=True)
        office.faults.dead, office.faults.crash_at = False, None
        await office.run()
        copies = office.copies()
        marks = {p.address: office.marks.marks[p.pseudonym] for p in EVERYBODY}
        assert copies.keys() == marks.keys()
        assert all(copies[address] <= marks[address] <= 2 for address in copies), crash_at


async def test_two_copies_of_a_mail_are_identical_and_no_two_people_share_a_message_id() -> None:
    office = Office(EVERYBODY)
    await office.run()
    first, office.mailbox.mails = office.mailbox.mails, []
    office.marks.status.clear()
    await office.run()
    assert office.mailbox.mails == first
    assert len({mail.message_id for mail in first}) == len(EVERYBODY)
    assert {mail.tracking for mail in first} == {"PRIVACY-POLICY-2027-01"}
    for each in EVERYBODY:
        assert not [mail for mail in first if each.pseudonym in mail.message_id]


async def test_each_reads_his_language_and_who_has_none_on_file_the_default() -> None:
    office = Office([person(1, language="en"), person(2, language="ko"), person(3)])
    report = await office.run()
    assert report.languages == {"en": 1, "ko": 2}
    assert [mail.language for mail in office.mailbox.mails] == ["en", "ko", "ko"]


async def test_who_cannot_be_written_to_is_counted_and_taken_once_he_can() -> None:
    held = [person(1, hold="restricted"), person(2, hold="deleting"), person(3, address=None)]
    office = Office([*held, person(4)])
    report = await office.run()
    assert (report.people, report.sent, report.no_address) == (4, 1, 1)
    assert report.held == {"restricted": 1, "deleting": 1}
    office.people.people = [person(1), person(4)]
    assert (await office.run()).sent == 1
    assert office.copies() == Counter(["m1@a.example", "m4@a.example"])


async def test_an_undeliverable_address_is_listed_by_pseudonym_and_not_tried_again() -> None:
    office = Office(EVERYBODY)
    office.mailbox.answers["m3@a.example"] = [NEVER]
    report = await office.run()
    assert (report.sent, report.undeliverable) == (29, 1)
    assert report.undeliverable_people == [EVERYBODY[3].pseudonym]
    again = await office.run()
    assert (again.sent, again.undeliverable, again.already) == (0, 0, 30)
    assert again.undeliverable_people == report.undeliverable_people
    assert office.marks.marks[EVERYBODY[3].pseudonym] == 1


async def test_who_was_put_off_is_tried_again_by_the_same_run() -> None:
    office = Office(EVERYBODY, pauses=(0.0, 0.0))
    office.mailbox.answers["m3@a.example"] = [LATER, LATER, SENT]
    report = await office.run()
    assert (report.people, report.sent, report.waiting, report.already) == (30, 30, 0, 0)
    assert office.copies() == Counter(p.address for p in EVERYBODY)


async def test_while_the_mail_server_is_away_not_everybody_is_marked_for_nothing() -> None:
    office = Office(EVERYBODY)
    office.mailbox.all = MailResult("put_off", "connection")
    report = await office.run(rate=16)  # batches of four
    assert report.stopped == "connection"
    assert len(office.marks.marks) < len(EVERYBODY)
    office.mailbox.all = None
    again = await office.run()
    assert (again.sent, again.stopped) == (30, None)


async def test_addresses_that_are_put_off_in_a_row_hold_up_nobody_behind_them() -> None:
    office = Office(EVERYBODY)
    for number in range(12):
        office.mailbox.answers[f"m{number}@a.example"] = [LATER]
    report = await office.run(rate=40)  # batches of ten, and of what is left of a page
    assert (report.stopped, report.waiting, report.sent) == (None, 12, 18)
    assert (await office.run()).sent == 12


async def test_the_newest_run_takes_over_and_the_older_one_ends() -> None:
    office = Office(EVERYBODY)
    second: asyncio.Task[AnnouncementReport] | None = None

    def tell(_done: int, _of: int) -> None:
        nonlocal second
        second = second or asyncio.create_task(office.run())

    with pytest.raises(AnnouncementError, match="taken over"):
        await office.run(tell=tell, rate=24)
    assert second is not None
    await second
    assert office.copies() == Counter(p.address for p in EVERYBODY)


async def test_who_asks_it_to_stop_gets_a_whole_batch_and_no_mail_twice() -> None:
    office = Office(EVERYBODY)
    report = await office.run(tell=lambda _done, _of: office.stop.set())
    assert report.stopped == "asked"
    assert report.sent == 7
    office.stop.clear()
    assert (await office.run()).sent == 23
    assert office.copies() == Counter(p.address for p in EVERYBODY)


async def test_a_dry_run_counts_and_neither_sends_nor_remembers() -> None:
    office = Office([*EVERYBODY[:5], person(90, address=None), person(91, language="en")])
    report = await office.run(dry_run=True)
    assert (report.people, report.sent, report.no_address) == (7, 6, 1)
    assert report.languages == {"ko": 5, "en": 1}
    assert not office.mailbox.mails
    assert not office.marks.marks
    assert not office.marks.run


async def test_no_more_leave_in_a_second_than_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = timedelta(0)
    left: list[float] = []
    office = Office(EVERYBODY)
    real_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        nonlocal clock
        clock += timedelta(seconds=max(0.0, seconds))
        await real_sleep(0)

    class Time:
        @staticmethod
        def monotonic() -> float:
            return clock.total_seconds()

    real_send = office.mailbox.send

    async def send(mail: OutgoingMail) -> MailResult:
        left.append(clock.total_seconds())
        return await real_send(mail)

    monkeypatch.setattr(announcing, "time", Time)
    monkeypatch.setattr(office.mailbox, "send", send)
    monkeypatch.setattr("workers.adapters.announcing.run.asyncio", Asyncio(sleep))
    await office.run(rate=8)
    assert len(left) == 30
    for start in left:
        assert sum(start <= at < start + 1 for at in left) <= 8 + 2, "a batch is two"
    assert left[-1] == pytest.approx(28 / 8, abs=0.3)
