"""A package is destroyed when its time is up, key and content, and with the person it is about."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas.request import SubjectRef
from tests.integration.retention.house import RetentionHouse, counts
from tests.integration.subject_data.company import JIHO, MINJI
from workers.adapters.mongo import server_time
from workers.adapters.packages import Collector, PersonalRecords
from workers.documents import PackagePage
from workers.ports import Collect, Collected, Erase

PACKAGES = ("packages", "packages", "packages")


async def collected(house: RetentionHouse, request: str, who: SubjectRef) -> Collected:
    company = house.company
    personal = PersonalRecords(company.db, company.datamap, house.vault, house.tokens)
    collector = Collector(company.data, personal, house.packages, company.datamap, PackagePage)
    effect = Collect(
        request, who, house.pseudonym(who), "DSR-7K3M-Q9XA", "ko", keep=timedelta(days=7)
    )
    (result,) = await collector.apply([effect])
    assert result.package is not None
    return result.package


async def left(house: RetentionHouse, package: str) -> tuple[int, int, bool]:
    """Files, chunks, and whether there is a key."""
    files = await house.ours["packages.files"].count_documents({"_id": {"$regex": package}})
    chunks = await house.ours["packages.chunks"].count_documents({"files_id": {"$regex": package}})
    return files, chunks, bool(await house.vault.present([f"package:{package}"]))


async def test_it_is_listed_then_destroyed_and_its_row_says_when(house: RetentionHouse) -> None:
    package = await collected(house, "a-1", MINJI)
    before = package.destroy_after - timedelta(seconds=1)
    assert PACKAGES not in counts(await house.sweep(before))
    dry = await house.sweep(package.destroy_after, dry_run=True)
    assert counts(dry)[PACKAGES] == (1, 0)
    assert await left(house, package.id) == (2, 2, True)
    report = await house.sweep(package.destroy_after)
    assert counts(report)[PACKAGES] == (1, 0)
    assert await left(house, package.id) == (0, 0, False)
    assert await house.packages.open(package.id) is None
    row = await house.ours["packages"].find_one({"_id": package.id})
    assert row is not None
    assert isinstance(row["destroyed_at"], datetime)
    recorded = await house.ours["sweeps"].find_one({"_id": report.id})
    assert recorded is not None
    assert "packages" in [line["what"] for line in recorded["swept"]]
    assert counts(await house.sweep(package.destroy_after)) == {}


async def test_what_a_crash_left_half_made_is_destroyed_after_a_day(house: RetentionHouse) -> None:
    effect = Collect(
        "a-1", MINJI, house.pseudonym(MINJI), "DSR-7K3M-Q9XA", "ko", keep=timedelta(days=7)
    )
    begun = await house.packages.begin(effect)
    await begun.json.write("x" * 600_000)
    assert await left(house, begun.id) == (0, 2, True)
    now = await server_time(house.ours)
    await house.sweep(now + timedelta(hours=23))
    assert await left(house, begun.id) == (0, 2, True)
    await house.sweep(now + timedelta(hours=25))
    assert await left(house, begun.id) == (0, 0, False)


async def test_a_deletion_destroys_the_persons_packages_and_nobody_elses(
    house: RetentionHouse,
) -> None:
    who = SubjectRef(type="member", key="3")
    hers, his = await collected(house, "a-1", who), await collected(house, "a-2", JIHO)
    erase = Erase("d-1", who, house.pseudonym(who))
    (result,) = await house.erasure.apply([erase])
    while result.outcome == "more":
        (result,) = await house.erasure.apply([erase])
    assert result.outcome == "done"
    # Her own key, and that of the package.
    assert result.summary.keys_destroyed == 2
    assert await left(house, hers.id) == (0, 0, False)
    assert await left(house, his.id) == (2, 2, True)


async def test_so_does_a_deletion_of_named_fields_which_the_package_holds_too(
    house: RetentionHouse,
) -> None:
    package = await collected(house, "a-1", MINJI)
    erase = Erase("d-1", MINJI, house.pseudonym(MINJI), ("hobbies",))
    (result,) = await house.erasure.apply([erase])
    while result.outcome == "more":
        (result,) = await house.erasure.apply([erase])
    assert (result.outcome, result.summary.keys_destroyed) == ("done", 1)
    assert await left(house, package.id) == (0, 0, False)
