"""`dsr seal` in databases of others, beside an application that writes, and with many members."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.datamap import parse
from tests.integration.subject_data.company import PATRON, Company, NewCompany
from tests.integration.subject_data.sealable import (
    FOREIGN_FILE,
    a_map,
    all_bytes,
    converted,
    found_by,
    people,
)


async def test_elements_of_a_foreign_database_are_told_apart(library: Company) -> None:
    await library.data.init(company_indexes=True)
    before = {name: await library.bytes_of(name) for name in ("patrons", "circles")}
    content = yaml.load(FOREIGN_FILE.read_text(), yaml.BaseLoader)  # noqa: S506 - as above
    mobile = content["subjects"]["patron"]["fields"]["mobile_phone"]
    mobile |= {"protection": "sealed", "blind_index": "contacts.$[].digest"}
    library.use(parse(content, source="library.yaml"))
    await library.db["patrons"].create_index("contacts.digest")
    assert await found_by(library, phone="010-1234-5678") == PATRON.key
    done = await converted(library, "mobile_phone")
    assert {name: (one.converted, one.left) for name, one in done.items()} == {
        "patrons": (2, 0),
        "circles": (2, 0),
    }
    fax, phone = (await library.one("patrons", PATRON.key))["contacts"]
    assert fax == {"kind": "fax", "value": "0212345678"}
    assert isinstance(phone["value"], bytes)
    assert await found_by(library, phone="010-1234-5678") == PATRON.key
    await converted(library, "mobile_phone", undo=True)
    assert {name: await library.bytes_of(name) for name in before} == before


async def test_an_application_that_writes_meanwhile_loses_nothing(
    new_company: NewCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.adapters.subject_data.converting.PEOPLE", 7)
    monkeypatch.setattr("workers.adapters.subject_data.converting.DOCUMENTS", 5)
    company = new_company(a_map(sealed=False))
    numbers = range(1, 61)
    await company.fill({"members": people(numbers)})
    crowd = [{"member_id": n, "phone": f"010-5555-{n:04}", "score": 0} for n in numbers]
    await company.db["clubs"].insert_one({"_id": "all", "groups": [{"people": crowd}]})
    company.use(a_map(sealed=True))
    await company.data.init(company_indexes=True)
    written: Counter[int] = Counter()
    latest: dict[int, str] = {}
    stop = asyncio.Event()

    async def application() -> None:
        """Counts, sorts an array, and gives people new numbers as it always did: plain."""
        turn = 0
        while not stop.is_set():
            turn += 1
            n = turn * 17 % 60 + 1
            latest[n] = f"010-6666-{turn:04}"
            change = {"$inc": {"login.visits": 1}, "$set": {"phones.mobile": latest[n]}}
            await company.db["members"].update_one({"_id": n}, change)
            await company.db["clubs"].update_one(
                {"_id": "all"},
                {"$inc": {"groups.0.people.$[one].score": 1}},
                array_filters=[{"one.member_id": n}],
            )
            await company.db["clubs"].update_one(
                {"_id": "all"},
                {"$push": {"groups.0.people": {"$each": [], "$sort": {"score": -1}}}},
            )
            written[n] += 1

    writer = asyncio.create_task(application())
    for undo in (False, True, False):
        await company.data.convert("mobile_phone", undo=undo)
    assert written.total() > len(numbers)
    stop.set()
    await writer
    report = await company.data.convert("mobile_phone")
    assert report.left == 0
    assert b"010-" not in await all_bytes(company)
    await company.data.convert("mobile_phone", undo=True)
    club = await company.one("clubs", "all")
    assert {
        (one["member_id"], one["phone"], one["score"]) for one in club["groups"][0]["people"]
    } == {(n, f"010-5555-{n:04}", written[n]) for n in numbers}
    async for document in company.db["members"].find():
        n = document["_id"]
        assert document["login"]["visits"] == 3 + written[n]
        assert document["phones"]["mobile"] == latest.get(n, f"010-1000-{n:04}")


@pytest.mark.soak
async def test_ten_thousand_members_in_flat_memory(
    new_company: NewCompany, commands: list[Any]
) -> None:
    company = new_company(a_map(sealed=False))
    numbers = range(1, 10_001)
    await company.db["members"].insert_many(people(numbers))
    await company.db["orders"].insert_many([{"_id": n, "member_id": n} for n in numbers])
    await company.db["deliveries"].insert_many(
        [{"_id": n, "order_id": n, "receiver": {"phone": f"010-1000-{n:04}"}} for n in numbers]
    )
    company.use(a_map(sealed=True))
    await company.data.init(company_indexes=True)
    held: list[int] = []

    def tell(_done: int, _of: int) -> None:
        commands.clear()
        held.append(_resident())

    for undo in (False, True):
        held.clear()
        report = await company.data.convert("mobile_phone", undo=undo, tell=tell)
        assert (report.people, report.left) == (10_000, 0)
        assert sum(one.converted for one in report.collections) == 20_000
        grown = max(held) - held[len(held) // 5]
        assert grown < 16 * 1024


def _resident() -> int:
    """What the process holds now, in KiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024
