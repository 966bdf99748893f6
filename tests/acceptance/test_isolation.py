"""One dead recipient delays nobody: nor does one that drips, or fails half of the time.

Two towns correct the same at the same time, so that whatever else the machine does slows both: one
with healthy recipients alone, one with three sick ones beside them. How long it takes from the
correction to the healthy ones' first attempt is compared. In the long run workers are then killed
while notices are on their way: none is forgotten.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Names, Vhosts
from tests.town import SMALLMACHINES, Town, open_town
from tests.town.checks import assert_stores
from tests.town.company import Correction, new_address
from tests.town.recipients import Mode, Recipient, serving
from workers.adapters.tokens import create_secret
from workers.local.stack import Stack

MODES: Mapping[str, Mode] = {
    "quick-one": "applies",
    "quick-two": "applies",
    "dead": "silent",
    "drips": "drips",
    "halves": "halves",
}
QUICK = ("quick-one", "quick-two")
AT_MOST = 1.5
NOISE = {25: 4.0, 1000: 0.5}
"""Seconds that two towns may differ by anyway: of few corrections one slow moment of the machine
is the p95, so there it is less than half of what a silent recipient holds a call for (10 s)."""
AT_ONCE = 25
"""Corrections under way in each town: what takes long then is waiting for somebody, not a queue of
a thousand before one worker."""
KILLS = {25: 0, 1000: 5}
BETWEEN_KILLS = 40
"""Corrections that are under way at each."""


def data_map(folder: Path, recipients: Mapping[str, Recipient]) -> Path:
    head, _, rest = SMALLMACHINES.read_text().partition("\nrecipients:\n")
    head = head.replace("recipients: [dain-marketing]", "recipients: []")
    ours = {
        name: {
            "label": {"ko": name, "en": name},
            "subject": "member",
            "fields": {"home_address": "address"},
            "transport": {"kind": "webhook", "url": recipient.url},
        }
        for name, recipient in recipients.items()
    }
    ledger = rest.partition("\ndisclosures:\n")[2]
    file = folder / "map.yaml"
    file.write_text(f"{head}\nrecipients: {json.dumps(ours)}\ndisclosures:\n{ledger}")
    return file


@asynccontextmanager
async def town_of(
    folder: Path, names: Names, received: Sequence[str], members: int
) -> AsyncIterator[tuple[Town, dict[str, Recipient]]]:
    """One in which each of these recipients received everybody's address."""
    recipients = {
        name: Recipient(name, create_secret(folder / "secrets", name, "out"), mode)
        for name, mode in MODES.items()
    }
    async with serving(recipients):
        file = data_map(folder, recipients)
        async with open_town(folder, names.env(), data_map=file, members=members) as town:
            await town.company["disclosures"].delete_many({})
            now = datetime.now(UTC)
            await town.company["disclosures"].insert_many(
                [
                    {"member_id": n, "recipient": name, "items": ["home_address"], "at": now}
                    for n in range(1, members + 1)
                    for name in received
                ]
            )
            await town.work()
            yield town, recipients


async def told(town: Town, recipients: Mapping[str, Recipient], count: int) -> list[float]:
    """Correct them all, wait until the healthy ones have settled; seconds to the first attempt."""
    waits = []
    for first in range(1, count + 1, AT_ONCE):
        wishes = await ask(town, range(first, first + AT_ONCE))
        await town.prove_as_mail_arrives(wishes)
        await until_healthy_have_settled(town, wishes)
        waits += await first_attempts(town, recipients, wishes)
    return waits


async def ask(town: Town, members: Sequence[int]) -> list[Correction]:
    wishes = [town.correction(number, home_address=new_address(number)) for number in members]
    await town.submit(*wishes)
    return wishes


async def until_healthy_have_settled(town: Town, wishes: Sequence[Correction]) -> None:
    async def healthy_have_settled() -> bool:
        done = {f"notices.{name}.status": "applied" for name in QUICK}
        ids = {"_id": {"$in": [wish.id for wish in wishes]}}
        found = await town.ours["requests"].count_documents({**ids, **done})
        return int(found) == len(wishes)

    await town.until(healthy_have_settled, "the healthy ones to settle", within=120 + len(wishes))


