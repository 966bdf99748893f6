"""Every transition goes into the log once, whoever takes it there and however often it is tried."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from schemas.errors import DsrError
from schemas.evidence import CompletionReceipt
from schemas.lifecycle import Status
from schemas.notice import Notice, NoticeStatus
from schemas.request import Lifting
from tests.integration.audit_log.house import BATCH, LATER, SIGNER, House
from workers.adapters.audit_log import check_proof, notary
from workers.adapters.audit_log.store import Head


def _stages(plan: Any) -> Iterator[Any]:
    stage = plan["queryPlanner"]["winningPlan"]
    while stage is not None:
        yield stage
        stage = stage.get("inputStage")


async def test_every_transition_is_an_entry_and_the_checkpoint_signs_them(house: House) -> None:
    request = await house.complete("kim")
    await house.register("lee")
    assert await house.seal() == 2
    head = await house.log.head()
    assert head.size == request.version + 1
    entries = await house.log.entries_of(["kim"])
    assert [entry.version for _, entry in sorted(entries["kim"], key=lambda each: each[0])] == [
        *range(1, request.version + 1)
    ]
    assert house.check.read(head.note).size == head.size
    assert await house.offences() == []


async def test_what_is_in_the_log_is_not_taken_again(house: House) -> None:
    await house.complete("kim")
    await house.seal()
    before = await house.log.head()
    assert await house.marked() == set()
    assert await house.seal() == 0
    assert await house.log.head() == before


async def test_what_is_done_waits_for_seconds_and_what_is_open_for_a_minute(house: House) -> None:
    await house.register("kim")
    await house.complete("lee")
    assert await house.notary.seal(house.now(), BATCH) == 0
    assert await house.notary.seal(house.now() + timedelta(seconds=5), BATCH) == 1
    assert await house.marked() == {"kim"}
    assert await house.notary.seal(house.now() + timedelta(seconds=65), BATCH) == 1
    assert await house.marked() == set()


async def test_later_transitions_follow(house: House) -> None:
    request = await house.register("kim")
    await house.seal()
    await house.move(request)
    await house.register("lee")
    await house.seal()
    assert (await house.log.head()).size == 3
    assert await house.offences() == []


async def test_of_two_notaries_at_once_one_takes_all_and_none_twice(house: House) -> None:
    for name in ("kim", "lee", "park"):
        await house.complete(name)
    others = [house.another_notary() for _ in range(4)]
    later = house.now() + LATER
    await asyncio.gather(*(one.seal(later, BATCH) for one in (house.notary, *others)))
    await house.seal()
    assert (await house.log.head()).size == 15
    assert await house.offences() == []


async def test_a_notary_that_was_overtaken_adds_nothing_also_where_no_index_was_declared(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for collection in ("audit_entries", "audit_checkpoints"):
        await house.db[collection].drop_indexes()
    await house.complete("kim")
    other, known = house.another_notary(), house.log.known

    async def overtaken(requests: Any) -> dict[str, int]:
        found = await known(requests)
        assert await other.seal(house.now() + LATER, BATCH) == 1
        return found

    with monkeypatch.context() as patch:
        patch.setattr(house.log, "known", overtaken)
        assert await house.seal() == 0
    assert (await house.log.head()).size == 5
    assert await house.offences() == []


@pytest.mark.parametrize("collection", ["audit_entries", "audit_checkpoints"])
async def test_nobody_adds_a_transition_or_what_follows_a_checkpoint_a_second_time(
    house: House, collection: str
) -> None:
    await house.complete("kim")
    await house.seal()
    row = await house.db[collection].find_one({})
    assert row is not None
    with pytest.raises(DuplicateKeyError, match=r"transition|previous"):
        await house.db[collection].insert_one(row | {"_id": 99})


async def test_what_waits_is_found_by_its_own_index_the_oldest_first(house: House) -> None:
    for name in ("lee", "kim", "park"):
        await house.register(name)
        await house.alter("requests", {"_id": name}, {"$currentDate": {"unlogged": True}})
    await house.seal()
    for name in ("park", "kim"):
        await house.alter("requests", {"_id": name}, {"$currentDate": {"unlogged": True}})
    first = await house.pending.take(house.now() + LATER, 1)
    assert [one.id for one in first] == ["park"]
    marked = house.db["requests"].find({"unlogged": {"$lte": house.now() + LATER}})
    plan = await marked.sort("unlogged", 1).explain()
    assert plan["executionStats"]["totalKeysExamined"] == 2
    assert "SORT" not in {stage["stage"] for stage in _stages(plan)}


async def test_a_history_that_is_longer_than_a_round_is_taken_in_parts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notary, "MOST", 3)
    long = await house.complete("kim")
    await house.register("lee")
    assert await house.seal() == 0
    assert (await house.log.head()).size == 3
    assert await house.receipt(long) is None
    assert await house.seal() == 2
    assert await house.marked() == set()
    assert await house.receipt(long) is not None
    assert await house.offences() == []


@pytest.mark.parametrize(
    "how",
    [
        {"$set": {"history.1.version": 2**60}},
        {"$set": {"history.1.version": 1}},
        {"$set": {"results.hobbies.result": "corrected", "history.4.at": "long ago"}},
    ],
    ids=["a number without one spelling", "the same transition twice", "unreadable"],
)
async def test_a_request_that_somebody_made_unfit_for_the_log_holds_up_nobody(
    house: House, how: Any
) -> None:
    await house.complete("kim")
    await house.alter("requests", {"_id": "kim"}, how)
    done = [await house.complete(name) for name in ("lee", "park")]
    with contextlib.suppress(DsrError, ValueError):
        await house.seal()
    assert await house.marked() == {"kim"}
    assert [await house.receipt(one) is not None for one in done] == [True, True]


async def test_a_receipt_that_somebody_made_unreadable_holds_up_nobody(house: House) -> None:
    request = await house.complete("kim")
    await house.seal()
    await house.alter("receipts", {"_id": "kim"}, {"$unset": {"document.kind": ""}})
    await house.move(request)
    await house.register("lee")
    with pytest.raises(ValueError, match="kind"):
        await house.seal()
    assert await house.marked() == {"kim"}


async def test_what_was_completed_by_a_history_that_does_not_say_so_has_no_receipt(
    house: House,
) -> None:
    request = await house.complete("kim")
    await house.alter("requests", {"_id": "kim"}, {"$pop": {"history": 1}})
    assert await house.seal() == 1
    assert await house.receipt(request) is None


async def test_one_that_ended_before_the_marks_were_off_leaves_nothing_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = await house.complete("kim")

    async def dies(_requests: Any) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(house.pending, "done", dies)
        with pytest.raises(RuntimeError):
            await house.seal()
    assert await house.marked() == {"kim"}
    before = await house.log.head(), await house.receipt(request)
    assert await house.seal() == 1
    assert (await house.log.head(), await house.receipt(request)) == before
    assert await house.marked() == set()
    assert await house.offences() == []


async def test_a_transition_of_meanwhile_keeps_its_mark(house: House) -> None:
    request = await house.register("kim")
    (read,) = await house.pending.take(house.now() + LATER, BATCH)
    await house.move(request)
    await house.pending.done([read])
    assert await house.marked() == {"kim"}


async def test_what_an_older_version_committed_without_a_mark_is_found(house: House) -> None:
    request = await house.register("kim")
    await house.seal()
    await house.move(request)
    await house.alter("requests", {"_id": "kim"}, {"$unset": {"unlogged": ""}})
    assert await house.notary.catch_up() == 1
    await house.seal()
    assert await house.notary.catch_up() == 0
    assert (await house.log.head()).size == 2


async def test_what_waits_already_keeps_its_place_as_the_others_are_found(house: House) -> None:
    await house.register("kim")
    before = await house.db["requests"].find_one({"_id": "kim"}, {"unlogged": 1})
    assert await house.notary.catch_up() == 0
    assert await house.db["requests"].find_one({"_id": "kim"}, {"unlogged": 1}) == before


async def test_one_that_only_a_newer_version_can_read_holds_up_nobody(house: House) -> None:
    await house.register("kim")
    await house.alter("requests", {"_id": "kim"}, {"$set": {"kind": "something new"}})
    await house.register("lee")
    assert await house.seal() == 1
    assert await house.marked() == {"kim"}


async def test_whoever_completed_has_a_receipt_that_the_public_key_proves(house: House) -> None:
    request = await house.complete("kim")
    open_one = await house.register("lee")
    await house.seal()
    document = await house.receipt(request)
    assert document is not None
    receipt = CompletionReceipt.model_validate(document)
    check_proof(receipt, SIGNER.public_key)
    assert [(one.field, one.result) for one in receipt.fields] == [("hobbies", "corrected")]
    assert receipt.log.entry.version == request.version
    assert await house.receipt(open_one) is None


async def test_whoever_was_refused_has_no_receipt(house: House) -> None:
    request = await house.register("kim")
    for status in (Status.AWAITING_PROOF, Status.IN_REVIEW, Status.REFUSED):
        request = await house.move(request, status)
    assert await house.seal() == 1
    assert await house.receipt(request) is None
    assert await house.offences() == []


async def test_what_a_rule_has_opened_needs_no_receipt(house: House) -> None:
    request = await house.complete("kim", rule="members", channel="retention", kind="deletion")
    await house.seal()
    assert await house.receipt(request) is None
    assert (await house.log.head()).size == request.version
    assert await house.offences() == []


async def test_a_recipient_that_answers_later_is_in_the_next_revision(house: House) -> None:
    late = {"pay": Notice(id="n1", fields=("hobbies",), status=NoticeStatus.OVERDUE)}
    request = await house.move(await house.complete("kim"), notices=late)
    await house.seal()
    request = await house.move(request)
    await house.seal()
    first = await house.receipt(request)
    assert first is not None
    assert (first["revision"], first["recipients"][0]["status"]) == (1, "overdue")
    done = {"pay": late["pay"].model_copy(update={"status": NoticeStatus.APPLIED})}
    await house.move(request, notices=done)
    await house.seal()
    second = await house.receipt(request)
    assert second is not None
    assert (second["revision"], second["recipients"][0]["status"]) == (2, "applied")
    assert second["completed_at"] == first["completed_at"]
    assert await house.offences() == []


async def test_the_receipt_of_a_restriction_says_who_was_told_of_it_also_once_it_is_lifted(
    house: House,
) -> None:
    told = {"pay": Notice(id="n1", fields=("hobbies",), status=NoticeStatus.APPLIED)}
    request = await house.move(await house.complete("kim"), notices=told)
    await house.seal()
    first = await house.receipt(request)
    lifting = Lifting(at=house.now(), told_before=told)
    fresh = {"pay": Notice(id="n2", fields=("hobbies",))}
    await house.move(request, notices=fresh, lifting=lifting)
    await house.seal()
    assert await house.receipt(request) == first
    assert await house.offences() == []


async def test_a_notary_at_work_meanwhile_is_no_offence(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.register("kim")
    await house.seal()
    head, another = house.log.head, house.another_notary()
    await house.register("lee")

    async def goes_on() -> Head:
        found = await head()
        await another.seal(house.now() + LATER, BATCH)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(house.log, "head", goes_on)
        assert await house.offences() == []
    assert (await house.log.head()).size == 2


async def test_a_log_of_many_rounds_is_whole(house: House) -> None:
    requests = [await house.register(f"r{n}") for n in range(7)]
    for n in range(5):
        requests = [await house.move(one) for one in requests[n:]]
        await house.notary.seal(house.now() + LATER, 3)
        await house.notary.seal(house.now() + timedelta(minutes=2), 2)
    while await house.seal():
        pass
    assert await house.offences() == []
