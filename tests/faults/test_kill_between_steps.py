"""`kill -9` between every two steps of a deletion: whoever comes next ends it, and it counts once.

The points of a whole group, of a large subject's batches, and of the second scan. A third of them
in every run, another one each day, and all of them in the long run.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.faults import dying_worker
from tests.forked import Forked
from tests.town import Town, open_town
from tests.town.company import Deletion
from tests.town.deletions import assert_deleted
from tests.town.place import place
from workers.local.stack import Stack
from workers.pipeline import STATIONS

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

WHOLE = (
    "before commit deletion_begun",
    "after commit deletion_begun",
    "after commit deletion_begun, before ack",
    "before take up",
    "after take up",
    "before controls",
    "after controls",
    "before marker",
    "after marker",
    "before tombstone",
    "after tombstone",
    "before keep",
    "after keep",
    "before carry out",
    "before write",
    "after write",
    "after write, after write, after write, after write",
    "after carry out",
    "before destroy keys",
    "after destroy keys",
    "before digests",
    "after digests",
    "before finish",
    "after finish",
    "after finish, before close",
    "after finish, after close",
    "before apply",
    "after apply",
    "before commit deleted",
    "after commit deleted",
    "after commit deleted, before ack",
)
BATCHES = (
    *(", ".join(["after keep"] * batch) for batch in (1, 2, 3)),
    *(", ".join(["after carry out"] * batch) for batch in (1, 2, 3)),
    "before commit deleted_in_part",
    "after commit deleted_in_part",
    "after commit deleted_in_part, after keep",
)
SECOND_SCAN = (
    "before apply",
    "after controls",
    "after tombstone",
    "before carry out",
    "after carry out",
    "after finish",
    "after apply",
    "after commit second_scan_found",
)
DELETED = {"status": {"$in": ["applied", "completed"]}, "certificate": {"$ne": None}}
SOON = "0.0003"
"""Hours until a second scan, where it is awaited: a second."""


def rotating(points: Sequence[str]) -> list[Any]:
    """A sixth of them for every run, all for the long one."""
    today = date.today().toordinal()  # noqa: DTZ011 - any day does
    names = {point: point.replace(", ", "-").replace(" ", "_") for point in points}
    some = [pytest.param(point, id=names[point]) for point in points[today % 6 :: 6]]
    every = [
        pytest.param(point, id=f"{names[point]}-of_all", marks=pytest.mark.soak) for point in points
    ]
    return some + every


@pytest.fixture(scope="module")
async def town(
    request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """One for all points, with an ordinary worker of every stage but the deletion's.

    In the end nothing of all these people is left, each is certified, and nobody else was touched.
    """
    folder = tmp_path_factory.mktemp("town")
    settings = {"DSR_STEP_TIMEOUT": "15", "DSR_CHALLENGES_A_DAY": "100"}
    async with open_town(folder, await place(stack), members=125, settings=settings) as made:
        await made.work(*(name for name in STATIONS if name != "deletion"))
        failed = request.session.testsfailed
        yield made
        if request.session.testsfailed == failed:
            wishes = [wish for wish in made.corrections if isinstance(wish, Deletion)]
            await made.until_completed(wishes)
            await assert_deleted(made, wishes)


async def proven(town: Town, count: int) -> list[Deletion]:
    """Deletions of people who are still there, whose next command lies in the deletion's queue."""
    used = {wish.key for wish in town.corrections}
    grown_up = [m["_id"] for m in town.before["members"] if m["_id"] % 40 and m["_id"] not in used]
    wishes = [town.deletion(number) for number in grown_up[:count]]
    await town.submit(*wishes)
    await town.prove_as_mail_arrives(wishes)
    waiting = {"status": "verified", "outbox": []}
    await town.until(lambda: counted(town, wishes, waiting), "proven deletions")
    return wishes


async def counted(town: Town, wishes: Sequence[Deletion], query: dict[str, Any]) -> bool:
    """Whether the requests of all of them are like that."""
    ids = [wish.id for wish in wishes]
    found = await town.ours["requests"].count_documents({"_id": {"$in": ids}, **query})
    return bool(found == len(ids))


async def ended(process: Forked) -> int:
    """Its exit status, waited for."""
    async with asyncio.timeout(40):
        return await process.wait()


async def dies(town: Town, point: str, *, batches: bool = False) -> None:
    """A worker works until there; one that never gets there fails the test."""
    log = town.folder / "dying.log"
    worker = await dying_worker.start(town.env, log, point, batches=batches)
    try:
        assert await ended(worker) == -signal.SIGKILL, (point, log.read_text()[-3000:])
    finally:
        worker.kill()


async def another_goes_on(
    town: Town, wishes: Sequence[Deletion], done: dict[str, Any], **settings: str
) -> None:
    """An ordinary worker takes over until all of them are done, and ends."""
    log = town.folder / f"ordinary-{uuid4().hex[:8]}.log"
    log.touch()
    worker = await dying_worker.start(town.env | settings, log)
    try:
        await town.until(lambda: counted(town, wishes, done), "the end of the deletions")
        await town.until(
            lambda: '"worker_started"' in log.read_text(), "a worker that can be ended"
        )
        worker.terminate()
        assert await ended(worker) == 0
    finally:
        worker.kill()


@pytest.mark.parametrize("point", rotating(WHOLE))
async def test_deletions_whose_worker_died_there_are_ended_by_another(
    town: Town, point: str
) -> None:
    wishes = await proven(town, 2)
    await dies(town, point)
    await another_goes_on(town, wishes, DELETED)


@pytest.mark.parametrize("point", rotating(BATCHES))
async def test_a_large_subject_whose_worker_died_between_batches_is_ended_by_another(
    town: Town, point: str
) -> None:
    wishes = await proven(town, 1)
    await dies(town, point, batches=True)
    await another_goes_on(town, wishes, DELETED)


@pytest.mark.parametrize("point", rotating(SECOND_SCAN))
async def test_a_second_scan_whose_worker_died_there_is_ended_by_another(
    town: Town, point: str
) -> None:
    wishes = await proven(town, 2)
    await another_goes_on(town, wishes, DELETED, DSR_SECOND_SCAN_HOURS=SOON)
    late = [{"member_id": wish.key, "postcode": "04524"} for wish in wishes]
    await town.company["delivery_zones"].insert_many(late)
    sent = {"steps.rescan.sends": {"$gte": 1}, "outbox": []}
    await town.until(lambda: counted(town, wishes, sent), "the second scan's time")
    await dies(town, point)
    await another_goes_on(town, wishes, {"steps.rescan": {"$exists": False}})
    for wish in wishes:
        certificate = (await town.request(wish))["certificate"]
        (zones,) = (c for c in certificate["counts"] if c["collection"] == "delivery_zones")
        before = sum(row["member_id"] == wish.key for row in town.before["delivery_zones"])
        assert zones["deleted"] == before + 1
        assert len(certificate["rescans"]) == 2
