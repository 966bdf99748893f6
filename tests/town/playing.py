"""Plays the rows of the table all at once: what each person reads, hears, says and types.

Nobody here looks into a request. The mail server, the call centre and the post room tell what was
said to whom; what goes wrong with one row is kept with that row and stops no other.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from schemas.review import Role
from tests.town import Town
from tests.town.processes import dsr_here
from tests.town.rights import pages
from tests.town.table import OPERATOR, Route, Row, people
from workers import wiring

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
    """The outside of the town while all rows are played."""

    def __init__(self, town: Town, played: Sequence[Played], within: float) -> None:
        self.town = town
        self.played = played
        self._ends = time.monotonic() + within
        self._seen = 0
        self._command = asyncio.Lock()
        self._statuses: Mapping[str, str] = {}
        self._folder = town.folder / "letters"

    async def run(self) -> None:
        """Publish everything, and go on until each row has ended or the time is over."""
        async with wiring.open_parts(self.town.settings) as parts:
            await parts.accounts.add("han", Role.REVIEWER, PASSWORD, "a test")
        async with pages(self.town) as visitor:
            around = [
                asyncio.create_task(each())
                for each in (self._postman, self._call_centre, self._post_room)
            ]
            rows = [self._play(one, visitor) for one in self.played]
            for one, came in zip(
                self.played, await asyncio.gather(*rows, return_exceptions=True), strict=True
            ):
                if isinstance(came, BaseException):
                    one.trouble = f"{type(came).__name__}: {came}"
            for task in around:
                task.cancel()
            for task in around:
                with suppress(asyncio.CancelledError):
                    await task

    async def _play(self, one: Played, visitor: httpx.AsyncClient) -> None:
        sent = await self.town.channel.submit(one.submission)
        answer = await asyncio.wait_for(sent, self._left())
        assert answer["accepted"], answer
        one.tracking = answer["tracking"]
        if one.row.kind == "inquiry":
            await self._until(one, lambda: self._status(one) == "in_review", "the desk")
            await self.dsr("review", "answer", one.tracking, "-", "--by", "han", typed=ANSWER)
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
            for name in (OPERATOR, "lee"):
                await self.dsr("calls", "confirmed", one.tracking, "--by", name)
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

    async def dsr(self, *arguments: str, typed: str = "") -> str:
        """A command of the desk; one at a time, since they share this process."""
        settings = {**self.town.env, "DSR_ACCOUNT_PASSWORD": PASSWORD}
        async with self._command:
            return await dsr_here(*arguments, settings=settings, typed=typed)

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
            rows = requests.find({}, {"status": 1})
            self._statuses = {row["_id"]: row["status"] async for row in rows}
            await asyncio.sleep(LOOK_AGAIN)

    async def _call_centre(self) -> None:
        """Each call is made once; what it says is all that the person hears."""
        while True:
            for call in json.loads(await self.dsr("calls", "list", "--json")):
                one, name = self._of(call["tracking"]), call["word"]
                if one is None or name in one.words:
                    continue
                which = (one.tracking, "--by", OPERATOR, "--word", name)
                said = json.loads(await self.dsr("calls", "show", *which, "--json"))
                # A challenge ends with its proof; what else is said is said.
                if name != "challenge-1":
                    await self.dsr("calls", "done", *which)
                one.words[name].append(Word("call", said["to"], said["text"], call["language"]))
            await asyncio.sleep(LOOK_AGAIN)

    async def _post_room(self) -> None:
        """Each letter is printed, posted, and read."""
        while True:
            out = await self.dsr("letters", "print", "--out", str(self._folder), "--by", OPERATOR)
            for file in map(Path, out.splitlines()):
                if file.suffix != ".txt":
                    continue
                tracking, name = file.stem[:13], file.stem[14:]
                await self.dsr("letters", "done", tracking, "--by", OPERATOR, "--word", name)
                to, _, text = file.read_text().partition("\n\n")
                if one := self._of(tracking):
                    one.words[name].append(Word("letter", to, text))
            await asyncio.sleep(LOOK_AGAIN)


def _code(text: str) -> str:
    found = CODE.search(text)
    assert found, "there is no code in it"
    return found[1]


async def play(town: Town, rows: Sequence[Row], within: float) -> list[Played]:
    """All rows at once; returns what came of each."""
    now = datetime.now(UTC)
    members = {member["_id"]: member for member in people()["members"]}
    played = [Played(row, row.submission(members[row.number], now)) for row in rows]
    await Play(town, played, within).run()
    return played
