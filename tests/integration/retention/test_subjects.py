"""Whoever's purpose ended is deleted as on a request, with the same evidence."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.evidence import DestructionCertificate
from schemas.lifecycle import Status
from schemas.request import SubjectRef
from tests.fakes.sealer import NothingSealed
from tests.integration.retention.house import (
    DAY,
    JIHO,
    MINJI,
    NOW,
    RetentionHouse,
    added,
    counts,
)
from tests.integration.subject_data.company import MEMBERS
from tests.integration.subject_data.erasing import found_in
from workers.adapters import signing
from workers.adapters.audit_log import AuditLog, LogCheck, Pending
from workers.adapters.erasure import Markers
from workers.adapters.parked import ParkedMessages
from workers.adapters.signing import Signer
from workers.audit import verify_stores

LEFT = NOW - 6 * DAY
SECOND = timedelta(seconds=1)
HOME = ("subject", "ended_membership", "members")
PAID = NOW - 30 * DAY


async def leave(house: RetentionHouse, *keys: int, at: Any = LEFT) -> None:
    """These members leave; whatever of theirs a law keeps has its time."""
    db = house.company.db
    await db["members"].update_many({"_id": {"$in": list(keys)}}, {"$set": {"left_at": at}})
    await db["payments"].update_many({}, {"$set": {"paid_at": PAID}})
    await db["orders"].update_many({}, {"$set": {"ordered_at": PAID}})
    await db["disclosures"].update_many({}, {"$set": {"at": PAID}})
    # Free text, where no map says that a word names anybody.
    await db["posts"].update_one({"_id": 1}, {"$set": {"text": "안녕하세요"}})


async def test_an_ended_membership_leaves_what_the_law_keeps_and_a_certificate(
    house: RetentionHouse,
) -> None:
    await leave(house, 1)
    report = await house.swept()
    assert counts(report) == {HOME: (1, 0)}
    assert report.left_alone == 0
    assert await house.ids("members") == [2, 3]
    assert await found_in(house.company, "minji90", "minji@mail.example") == {}
    (payment,) = await house.read(MINJI, "payment")
    assert payment.document["payer"]["name"] == "김민지"
    assert payment.destroy_after == PAID.replace(year=PAID.year + 5)
    (certificate,) = await house.certificates()
    signer = signing.Signer(house.holder)
    proven = signing.verify(json.dumps(certificate).encode(), signer.public_key)
    assert isinstance(proven, DestructionCertificate)
    assert proven.subject == house.pseudonym(MINJI)
    assert proven.id.startswith(f"retention-ended_membership-{house.pseudonym(MINJI)[:16]}-")
    assert proven.fields is None
    assert proven.keys_destroyed == 1
    assert {(k.collection, k.basis, k.documents) for k in proven.kept} >= {
        ("payments", "payment", 1)
    }
    assert {entry.request for entry in house.tombstones.all()} == {proven.id}
    assert {(k.collection, k.archived) for k in proven.counts} >= {("payments", 1)}


async def test_the_record_of_a_sweep_says_what_it_destroyed_and_names_nobody(
    house: RetentionHouse,
) -> None:
    await leave(house, 1)
    report = await house.sweep()
    (record,) = await house.ours["sweeps"].find().to_list(None)
    assert (record["_id"], record["at"], record["keys_destroyed"]) == (report.id, NOW, 0)
    told = {(one["what"], one["name"], one["collection"]): one for one in record["swept"]}
    assert (told[HOME]["documents"], told[HOME]["oldest"]) == (1, LEFT)
    assert not {"김민지", house.pseudonym(MINJI), "1"} & set(_texts(record))


@pytest.mark.parametrize(
    ("left", "goes"),
    [
        (NOW - 5 * DAY, True),
        (NOW - 5 * DAY + SECOND, False),
        (None, False),
        ("2020-01-01", False),
    ],
)
async def test_nobody_is_deleted_before_the_day(
    house: RetentionHouse, left: Any, goes: bool
) -> None:
    await leave(house, 1, at=left)
    await house.swept()
    assert await house.ids("members") == ([2, 3] if goes else [1, 2, 3])
    assert len(await house.certificates()) == goes


@pytest.mark.parametrize("status", [Status.AWAITING_PROOF, Status.IN_REVIEW, Status.APPLIED])
async def test_whoever_has_an_open_request_is_left_alone_until_it_is_over(
    house: RetentionHouse, status: Status
) -> None:
    await leave(house, 1, 2)
    await house.request("r1", status, MINJI)
    await house.request("r2", Status.COMPLETED, JIHO)
    report = await house.swept()
    assert report.left_alone == 1
    assert await house.ids("members") == [1, 3]
    await house.ours["requests"].update_one({"_id": "r1"}, {"$set": {"status": "completed"}})
    assert (await house.swept()).left_alone == 0
    assert await house.ids("members") == [3]


async def test_whoever_is_restricted_is_left_alone_until_that_is_over(
    house: RetentionHouse,
) -> None:
    await leave(house, 1)
    await house.company.restrict("r1", MINJI, "name")
    assert (await house.sweep()).left_alone == 1
    assert await house.ids("members") == [1, 2, 3]
    await house.company.release("r1", MINJI)
    await house.swept()
    assert await house.ids("members") == [2, 3]


async def test_what_stands_in_the_way_keeps_it_open_and_says_where(house: RetentionHouse) -> None:
    await leave(house, 1)
    await house.company.db["payments"].update_one({}, {"$unset": {"paid_at": 1}})
    await house.swept()
    for _ in range(2):
        assert counts(await house.swept()) == {}
        (request,) = await house.opened()
        assert request.erasure is not None
        (finding,) = request.erasure.summary.findings
        assert (finding.collection, finding.path) == ("payments", "paid_at")
        assert (finding.why, request.certificate) == ("no_basis", None)
    await house.company.db["payments"].update_one({}, {"$set": {"paid_at": PAID}})
    await house.work()
    assert len(await house.certificates()) == 1
    assert await house.ids("members") == [2, 3]


async def test_a_deletion_that_nobody_asked_for_is_no_offence(house: RetentionHouse) -> None:
    await leave(house, 1, 2)
    await house.company.db["payments"].update_one({}, {"$unset": {"paid_at": 1}})
    await house.requests.sync()
    stores: Any = SimpleNamespace(
        subject_data=house.company.data,
        markers=Markers(house.company.db),
        requests=house.requests,
        log_check=LogCheck(
            AuditLog(house.ours), Pending(house.ours), Signer(house.holder).public_key
        ),
        parked=ParkedMessages(
            house.ours, house.vault, NothingSealed(), b"n" * 32, house.requests.now
        ),
    )
    await house.swept()
    assert await house.company.db["dsr_subjects"].count_documents({"deletion": {"$ne": None}}) == 1
    assert await verify_stores(stores) == (2, [])
    await house.company.restrict("ghost", SubjectRef(type="member", key="3"), "name")
    _, offences = await verify_stores(stores)
    assert [one.request for one in offences] == ["ghost"]


async def test_whoever_comes_back_before_the_workers_come_to_it_lives_on(
    house: RetentionHouse,
) -> None:
    await leave(house, 1)
    await house.sweep()
    await house.company.db["members"].update_one({"_id": 1}, {"$unset": {"left_at": 1}})
    await house.work()
    assert await house.ids("members") == [1, 2, 3]
    (request,) = await house.opened()
    assert (request.status, request.certificate) == (Status.WITHDRAWN, None)


async def test_whoever_comes_back_and_leaves_again_is_deleted_again(
    house: RetentionHouse,
) -> None:
    await leave(house, 1, at=NOW - 300 * DAY)
    await house.swept()
    await house.ours["requests"].update_many({}, {"$set": {"status": "completed"}})
    await house.company.fill({"members": [MEMBERS["members"][0]]})
    assert counts(await house.swept()) == {}
    assert await house.ids("members") == [1, 2, 3]
    await leave(house, 1)
    assert counts(await house.swept()) == {HOME: (1, 0)}
    assert await house.ids("members") == [2, 3]
    assert len({one["id"] for one in await house.certificates()}) == 2


async def test_two_sweeps_at_once_delete_and_certify_once(house: RetentionHouse) -> None:
    await leave(house, 1, 2, 3)
    await house.logs(*[NOW - 200 * DAY] * 300)
    reports = await asyncio.gather(house.sweep(), house.new_sweeper().sweep(NOW))
    await house.work()
    together = added(reports)
    assert together[HOME] == (3, 0)
    assert together["documents", "old_access_logs", "access_logs"] == (300, 0)
    assert await house.ids("members") == []
    assert {one["subject"] for one in await house.certificates()} == {
        house.company.tokens.pseudonym("member", key) for key in "123"
    }


async def test_many_people_are_deleted_in_several_groups(house: RetentionHouse) -> None:
    people = [{"_id": n, "name": f"회원 {n}", "left_at": LEFT} for n in range(1000, 1120)]
    await house.company.db["members"].insert_many(people)
    assert counts(await house.swept()) == {HOME: (120, 0)}
    assert len(await house.certificates()) == 120


async def test_somebody_who_only_asked_goes_after_three_years(house: RetentionHouse) -> None:
    inquirers = house.company.db["inquirers"]
    inquiries = house.company.db["inquiries"]
    asked = NOW.replace(year=NOW.year - 3, day=min(NOW.day, 28)) - DAY
    await inquiries.update_many({}, {"$set": {"asked_at": asked}})
    await inquirers.update_many({}, {"$set": {"last_asked_at": asked}})
    report = await house.swept()
    assert counts(report) == {("subject", "old_inquirers", "inquirers"): (1, 0)}
    assert await house.ids("inquirers") == await house.ids("inquiries") == []


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in _texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in _texts(value)]
    return [] if isinstance(node, datetime) else [str(node)] if isinstance(node, str) else []
