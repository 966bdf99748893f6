"""The personal part of a request is kept for three years after its end; the request stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.lifecycle import Status
from schemas.request import Request
from tests.integration.retention.house import DAY, NOW, RetentionHouse, counts

END = NOW - timedelta(days=1095)
PARTICULARS = ("particulars", "particulars", "requests")


async def has_key(house: RetentionHouse, id_: str) -> bool:
    return bool(await house.vault.present([f"request:{id_}"]))


@pytest.mark.parametrize(
    ("at", "goes"), [(END, True), (END + timedelta(seconds=1), False), (NOW, False)]
)
async def test_they_go_to_the_moment(house: RetentionHouse, at: Any, goes: bool) -> None:
    await house.final("r1", at)
    report = await house.sweep()
    assert await has_key(house, "r1") is not goes
    assert counts(report) == ({PARTICULARS: (1, 0)} if goes else {})
    stored = await house.ours["requests"].find_one({"_id": "r1"})
    assert stored is not None
    assert stored.get("particulars_destroyed_at") == (NOW if goes else None)
    assert "particulars_destroyed_at" in Request.model_fields


@pytest.mark.parametrize("status", Status)
async def test_only_what_is_final_ends(house: RetentionHouse, status: Status) -> None:
    await house.final("r1", END, status=status)
    await house.sweep()
    assert await has_key(house, "r1") is not status.final


@pytest.mark.parametrize(("step", "goes"), [("shredding", True), ("rescan", False)])
async def test_what_still_needs_them_keeps_them(
    house: RetentionHouse, step: str, goes: bool
) -> None:
    await house.final("r1", END, steps={step: {"due": NOW}})
    await house.sweep()
    assert await has_key(house, "r1") is not goes


async def test_a_restriction_keeps_them_until_it_is_lifted(house: RetentionHouse) -> None:
    await house.final("standing", END, kind="restriction")
    await house.final("lifted", END, kind="restriction", lifting={"at": END})
    await house.final("expired", END, kind="restriction", status=Status.EXPIRED)
    await house.sweep()
    assert [await has_key(house, id_) for id_ in ("standing", "lifted", "expired")] == [
        *(True, False, False),
    ]


async def test_later_entries_of_a_final_request_do_not_put_it_off(house: RetentionHouse) -> None:
    history = [
        {"at": END - DAY, "status": Status.RECEIVED},
        {"at": END, "status": Status.COMPLETED},
        {"at": NOW - DAY, "status": Status.COMPLETED},
    ]
    await house.final("r1", END, history=history, updated_at=NOW - DAY)
    await house.sweep()
    assert not await has_key(house, "r1")


async def test_they_are_marked_once(house: RetentionHouse) -> None:
    await house.final("r1", END)
    await house.sweep()
    assert counts(await house.sweep(NOW + DAY)) == {}
    stored = await house.ours["requests"].find_one({"_id": "r1"})
    assert stored is not None
    assert stored["particulars_destroyed_at"] == NOW


async def test_a_thousand_are_marked_in_several_batches(house: RetentionHouse) -> None:
    for n in range(3):
        await house.final(f"r{n}", END)
    (template,) = await house.ours["requests"].find({"_id": "r0"}).to_list(1)
    more = [{**template, "_id": f"m{n}", "tracking": f"m{n}"} for n in range(1000)]
    await house.ours["requests"].insert_many(more)
    report = await house.sweep()
    assert counts(report) == {PARTICULARS: (1003, 0)}
    assert report.keys_destroyed == 3


async def test_what_a_rule_has_deleted_keeps_no_particulars_once_it_is_looked_after(
    house: RetentionHouse,
) -> None:
    await house.final("done", NOW, rule="ended_membership", steps={"shredding": {}})
    await house.final("still", NOW, rule="ended_membership", steps={"rescan": {}})
    await house.final("asked", NOW)
    await house.sweep()
    assert [await has_key(house, id_) for id_ in ("done", "still", "asked")] == [False, True, True]
