"""A database that nobody here designed, mapped by its YAML file alone, while others write to it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from bson import Int64

from tests.acceptance import library
from tests.conftest import Names
from tests.forked import ROOT
from tests.town import Correction, Town, open_town
from tests.town.checks import assert_mails, assert_stores, typed, updates
from tests.town.processes import clean_environment


@pytest.fixture
async def town(names: Names, tmp_path: Path) -> AsyncIterator[Town]:
    """The library, nobody working in it yet."""
    async with open_town(
        tmp_path, names.env(), data_map=library.DATA_MAP, seed=library.seed
    ) as made:
        yield made


class Application:
    """The library's own program, and what it says it has written."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.written: Counter[str] = Counter()

    async def end(self) -> None:
        """Let it finish its turn."""
        self._process.terminate()
        out, _ = await asyncio.wait_for(self._process.communicate(), 30)
        assert self._process.returncode == 0
        self.written.update(json.loads(out))


@asynccontextmanager
async def application(town: Town) -> AsyncIterator[Application]:
    where = (town.env["DSR_MONGO_URL"], town.env["DSR_SUBJECT_DB"], str(library.PATRONS))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.acceptance.library_application", *where),
        env=clean_environment({}),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    assert await asyncio.wait_for(process.stderr.readline(), 30) == b"writing\n"
    try:
        yield Application(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def wish(town: Town, number: int, **changes: Any) -> Correction:
    """What the patron of this number wants."""
    known = {
        "_id": number,
        "name": f"김민지{number}",
        "email": library.email(number),
        "login": {"id": f"L-{number:06d}"},
    }
    made = Correction(known, changes)
    town.corrections.append(made)
    return made


def moved_to(number: int) -> dict[str, Any]:
    return {
        "street": "강변로",
        "house_no": 1000 + number,
        "city": "용산",
        "postcode": 4300 + number,
    }


async def test_everything_is_corrected_and_no_write_of_the_application_is_lost(town: Town) -> None:
    movers, callers, renamed = range(1, 7), range(7, 13), range(13, 17)
    wishes = [wish(town, n, address=moved_to(n)) for n in movers]
    wishes += [wish(town, n, mobile_phone=f"010-7777-{n:04d}") for n in callers]
    wishes += [wish(town, n, full_name={"family": "이", "given": f"서준{n}"}) for n in renamed]
    async with application(town) as program:
        await town.work()
        await town.submit(*wishes)
        await town.prove_as_mail_arrives(wishes)
        await town.until_completed(wishes)
        await program.end()
    requests = await assert_stores(town)
    assert_mails(town, requests)

    # Whole documents: what was asked for, what the application wrote, and nothing else at all.
    patrons = {row["_id"]: row async for row in town.company["patrons"].find()}
    expected = {row["_id"]: row for row in town.before["patrons"]}
    for number in range(1, library.PATRONS + 1):
        row, there = expected[library.email(number)], patrons[library.email(number)]
        row["points"] += program.written[row["_id"]]
        if number in movers:
            street, house = "강변로", Int64(1000 + number)
            row["addr"] = {"street": street, "house": house, "city": "용산", "zip": 4300 + number}
        if number in callers:
            row["contacts"][0]["value"] = f"0107777{number:04d}"
            # A contact that was corrected is a young one, where the map says what tells so.
            (since,) = (one["since"] for one in there["contacts"] if one["kind"] == "mobile")
            assert since > row["contacts"][0]["since"]
            row["contacts"][0]["since"] = since
        if number in renamed:
            row["person"] = {"family": "이", "given": f"서준{number}"}
        for each in (row, there):
            each["contacts"].sort(key=lambda contact: contact["kind"])
        assert typed(there) == typed(row)

    async for loan in town.company["loans"].find():
        number = int(loan["card"][2:])
        moved = number in movers
        assert loan["slip"] == (
            f"강변로 {1000 + number}, 용산" if moved else f"세종대로 {number}, 서울"
        )
        assert loan["renewed"] == program.written[loan["patron"]]

    poetry = await town.company["circles"].find_one({"_id": "poetry"})
    assert poetry["meetings"] == program.written.total()
    assert len(poetry["people"]) == library.PATRONS + program.written.total()
    members = {one["ref"]: one for one in poetry["people"] if not one["ref"].startswith("guest")}
    for number in range(1, library.PATRONS + 1):
        call = f"0107777{number:04d}" if number in callers else f"010{number:08d}"
        nick = f"이서준{number}" if number in renamed else f"김민지{number}"
        assert members[library.email(number)] == {
            "ref": library.email(number), "nick": nick, "call": call,
        }  # fmt: skip
    # Minutes keep what was true then.
    assert poetry["minutes"] == town.before["circles"][0]["minutes"]


async def test_a_copy_in_a_shared_document_is_written_once_for_each_correction(town: Town) -> None:
    wishes = [wish(town, n, mobile_phone=f"010-7777-{n:04d}") for n in range(1, 5)]
    await town.work()
    await town.submit(*wishes)
    await town.prove_as_mail_arrives(wishes)
    await town.until_completed(wishes)
    await assert_stores(town)
    done = await updates(town.mongo, town.env["DSR_SUBJECT_DB"], town.started_at)
    assert {name: n for (name, _), n in done.items() if name == "circles"} == {"circles": 4}
    assert all(n == 1 for (name, _), n in done.items() if name == "patrons")
