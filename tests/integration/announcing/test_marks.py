"""Who got which announcement, in a real database: one mark for each person, and no address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from schemas.errors import AnnouncementError
from tests.announcements import announcement
from tests.cast import MORNING
from tests.conftest import Names
from workers.adapters import mongo
from workers.adapters.announcing import MongoMarks
from workers.ports import MailResult

NAME = announcement().id
SENT, LATER, NEVER = (
    MailResult("sent", "250"),
    MailResult("put_off", "451"),
    MailResult("refused", "550"),
)


@pytest.fixture
async def db(names: Names) -> AsyncIterator[mongo.Database]:
    client = mongo.connect(names.mongo_url)
    yield mongo.database(client, names.db)
    await client.drop_database(names.db)
    client.close()


@pytest.fixture
async def marks(db: mongo.Database) -> MongoMarks:
    made = MongoMarks(db, lambda: MORNING)
    assert await made.init() == ["index announcement_marks.status"]
    return made


async def test_every_run_dates_its_mails_like_the_first(
    db: mongo.Database, marks: MongoMarks
) -> None:
    assert await marks.begin(announcement(), "one") == MORNING
    tomorrow = MongoMarks(db, lambda: MORNING + timedelta(days=1))
    assert await tomorrow.begin(announcement(), "two") == MORNING


async def test_other_words_under_the_same_id_are_refused(marks: MongoMarks) -> None:
    await marks.begin(announcement(), "one")
    with pytest.raises(AnnouncementError, match="other words"):
        await marks.begin(announcement(effective="2027-02-01"), "two")
    assert await marks.is_ours(NAME, "one")
    await marks.begin(announcement(id="privacy-policy-2027-02", effective="2027-02-01"), "three")


async def test_the_newest_run_owns_it(marks: MongoMarks) -> None:
    await marks.begin(announcement(), "one")
    await marks.begin(announcement(), "two")
    assert not await marks.is_ours(NAME, "one")
    assert await marks.is_ours(NAME, "two")


async def test_of_two_that_begin_at_once_one_owns_it(marks: MongoMarks) -> None:
    runs = [str(number) for number in range(8)]
    moments = await asyncio.gather(*(marks.begin(announcement(), run) for run in runs))
    assert set(moments) == {MORNING}
    assert sum([await marks.is_ours(NAME, run) for run in runs]) == 1


async def test_of_two_that_mark_at_once_both_have_marked(
    db: mongo.Database, marks: MongoMarks
) -> None:
    people = {str(number) for number in range(40)}
    answers = await asyncio.gather(*(marks.mark(NAME, people) for _ in range(8)))
    assert all(answer == people for answer in answers)
    assert {mark["marks"] async for mark in db["announcement_marks"].find()} == {8}


async def test_each_attempt_is_counted_and_who_has_it_is_not_marked_again(
    db: mongo.Database, marks: MongoMarks
) -> None:
    people = {"a", "b", "c"}
    assert await marks.mark(NAME, people) == people
    await marks.record(NAME, {"a": SENT, "b": LATER, "c": NEVER})
    assert await marks.settled(NAME, {*people, "d"}) == {"a", "c"}
    assert await marks.mark(NAME, people) == {"b"}
    counts = {mark["person"]: mark["marks"] async for mark in db["announcement_marks"].find()}
    assert counts == {"a": 1, "b": 2, "c": 1}
    assert await marks.undeliverable(NAME, 10) == ["c"]
    assert await marks.mark("another", people) == people


async def test_an_attempt_without_an_outcome_is_marked_once_more(marks: MongoMarks) -> None:
    await marks.mark(NAME, {"a"})
    assert await marks.settled(NAME, {"a"}) == set()
    assert await marks.mark(NAME, {"a"}) == {"a"}


async def test_what_the_server_took_stays_sent_whatever_its_copy_came_to(
    marks: MongoMarks,
) -> None:
    await marks.mark(NAME, {"a"})
    await marks.record(NAME, {"a": SENT})
    await marks.record(NAME, {"a": NEVER})
    assert await marks.undeliverable(NAME, 10) == []
