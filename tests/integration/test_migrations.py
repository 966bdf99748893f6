"""The stored form of our database: brought up to date in batches, beside workers, once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from schemas.errors import LayoutDiffers
from schemas.request import RequestRecord
from tests.conftest import Names
from workers.adapters import mongo
from workers.adapters.migrations import MIGRATIONS, Layout, Migration, batches
from workers.adapters.mongo import Database

OF_BEFORE: dict[str, Any] = {
    "schema": "dsr.request/1", "version": 3, "tracking": "DSR-AAAA-AAAA", "kind": "correction",
    "channel": "web", "language": "ko", "status": "verified", "digest": "d", "sealed": b"s",
    "relation": "self", "profile": "korea", "loud": False, "fields": ["home_address"],
    "steps": {"correction": {"opened_at": None, "due": None}}, "rule": None, "tasks": [],
    "notices": {}, "outbox": [], "history": [],
}  # fmt: skip
"""A request as it was written when every field was."""


@pytest.fixture
async def db(names: Names) -> AsyncIterator[Database]:
    client = mongo.connect(names.mongo_url)
    yield mongo.database(client, names.db)
    await client.drop_database(names.db)
    client.close()


async def some(db: Database, count: int = 5) -> list[str]:
    ids = [f"request-{number}" for number in range(count)]
    await db["requests"].insert_many([{"_id": id_, **OF_BEFORE} for id_ in ids])
    return ids


async def has_empty(db: Database, id_: str) -> bool:
    found = await db["requests"].find_one({"_id": id_})
    assert found is not None
    return any(value in (None, [], {}) for value in found.values())


async def test_a_plan_changes_nothing_and_a_second_run_finds_nothing(db: Database) -> None:
    (id_, *_) = await some(db)
    layout = Layout(db, MIGRATIONS)
    planned = await layout.init(plan=True)
    assert planned[0].startswith("migration 1: ")
    assert await has_empty(db, id_)
    assert await layout.init() == planned
    assert not await has_empty(db, id_)
    assert await layout.init(plan=True) == await layout.init() == []


async def test_both_forms_of_a_request_say_the_same(db: Database) -> None:
    times = dict.fromkeys(("received_at", "deadline", "created_at", "updated_at"))
    now = await mongo.server_time(db)
    (id_,) = await some(db, 1)
    step = {"opened_at": now, "due": now}
    await db["requests"].update_one(
        {"_id": id_}, {"$set": {**dict.fromkeys(times, now), "steps.correction": step}}
    )

    async def read() -> RequestRecord:
        return RequestRecord.model_validate(await db["requests"].find_one({"_id": id_}))

    before = await read()
    await Layout(db, MIGRATIONS).init()
    assert await read() == before


async def test_what_was_broken_off_goes_on_where_it_was(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SIZE", 2)
    ids = await some(db)
    (real,) = MIGRATIONS

    async def dies(db: Database, after: Any, keep: batches.Keep) -> None:
        async def keep_once(last: Any) -> None:
            await keep(last)
            raise KeyboardInterrupt

        await real.run(db, after, keep_once)

    with pytest.raises(KeyboardInterrupt):
        await Layout(db, [Migration(1, 1, "dies", dies)]).init()
    assert [await has_empty(db, id_) for id_ in ids] == [False, False, True, True, True]
    with pytest.raises(LayoutDiffers, match="dsr init"):
        await Layout(db, MIGRATIONS).check()
    # What an old worker writes meanwhile at a place that is done is read all the same.
    await db["requests"].update_one({"_id": ids[0]}, {"$set": {"tasks": []}})
    await Layout(db, MIGRATIONS).init()
    assert [await has_empty(db, id_) for id_ in ids] == [True, False, False, False, False]
    await Layout(db, MIGRATIONS).check()


async def nothing(*_: Any) -> None:
    """A migration that need not do anything."""


@pytest.mark.parametrize(
    ("newer", "works"),
    [([Migration(2, 1, "", nothing)], True), ([Migration(2, 2, "", nothing)], False)],
)
async def test_workers_of_the_version_before_go_on_unless_the_major_is_another(
    db: Database, newer: Sequence[Migration], works: bool
) -> None:
    await Layout(db, [*MIGRATIONS, *newer]).init()
    before = Layout(db, MIGRATIONS)
    if works:
        await before.check()
        assert await before.init() == []
        return
    for refused in (before.check, before.init):
        with pytest.raises(LayoutDiffers, match="newer version"):
            await refused()


async def test_a_database_that_was_never_migrated_is_refused(db: Database) -> None:
    with pytest.raises(LayoutDiffers, match="run `dsr init`"):
        await Layout(db, MIGRATIONS).check()


def test_numbers_and_majors_only_grow() -> None:
    numbers = [each.number for each in MIGRATIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [each.major for each in MIGRATIONS] == sorted(each.major for each in MIGRATIONS)
