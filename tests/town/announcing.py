"""`dsr announce` as an operator runs it, killed on purpose, and what came of it from outside."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.announcements import FILE
from tests.forked import Forked
from tests.town import Town
from tests.town.processes import start_dsr

ID = "privacy-policy-2027-01"


class Announcing:
    """One process of the command."""

    def __init__(self, process: Forked) -> None:
        self.process = process
        self.resident: list[int] = []
        """Its memory in kilobytes, whenever it was looked at."""

    @classmethod
    async def start(cls, town: Town, *options: str) -> Announcing:
        """Returns at once."""
        file = town.folder / "policy.yaml"
        file.write_text(FILE)
        words = ("announce", str(file), "--json", *options)
        return cls(await start_dsr(*words, settings=town.env))

    async def kill(self) -> None:
        """SIGKILL: nothing is finished."""
        self.process.kill()
        await self.process.wait()

    async def report(self) -> dict[str, Any]:
        """What it said at its end."""
        out, said = await self.process.communicate()
        assert out, said.decode()
        made: dict[str, Any] = json.loads(out)
        return made

    def look(self) -> None:
        """Note how much memory it takes now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        self.resident.append(int(line.split()[1]))


@asynccontextmanager
async def running(town: Town, *options: str) -> AsyncIterator[Announcing]:
    """The command, ended with the block."""
    made = await Announcing.start(town, *options)
    try:
        yield made
    finally:
        if made.process.returncode is None:
            await made.kill()


def delivered(town: Town) -> int:
    """Files in the Maildir, whosever they are: counting is quick while mails are coming in."""
    new = town.spool.maildir / "new"
    return sum(1 for _ in new.iterdir()) if new.is_dir() else 0


async def until_delivered(town: Town, command: Announcing, number: int) -> None:
    """Wait until there are so many: that is in the middle of a batch as often as not."""
    ended = asyncio.create_task(command.process.wait())

    def enough() -> bool:
        assert delivered(town) >= number or not ended.done(), "it ended before"
        return delivered(town) >= number

    try:
        await town.until(enough, f"{number} mails", within=120)
    finally:
        ended.cancel()


def arrived(town: Town) -> Counter[str]:
    """How many copies of each mail of the announcement arrived, by Message-ID."""
    return Counter(mail.message_id for mail in town.spool.all() if mail.request == ID)


async def assert_each_once(town: Town, addresses: list[str], strikes: int, batch: int) -> None:
    """Everybody has it; a second copy stands for a mark without an outcome, and is the same."""
    copies = arrived(town)
    mails = [mail for mail in town.spool.all() if mail.request == ID]
    assert Counter(to for mail in {m.message_id: m for m in mails}.values() for to in mail.to) == (
        Counter(addresses)
    )
    marks = [mark async for mark in town.ours["announcement_marks"].find()]
    assert len(marks) == len(copies) == len(addresses)
    assert {mark["status"] for mark in marks} == {"sent"}
    assert max(copies.values()) <= max(mark["marks"] for mark in marks) <= strikes + 1
    again = sum(copies.values()) - len(copies)
    assert again <= sum(mark["marks"] - 1 for mark in marks) <= strikes * batch
    assert len({mail.content for mail in mails}) == len(addresses)
    assert not [mark for mark in marks if "@" in str(mark)]
