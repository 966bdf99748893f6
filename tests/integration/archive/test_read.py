"""Nobody reads the archive unrecorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from schemas.errors import NotAllowed
from schemas.evidence import Kept
from tests.cast import AGENT_PARK
from tests.integration.archive.house import FIVE_YEARS, LEE, MINJI, REASON, House, item
from workers.adapters import mongo


async def test_reading_leaves_an_entry_before_anything_is_shown(house: House) -> None:
    await house.archive.keep([item(1), item(2)])
    reading = house.archive.read(MINJI, "payment", AGENT_PARK, REASON)
    assert await house.ours["archive_reads"].count_documents({}) == 0
    await anext(reading)
    entry = await house.ours["archive_reads"].find_one()
    assert entry
    at = entry.pop("at")
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    del entry["_id"]
    assert entry == {
        "pseudonym": MINJI,
        "basis": "payment",
        "actor": AGENT_PARK,
        "reason": REASON,
        "documents": 2,
    }
    assert len([one async for one in reading]) == 1
    assert await house.ours["archive_reads"].count_documents({}) == 1


async def test_reading_what_is_not_there_leaves_an_entry_too(house: House) -> None:
    assert await house.read(LEE) == []
    entry = await house.ours["archive_reads"].find_one()
    assert entry
    assert entry["documents"] == 0


async def test_no_entry_no_documents(house: House) -> None:
    await house.archive.keep([item(1)])
    await house.ours.create_collection("archive_reads", validator={"never": True})
    with pytest.raises(mongo.DatabaseFailed):
        await house.read()


@pytest.mark.parametrize(
    ("basis", "actor", "reason"),
    [("", "park", REASON), ("payment", " ", REASON), ("payment", "park", "")],
)
async def test_nobody_reads_without_name_basis_and_reason(
    house: House, basis: str, actor: str, reason: str
) -> None:
    await house.archive.keep([item(1)])
    with pytest.raises(NotAllowed):
        await anext(house.archive.read(MINJI, basis, actor, reason))
    assert await house.ours["archive_reads"].count_documents({}) == 0


async def test_the_summary_says_what_the_certificate_needs(house: House) -> None:
    later = FIVE_YEARS + timedelta(days=9)
    await house.archive.keep(
        [
            item(1),
            item(2, destroy_after=later),
            item(3, collection="orders", basis="contract"),
            item(4, pseudonym=LEE),
        ]
    )
    assert await house.archive.summary(MINJI) == (
        Kept(collection="orders", basis="contract", documents=1, until=FIVE_YEARS),
        Kept(collection="payments", basis="payment", documents=2, until=later),
    )
    assert await house.archive.summary("nobody") == ()
