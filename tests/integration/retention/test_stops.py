"""A sweep may be killed anywhere: the next one ends what it began, and counts nothing twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.retention.house import DAY, MINJI, NOW, RetentionHouse, counts
from tests.integration.retention.test_particulars import END, has_key
from tests.integration.retention.test_subjects import LEFT, leave
from tests.integration.subject_data.erasing import found_in
from tests.integration.subject_data.test_erasure_stops import Killed, killing, on_one_side
from workers.adapters.archive import ArchiveStore
from workers.adapters.request_store import RequestStore
from workers.adapters.retention.documents import Documents
from workers.adapters.retention.openings import Openings
from workers.adapters.retention.particulars import OldParticulars
from workers.adapters.retention.subjects import Subjects
from workers.adapters.retention.tally import Tally
from workers.adapters.vault import Vault
from workers.ports.archive import ArchiveItem

YEAR = timedelta(days=365)
EVERYTHING = {
    ("archive", "payment", "payments"): (1, 0),
    ("documents", "old_access_logs", "access_logs"): (3, 1),
    ("documents", "old_usage_records", "usage_records"): (1, 0),
    ("subject", "ended_membership", "members"): (1, 0),
    ("particulars", "particulars", "requests"): (1, 0),
}
"""What is due in each of the tests below, beside what a member leaves behind."""


@pytest.fixture
async def due(house: RetentionHouse) -> RetentionHouse:
    """A house in which something of every kind is due."""
    house.use({"retention_bases.access_logs.duration": "1 year"})
    await leave(house, 1)
    await house.logs(NOW - 100 * DAY, NOW - 2 * YEAR, NOW - 2 * YEAR, NOW, member=2)
    await house.company.db["usage_records"].insert_one({"_id": 1, "at": NOW - 2 * YEAR})
    await house.final("r1", END)
    await house.archive.keep(
        [
            ArchiveItem(
                pseudonym="f" * 32,
                basis="payment",
                collection="payments",
                document_id=1,
                document={"_id": 1},
                destroy_after=NOW,
                request="long-ago",
            )
        ]
    )
    return house


async def test_a_dry_run_tells_everything_and_changes_nothing(due: RetentionHouse) -> None:
    before = await due.everything()
    report = await due.sweep(dry_run=True)
    assert report.dry_run
    assert counts(report) == EVERYTHING
    oldest = {one.what: one.oldest for one in report.swept}
    assert (oldest["archive"], oldest["subject"], oldest["particulars"]) == (NOW, LEFT, END)
    assert await due.everything() == before


async def test_a_second_sweep_finds_nothing(due: RetentionHouse) -> None:
    assert counts(await due.swept()) == EVERYTHING
    before = await due.everything()
    report = await due.sweep()
    assert (counts(report), report.keys_destroyed, report.findings) == ({}, 0, ())
    assert await due.everything() == before


STOPS: list[tuple[Any, str, int]] = [
    (ArchiveStore, "destroy", 1),
    (ArchiveStore, "_remove", 1),
    (Vault, "destroy", 1),
    (Vault, "destroy", 2),
    (Documents, "_destroy", 1),
    (ArchiveStore, "keep", 1),
    (ArchiveStore, "keep", 2),
    (Documents, "_destroy", 2),
    (Subjects, "_free", 1),
    (Openings, "begin", 1),
    (RequestStore, "commit", 1),
    (OldParticulars, "_destroy", 1),
    (Tally, "_record", 1),
    (Tally, "_record", 2),
    (Tally, "_record", 3),
]


@pytest.mark.parametrize(("place", "name", "call", "after"), on_one_side(STOPS))
async def test_it_is_finished_wherever_it_was_stopped(
    due: RetentionHouse,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    call: int,
    after: bool,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(place, name, killing(getattr(place, name), after=after, call=call))
        with pytest.raises(Killed):
            await due.sweep()
    due.sweeper = due.new_sweeper()
    report = await due.sweep()
    await due.work()
    assert report.findings == ()
    assert await due.ids("access_logs") == ["log-3"]
    assert await due.ids("usage_records") == []
    assert await due.ids("members") == [2, 3]
    assert await found_in(due.company, "minji90", "minji@mail.example") == {}
    assert not await has_key(due, "r1")
    (certificate,) = await due.certificates()
    told = {one["collection"]: one for one in certificate["counts"]}
    assert (told["members"]["deleted"], told["payments"]["archived"]) == (1, 1)
    assert certificate["keys_destroyed"] == 1
    assert [one.document_id for one in await due.read(MINJI, "payment")] == [1]
    assert await due.company.db["dsr_subjects"].count_documents({}) == 0
    assert await due.archived["documents"].count_documents({"destroy_after": {"$lte": NOW}}) == 0
    assert await due.archived["spent_keys"].count_documents({}) == 0
    before = await due.everything()
    assert counts(await due.sweep()) == {}
    assert await due.everything() == before
