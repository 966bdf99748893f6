"""A document goes on the day that its rule says, and not a moment before."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from schemas.errors import KeyGone
from tests.cast import MORNING
from tests.integration.retention.house import DAY, JIHO, MINJI, RetentionHouse, counts

SEOUL = timezone(timedelta(hours=9))
FEBRUARY = datetime(2027, 2, 28, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LOGS = ("documents", "old_access_logs", "access_logs")


@pytest.mark.parametrize(
    ("now", "at", "is_due"),
    [
        (MORNING, datetime(2026, 8, 23, 0, 0, tzinfo=UTC), True),
        (MORNING, datetime(2026, 8, 23, 0, 0, 0, 1000, tzinfo=UTC), False),
        (MORNING, datetime(2026, 8, 23, 9, 0, tzinfo=SEOUL), True),
        (MORNING, datetime(2026, 8, 23, 9, 0, 1, tzinfo=SEOUL), False),
        (MORNING, datetime(2026, 8, 22, 23, 0, tzinfo=SEOUL), True),
        (MORNING.astimezone(SEOUL), datetime(2026, 8, 23, 0, 0, tzinfo=UTC), True),
        # Three months after the 28th, 29th and 30th of November are the 28th of February alike.
        (FEBRUARY, datetime(2026, 11, 28, 12, 0, tzinfo=UTC), True),
        (FEBRUARY, datetime(2026, 11, 29, 12, 0, tzinfo=UTC), True),
        (FEBRUARY, datetime(2026, 11, 30, 12, 0, tzinfo=UTC), True),
        (FEBRUARY, datetime(2026, 11, 29, 12, 0, 1, tzinfo=UTC), False),
        (FEBRUARY, datetime(2026, 12, 1, 0, 0, tzinfo=UTC), False),
    ],
)
async def test_three_months_end_to_the_moment(
    house: RetentionHouse, now: datetime, at: datetime, is_due: bool
) -> None:
    await house.logs(at)
    report = await house.sweep(now)
    assert await house.ids("access_logs") == ([] if is_due else ["log-0"])
    assert counts(report).get(LOGS) == ((1, 0) if is_due else None)


@pytest.mark.parametrize(
    ("since", "is_due"),
    [
        (datetime(2025, 11, 23, 0, 0, tzinfo=UTC), True),
        (datetime(2025, 11, 23, 0, 0, 1, tzinfo=UTC), False),
    ],
)
async def test_a_year_ends_to_the_moment(
    house: RetentionHouse, since: datetime, is_due: bool
) -> None:
    await house.company.db["usage_records"].insert_one({"_id": 1, "member_id": 1, "at": since})
    await house.sweep(MORNING)
    assert await house.ids("usage_records") == ([] if is_due else [1])


@pytest.mark.parametrize("at", [None, "2020-01-01", 0, [datetime(2020, 1, 1, tzinfo=UTC)]])
async def test_a_document_without_a_time_is_left_alone(house: RetentionHouse, at: Any) -> None:
    await house.logs(at)
    report = await house.sweep(MORNING)
    assert await house.ids("access_logs") == ["log-0"]
    assert report.findings == ()


async def test_what_a_law_keeps_longer_goes_to_the_archive(house: RetentionHouse) -> None:
    house.use({"retention_bases.access_logs.duration": "1 year"})
    old = MORNING - 100 * DAY
    await house.logs(old, old, MORNING - 400 * DAY, MORNING)
    await house.company.db["access_logs"].update_one({"_id": "log-1"}, {"$set": {"member_id": 2}})
    report = await house.sweep(MORNING)
    assert counts(report) == {LOGS: (3, 2)}
    assert report.swept[0].oldest == MORNING - 400 * DAY
    assert await house.ids("access_logs") == ["log-3"]
    (minjis,), (jihos,) = [await house.read(who, "access_logs") for who in (MINJI, JIHO)]
    assert (minjis.document_id, jihos.document_id) == ("log-0", "log-1")
    assert minjis.document["request"]["action"] == "login"
    assert minjis.destroy_after == old.replace(year=old.year + 1)


async def test_a_document_that_knows_its_person_over_another_is_archived_for_that_person(
    house: RetentionHouse,
) -> None:
    rule = {"name": "sent", "collection": "deliveries", "from": "sent_at", "after": "1 year"}
    archive = {"action": "archive", "basis": "contract", "from": "sent_at"}
    house.use({"retention_rules": [rule], "collections.deliveries.on_delete": archive})
    deliveries = house.company.db["deliveries"]
    await deliveries.update_many({}, {"$set": {"sent_at": MORNING - 400 * DAY}})
    lost = {"_id": 9, "order_id": None, "sent_at": MORNING - 400 * DAY}
    await deliveries.insert_one(lost)
    report = await house.sweep(MORNING)
    assert counts(report) == {("documents", "sent", "deliveries"): (2, 2)}
    assert [one.document_id for one in await house.read(MINJI, "contract")] == [1101]
    assert [one.document_id for one in await house.read(JIHO, "contract")] == [1103]
    (finding,) = report.findings
    assert (finding.collection, finding.why, finding.documents) == ("deliveries", "left_over", 1)
    assert await house.ids("deliveries") == [9]


async def test_each_of_several_people_keeps_their_own_part(house: RetentionHouse) -> None:
    rule = {"name": "clubs", "collection": "clubs", "from": "ended_at", "after": "1 year"}
    archive = {"action": "archive", "basis": "contract", "from": "ended_at"}
    house.use({"retention_rules": [rule], "collections.clubs.on_delete": archive})
    clubs = house.company.db["clubs"]
    await clubs.update_many({}, {"$set": {"ended_at": MORNING - 400 * DAY}})
    report = await house.sweep(MORNING)
    assert counts(report) == {("documents", "clubs", "clubs"): (1, 1)}
    parts = [dict(one.document) for one in await house.read(JIHO, "contract")]
    assert [part["_id"] for part in parts] == ["hikers"]
    assert "김민지" not in str(parts)
    assert len(await house.read(MINJI, "contract")) == 1


async def test_sealed_values_are_archived_in_clear(house: RetentionHouse) -> None:
    copies = house.company.datamap.model_dump(mode="json", by_alias=True)
    phone = copies["subjects"]["member"]["fields"]["mobile_phone"]
    phone["copies"].append({"collection": "access_logs", "path": "caller"})
    house.use(
        {
            "subjects.member.fields.mobile_phone.copies": phone["copies"],
            "retention_bases.access_logs.duration": "1 year",
        }
    )
    log = {"_id": "call", "member_id": 1, "at": MORNING - 100 * DAY, "caller": "010-1"}
    (sealed,) = await house.company.data.seal_documents([(MINJI, "access_logs", log)])
    assert isinstance(sealed["caller"], bytes)
    await house.company.db["access_logs"].insert_one(sealed)
    await house.sweep(MORNING)
    (kept,) = await house.read(MINJI, "access_logs")
    assert kept.document["caller"] == "010-1"


async def test_what_a_law_keeps_and_is_nobodys_stays_and_is_told(house: RetentionHouse) -> None:
    house.use({"retention_bases.access_logs.duration": "1 year"})
    await house.logs(MORNING - 100 * DAY, MORNING - 400 * DAY, member=None)
    report = await house.sweep(MORNING)
    assert await house.ids("access_logs") == ["log-0"]
    (finding,) = report.findings
    assert (finding.collection, finding.path, finding.why) == ("access_logs", "at", "left_over")


async def test_what_was_archived_is_destroyed_with_its_key(house: RetentionHouse) -> None:
    house.use({"retention_bases.access_logs.duration": "1 year"})
    at = MORNING - 100 * DAY
    await house.logs(at)
    await house.sweep(MORNING)
    copy = await house.archived["documents"].find_one()
    assert copy is not None
    end = at.replace(year=at.year + 1)
    assert counts(await house.sweep(end - SECOND)) == {}
    assert len(await house.read(MINJI, "access_logs")) == 1
    report = await house.sweep(end)
    assert counts(report) == {("archive", "access_logs", "access_logs"): (1, 0)}
    assert report.keys_destroyed == 1
    assert report.swept[0].oldest == end
    await house.archived["documents"].insert_one(copy)
    with pytest.raises(KeyGone):
        await house.read(MINJI, "access_logs")


async def test_five_years_end_to_the_day(house: RetentionHouse) -> None:
    paid = datetime(2024, 2, 29, 15, 30, tzinfo=UTC)
    rules = [
        {"name": "old_payments", "collection": "payments", "from": "paid_at", "after": "1 year"}
    ]
    house.use({"retention_rules": rules})
    await house.company.db["payments"].insert_one({"_id": 9, "member_id": 1, "paid_at": paid})
    assert counts(await house.sweep(datetime(2025, 3, 1, tzinfo=UTC))) == {
        ("documents", "old_payments", "payments"): (1, 1)
    }
    end = datetime(2029, 2, 28, 15, 30, tzinfo=UTC)
    assert counts(await house.sweep(end - SECOND)) == {}
    assert counts(await house.sweep(end)) == {("archive", "payment", "payments"): (1, 0)}


async def test_what_became_younger_meanwhile_stays(
    house: RetentionHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.use({"retention_bases.access_logs.duration": "1 year"})
    await house.logs(MORNING - 100 * DAY)
    keep = house.archive.keep

    async def slow(items: Any) -> None:
        await keep(items)
        await house.company.db["access_logs"].update_one({}, {"$set": {"at": MORNING}})

    monkeypatch.setattr(house.archive, "keep", slow)
    report = await house.sweep(MORNING)
    assert await house.ids("access_logs") == ["log-0"]
    assert counts(report) == {}


@pytest.mark.soak
async def test_twenty_thousand_old_logs_go_in_flat_memory(house: RetentionHouse) -> None:
    peaks = []
    for number in (2_000, 20_000):
        await house.company.db["access_logs"].insert_many(
            [
                {"member_id": n % 500, "at": MORNING - 100 * DAY, "request": {"agent": "x" * 200}}
                for n in range(number)
            ]
        )
        tracemalloc.start()
        report = await house.sweep(MORNING)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert counts(report) == {LOGS: (number, 0)}
    assert peaks[1] < 1.5 * peaks[0]
    assert await house.ids("access_logs") == []
