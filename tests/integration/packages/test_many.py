"""However much is held about somebody, little of it is in memory at a time."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

import pytest

from schemas.request import SubjectRef
from tests.integration.packages.house import House
from tests.integration.subject_data.company import MEMBERS

FEW, MANY = 1_000, 20_000
SPARE = 2 * 1024 * 1024
"""What may differ between two runs: a batch of the driver, a chunk of the file."""


async def peak(house: House, request: str, who: str) -> int:
    """Bytes that were in use at the same time while it was collected."""
    tracemalloc.start()
    try:
        await house.package(request, SubjectRef(type="member", key=who))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.timeout(120)
@pytest.mark.soak
async def test_twenty_times_the_logs_need_no_more_memory(house: House) -> None:
    await house.company.fill(MEMBERS)
    at = datetime(2026, 11, 1, tzinfo=UTC)
    for who, number in ((1, FEW), (2, MANY)):
        await house.company.db["access_logs"].insert_many(
            [
                {"member_id": who, "at": at, "ip": "192.0.2.1",
                 "request": {"action": f"login-{n}", "agent": "Mozilla/5.0 " * 10}}
                for n in range(number)
            ]
        )  # fmt: skip
    await house.package("a-0", SubjectRef(type="member", key="3"))
    few, many = await peak(house, "a-1", "1"), await peak(house, "a-2", "2")
    package = await house.store.ready("a-2")
    assert package is not None
    assert package.records["access_logs"] == MANY
    stored = await house.ours["packages"].find_one({"_id": package.id})
    assert stored is not None
    assert stored["size"] > 4 * SPARE, "the test would notice nothing"
    assert many < few + SPARE