async def first_attempts(
    town: Town, recipients: Mapping[str, Recipient], wishes: Sequence[Correction]
) -> list[float]:
    first: dict[str, float] = {}
    for name in QUICK:
        for call in recipients[name].calls:
            first[call.id] = min(call.at, first.get(call.id, call.at))
    waits = []
    for wish in wishes:
        request = await town.request(wish)
        applied = request["applied_at"].replace(tzinfo=UTC).timestamp()
        waits += [first[request["notices"][name]["id"]] - applied for name in QUICK]
    return waits


def p95(waits: Sequence[float]) -> float:
    return statistics.quantiles(waits, n=20)[-1]


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("count", [25, pytest.param(1000, marks=pytest.mark.soak)])
async def test_sick_recipients_delay_no_healthy_one(
    names: Names, other_names: Names, tmp_path: Path, count: int, record_property: Any
) -> None:
    members = count + KILLS[count] * BETWEEN_KILLS
    async with (
        town_of(tmp_path / "well", other_names, QUICK, count) as well,
        town_of(tmp_path / "sick", names, tuple(MODES), members) as sick,
    ):
        waits = await asyncio.gather(told(*well, count), told(*sick, count))
        alone, beside = map(p95, waits)
        record_property("p95_alone", alone)
        record_property("p95_beside", beside)
        print(f"p95: alone {alone:.2f} s, beside sick ones {beside:.2f} s")  # noqa: T201 - measured
        for first in range(count + 1, members + 1, BETWEEN_KILLS):
            await killed_meanwhile(sick[0], range(first, first + BETWEEN_KILLS))
        await nothing_was_forgotten(*sick)
        await nobody_was_told_twice_under_two_names(*sick)
        assert beside <= AT_MOST * alone + NOISE[count]


@pytest.fixture
async def other_names(names: Names, vhosts: Vhosts, stack: Stack) -> Names:
    vhost = await vhosts.take()
    own = vhost.replace("-", "_")
    return replace(
        names,
        db=f"{own}_dsr",
        keys_db=f"{own}_keys",
        subject_db=f"{own}_company",
        archive_db=f"{own}_archive",
        vhost=vhost,
        amqp_url=stack.rabbit.url_of(vhost),
    )


async def killed_meanwhile(town: Town, members: Sequence[int]) -> None:
    """The worker dies while some of these are being told; another one takes over."""
    wishes = await ask(town, members)
    proofs = asyncio.create_task(town.prove_as_mail_arrives(wishes))

    async def some_are_being_told() -> bool:
        ids = {"_id": {"$in": [wish.id for wish in wishes]}}
        marked = {"notices.dead.marks": {"$gte": 1}}
        return int(await town.ours["requests"].count_documents({**ids, **marked})) > 0

    await town.until(some_are_being_told, "a notice on its way", within=120)
    await town.workers[-1].kill()
    await town.work()
    await proofs
    await until_healthy_have_settled(town, wishes)


async def nothing_was_forgotten(town: Town, recipients: Mapping[str, Recipient]) -> None:
    """Whoever received the address has its notice: settled, or with a clock that will send it."""
    requests = await assert_stores(town)
    came = {name: {call.id for call in one.calls} for name, one in recipients.items()}
    of_member = {wish.key: requests[wish.id] for wish in town.corrections}
    async for entry in town.company["disclosures"].find():
        request, name = of_member[entry["member_id"]], entry["recipient"]
        notice = request["notices"][name]
        if notice["status"] == "applied":
            assert notice["id"] in came[name]
        else:
            assert name not in QUICK
            assert {f"notice:{name}", "propagation"} & request["steps"].keys(), (name, notice)


async def nobody_was_told_twice_under_two_names(
    town: Town, recipients: Mapping[str, Recipient]
) -> None:
    for name, recipient in recipients.items():
        ids: dict[str, set[str]] = defaultdict(set)
        for call in recipient.calls:
            ids[call.body["subject"]["key"]].add(call.id)
        assert all(len(of_one) == 1 for of_one in ids.values()), name
    marks = [
        (name, notice["marks"], notice["id"])
        async for request in town.ours["requests"].find({}, {"notices": 1})
        for name, notice in request["notices"].items()
    ]
    came = {name: [call.id for call in one.calls] for name, one in recipients.items()}
    assert all(came[name].count(id_) <= times for name, times, id_ in marks)
