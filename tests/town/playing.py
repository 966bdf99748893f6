"""Plays the rows of the table all at once: what each person reads, hears, says and types.

What was said to whom is what the mail server got, and what whoever calls or posts letters was shown
(by what `dsr calls`, `dsr letters` and `dsr review` do; starting them seventy times would take the
most time). What goes wrong with one row is kept with that row and stops no other.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any
from uuid import uuid4

import httpx

from schemas.messages import Confirmed, Settled
from schemas.review import Answer, Role
from tests.town import Town
from tests.town.rights import pages
from tests.town.table import OPERATOR, Route, Row, people
from workers import tasks, wiring
from workers.desk.decisions import Desk

PASSWORD = "correct horse battery"
ANSWER = "전자상거래법에 따라 5년 동안 보관합니다."
CODE = re.compile(r"^(\d{8})\r?$", re.MULTILINE)
LINK = re.compile(r"^(https?://\S+/package/\S+)\r?$", re.MULTILINE)
LOOK_AGAIN = 0.1


@dataclass(frozen=True, slots=True)
class Word:
    """What a person was told once: how, where, and what."""

    route: Route
    to: str
    text: str
    language: str = ""


@dataclass
class Played:
    """What came of one row, as seen by whoever asked."""

    row: Row
    submission: dict[str, Any]
    tracking: str = ""
    trouble: str = ""
    """What stopped it."""
    package: bytes | None = None
    words: dict[str, list[Word]] = field(default_factory=lambda: defaultdict(list))
    ended: bool = False


class Play:
    """The outside of the town while all rows are played, and the desk that answers."""

    def __init__(self, desk: Desk, town: Town, played: Sequence[Played], within: float) -> None:
        self.desk = desk
        self.parts = desk.parts
        self.town = town
        self.played = played
        self._ends = time.monotonic() + within
        self._seen = 0
        self._statuses: Mapping[str, str] = {}
        self._tasks: set[tuple[str, str]] = set()
        """Calls to make and letters to post, as they stand."""

    async def run(self) -> None:
        """Publish everything, and go on until each row has ended or the time is over."""
        async with pages(self.town) as visitor:
            around = [asyncio.create_task(each()) for each in (self._postman, self._do_tasks)]
            rows = [self._play(one, visitor) for one in self.played]
            ends = await asyncio.gather(*rows, return_exceptions=True)
            for one, came in zip(self.played, ends, strict=True):
                if isinstance(came, BaseException):
                    one.trouble = f"{type(came).__name__}: {came}"
            for task in around:
                task.cancel()
            for came in await asyncio.gather(*around, return_exceptions=True):
                assert isinstance(came, asyncio.CancelledError), came

    async def _play(self, one: Played, visitor: httpx.AsyncClient) -> None:
        sent = await self.town.channel.submit(one.submission)
        answer = await asyncio.wait_for(sent, self._left())
        assert answer["accepted"], answer
        one.tracking = answer["tracking"]
        if one.row.kind == "inquiry":
            await self._until(one, lambda: self._status(one) == "in_review", "the desk")
            await self.desk.decide(one.tracking, Answer(ANSWER))
        else:
            await self._prove(one)
        if one.row.kind == "access":
            await self._fetch(one, visitor)
        await self._until(one, lambda: self._status(one) == "completed", "completion")
        await self._until(one, lambda: one.words.keys() >= one.row.words.keys(), "every word")
        one.ended = True

    async def _prove(self, one: Played) -> None:
        """The code, by the same channel; or two people who heard the person say yes."""
        text = (await self._word(one, "challenge-1")).text
        if one.row.route == "call" and one.row.relation == "self":
            for name in ("han", "lee"):
                confirmed = Confirmed(one.tracking, name, str(uuid4()))
                assert await tasks.report(self.parts, confirmed), "the call was not recorded"
            return
        typed = {"operator": one.row.operator} if one.row.operator else {}
        sent = await self.town.channel.prove(
            one.tracking, _code(text), channel=one.row.channel, **typed
        )
        assert (await asyncio.wait_for(sent, self._left()))["accepted"], "the code was refused"

    async def _fetch(self, one: Played, visitor: httpx.AsyncClient) -> None:
        """Press the button, read the code, type it in."""
        found = LINK.search((await self._word(one, "completion")).text)
        assert found, "the completion has no link to the package"
        await visitor.post(found[1])
        code = _code((await self._word(one, "download-1")).text)
        fetched = await visitor.post(found[1], data={"code": code})
        assert fetched.headers["content-type"] == "application/zip", fetched.text
        one.package = fetched.content

    async def _word(self, one: Played, name: str) -> Word:
        await self._until(one, lambda: name in one.words, name)
        return one.words[name][0]

    async def _until(self, one: Played, there: Callable[[], bool], what: str) -> None:
        while not there():
            heard = ", ".join(one.words) or "nothing"
            assert self._left() > 0, f"no {what}; it is {self._status(one)}, and told was {heard}"
            await asyncio.sleep(LOOK_AGAIN)

    def _status(self, one: Played) -> str:
        return self._statuses.get(one.row.submission_id, "unknown")

    def _left(self) -> float:
        return max(self._ends - time.monotonic(), 0.0)

    def _of(self, tracking: str) -> Played | None:
        return next((one for one in self.played if one.tracking == tracking), None)

    async def _postman(self) -> None:
        """Mail as it arrives, and how the requests stand."""
        requests = self.town.ours["requests"]
        by_id = {one.row.submission_id: one for one in self.played}
        while True:
            mails = self.town.spool.all()
            for mail in mails[self._seen :]:
                if one := by_id.get(mail.request):
                    word = Word("mail", ",".join(mail.to), mail.text, mail.language)
                    one.words[mail.purpose].append(word)
            self._seen = len(mails)
            rows = await requests.find({}, {"status": 1, "tasks": 1}).to_list()
            self._statuses = {row["_id"]: row["status"] for row in rows}
            self._tasks = {(row["_id"], task) for row in rows for task in row.get("tasks", ())}
            await asyncio.sleep(LOOK_AGAIN)

    def _new(self, route: Route) -> bool:
        """Whether somebody waits to be told by this route; a look spares a command."""
        words = {one.row.submission_id: one.words for one in self.played}
        return any(
            task.startswith(route) and task.partition(":")[2] not in words[request]
            for request, task in self._tasks
        )

    async def _do_tasks(self) -> None:
        """Each call is made once, each letter posted once; they say all that the person hears."""
        while True:
            for route in ("call", "letter"):
                if self._new(route):
                    await self._tell(route)
            await asyncio.sleep(LOOK_AGAIN)

    async def _tell(self, route: Route) -> None:
        for task in await tasks.waiting(self.parts, route):
            one = self._of(task.tracking)
            if one is None or task.word in one.words:
                continue
            shown = await tasks.reveal(self.parts, task, OPERATOR)
            # A call that asks for a proof ends with it; what else is said is said.
            if route == "letter" or task.word != "challenge-1":
                done = Settled(task.tracking, task.task, OPERATOR, reached=True)
                assert await tasks.report(self.parts, done), task
            if route == "letter":
                assert escape(shown.to) in shown.page
            word = Word(route, shown.to, shown.letter.text, task.language)
            one.words[task.word].append(word)


def _code(text: str) -> str:
    found = CODE.search(text)
    assert found, "there is no code in it"
    return found[1]


async def play(town: Town, rows: Sequence[Row], within: float) -> list[Played]:
    """All rows at once; returns what came of each."""
    now = datetime.now(UTC)
    members = {member["_id"]: member for member in people()["members"]}
    played = [Played(row, row.submission(members[row.number], now)) for row in rows]
    async with wiring.open_parts(town.settings_as("desk")) as parts:
        await parts.accounts.add("han", Role.REVIEWER, PASSWORD, "a test")
        desk = Desk(parts, await parts.accounts.prove("han", PASSWORD))
        await Play(desk, town, played, within).run()
    return played
