"""A deletion may be stopped anywhere and called again, with any checkpoint; it is done once."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from schemas.datamap import DataMap
from schemas.errors import Unreachable
from schemas.request import SubjectRef
from tests.integration.subject_data.company import OURS, NewCompany
from tests.integration.subject_data.erasing import (
    RECENT,
    Eraser,
    counts,
    dated,
    everywhere,
    found_in,
)
from tests.integration.subject_data.test_erasure import COUNTS, MINJI
from workers.adapters.erasure import erasure, reading, steps, writing
from workers.adapters.erasure.markers import Markers
from workers.ports import ErasureResult


class Killed(Exception):
    """The worker is gone."""


@pytest.fixture
async def eraser(new_company: NewCompany, shop_map: DataMap) -> Eraser:
    company = new_company(shop_map)
    filling = dated()
    for member in filling["members"]:
        member["_id"] += 70
    await company.fill(filling)
    await company.data.init()
    return Eraser(company)


def killing(
    function: Callable[..., Awaitable[Any]], *, after: bool, call: int = 1
) -> Callable[..., Awaitable[Any]]:
    """The same function, but the worker dies before or after its n-th call."""
    calls = 0

    async def killed(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        dies = calls == call
        if dies and not after:
            raise Killed
        result = await function(*arguments, **named)
        if dies:
            raise Killed
        return result

    return killed


def on_one_side(stops: Sequence[tuple[Any, str, int]]) -> list[Any]:
    """Each stop before its call or after it, in turns; the other side of each in the long run."""
    return [
        pytest.param(*stop, after, marks=() if after == bool(n % 2) else pytest.mark.soak)
        for n, stop in enumerate(stops)
        for after in (False, True)
    ]


STOPS: list[tuple[Any, str, int]] = [
    (steps, "write_controls", 1),
    (Markers, "place", 1),
    (steps, "carry_out", 1),
    (writing, "_write", 1),
    (writing, "_write", 4),
    (writing, "_write", 9),
    (erasure, "by_digest", 1),
    (Markers, "finish", 1),
    (steps.Steps, "keep", 1),
    (steps.Steps, "destroy_keys", 1),
    (steps.Steps, "close", 2),
]


@pytest.mark.parametrize(("place", "name", "call", "after"), on_one_side(STOPS))
async def test_it_is_done_once_wherever_it_was_stopped(
    eraser: Eraser,
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    call: int,
    after: bool,
) -> None:
    keys = [f"subject:member:{eraser.company.tokens.pseudonym('member', '71')}"]
    await eraser.keys.vault.data_keys(keys, create=True)
    with monkeypatch.context() as patched:
        patched.setattr(place, name, killing(getattr(place, name), after=after, call=call))
        with pytest.raises(Killed):
            await eraser.to_the_end("r1", MINJI)
    eraser.erasure = eraser.another()
    result = await eraser.to_the_end("r1", MINJI)
    assert result.outcome == "done"
    assert counts(result) == COUNTS
    assert {(k.collection, k.documents) for k in result.summary.kept} == {
        ("access_logs", 3),
        ("payments", 2),
        ("orders", 1),
        ("disclosures", 4),
    }
    assert result.summary.keys_destroyed == 1
    assert len(eraser.archive.items) == 10
    assert "r1" in eraser.ledger.entries
    values = (71, "71", "minji90", "minji@mail.example", "010-1234-5678")
    assert await found_in(eraser.company, *values) == {}
    assert await eraser.company.db["dsr_subjects"].count_documents({}) == 0


async def run(eraser: Eraser, *fields: str, seed: int) -> tuple[ErasureResult, int]:
    """Call after call, with whichever checkpoint there ever was."""
    checkpoints: list[Any] = [None]
    for number in range(400):
        effect = eraser.effect(
            "r1", MINJI, *fields, checkpoint=random.Random(seed + number).choice(checkpoints)
        )
        (result,) = await eraser.another().apply([effect])
        if result.outcome != "more":
            return result, number
        checkpoints.append(result.checkpoint)
    raise AssertionError("it never ends")


async def test_a_large_subject_goes_in_batches_with_old_checkpoints(
    eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 3)
    monkeypatch.setattr(erasure, "SLICE", 0.02)
    result, calls = await run(eraser, seed=1)
    assert result.outcome == "done"
    # Two links lead to one of the posts: with batches in between it may count for each.
    assert counts(result).pop("posts")[2] in {2, 3}
    assert counts(result) == COUNTS | {"posts": counts(result)["posts"]}
    assert calls > 1
    assert await found_in(eraser.company, 71, "71", "minji90", "minji@mail.example") == {}


async def test_what_stays_found_is_gone_through_in_batches_too(
    eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    monkeypatch.setattr(erasure, "SLICE", 0.02)
    before = await everywhere(eraser.company)
    result, calls = await run(eraser, "name", "login_id", seed=2)
    assert result.outcome == "done"
    assert calls > 1
    for name in ("usage_records", "newsletter", "disclosures"):
        assert (await everywhere(eraser.company))[name] == before[name]
    assert (await eraser.company.one("members", 71)).keys() >= {"_id", "email", "login"}
    assert await found_in(eraser.company, "minji90") == {}
    assert await eraser.company.db["orders"].count_documents({"invoice.name": "김민지"}) == 1


@pytest.mark.soak
async def test_twenty_thousand_logs_go_in_flat_memory(eraser: Eraser) -> None:
    logs = eraser.company.db["access_logs"]
    for start in range(0, 20_000, 5_000):
        await logs.insert_many(
            [
                {
                    "_id": start + n,
                    "member_id": 71,
                    "at": RECENT,
                    "ip": "1.2.3.4",
                    "request": {"action": "login", "agent": "x" * 200},
                }
                for n in range(5_000)
            ]
        )
    await logs.create_index("member_id")
    kept = 0

    class Nowhere:
        async def keep(self, items: Any) -> None:
            nonlocal kept
            kept += len(items)

    eraser.archive = Nowhere()  # type: ignore[assignment]
    eraser.erasure = eraser.another()
    tracemalloc.start()
    try:
        result = await eraser.once("r1", MINJI)
        most = tracemalloc.get_traced_memory()[1]
        calls = 1
        while result.outcome == "more":
            tracemalloc.reset_peak()
            result = await eraser.once("r1", MINJI, checkpoint=result.checkpoint)
            most = max(most, tracemalloc.get_traced_memory()[1])
            calls += 1
    finally:
        tracemalloc.stop()
    assert result.outcome == "done"
    assert counts(result)["access_logs"] == (0, 0, 0, 20_003)
    assert kept >= 20_003
    assert calls > 3
    assert most < 16 * 1024 * 1024


async def test_what_an_application_writes_meanwhile_is_found_by_the_rescan(
    eraser: Eraser,
) -> None:
    destroy = eraser.keys.destroy

    async def written_again(names: Any) -> int:
        await eraser.company.db["usage_records"].insert_one({"_id": "new", "member_id": 71})
        await eraser.company.db["posts"].insert_one({"_id": "late", "author_login": "minji90"})
        return await destroy(names)

    eraser.keys.destroy = written_again  # type: ignore[method-assign]
    result = await eraser.once("r1", MINJI)
    assert result.outcome == "blocked"
    assert {(f.collection, f.path, f.documents, f.why) for f in result.summary.findings} == {
        ("usage_records", "member_id", 1, "left_over"),
        ("posts", "author_login", 1, "left_over"),
    }
    eraser.keys.destroy = destroy  # type: ignore[method-assign]
    result = await eraser.to_the_end("r1", MINJI)
    assert (result.outcome, result.summary.findings) == ("done", ())
    assert counts(result)["usage_records"] == (2, 0, 0, 0)
    assert result.summary.rescans == 2
    assert await found_in(eraser.company, 71, "minji90") == {}


async def test_somebody_who_takes_the_name_meanwhile_keeps_it(eraser: Eraser) -> None:
    destroy = eraser.keys.destroy

    async def taken(names: Any) -> int:
        await eraser.company.db["members"].insert_one({"_id": 99, "login": {"id": "minji90"}})
        await eraser.company.db["usage_records"].insert_one({"_id": "new", "member_id": 71})
        return await destroy(names)

    eraser.keys.destroy = taken  # type: ignore[method-assign]
    assert (await eraser.once("r1", MINJI)).outcome == "blocked"
    eraser.keys.destroy = destroy  # type: ignore[method-assign]
    await eraser.company.db["posts"].insert_one({"_id": "theirs", "author_login": "minji90"})
    assert (await eraser.to_the_end("r1", MINJI)).outcome == "done"
    assert (await eraser.company.one("posts", "theirs"))["author_login"] == "minji90"


async def test_a_document_that_changes_under_our_hands_is_looked_at_again(
    eraser: Eraser,
) -> None:
    add = eraser.ledger.add

    async def rewritten(entries: Any) -> None:
        await eraser.company.db["messages"].update_one(
            {"_id": 1}, {"$set": {"author.name": "민지"}}
        )
        await eraser.company.db["clubs"].update_one(
            {}, {"$push": {"groups": {"$each": [{"name": "0"}], "$position": 0}}}
        )
        await add(entries)

    eraser.ledger.add = rewritten  # type: ignore[method-assign]
    result = await eraser.to_the_end("r1", MINJI)
    assert (result.outcome, counts(result)) == ("done", COUNTS)
    message = await eraser.company.one("messages", 1)
    assert message["author"] == {"id": 0, "name": "탈퇴한 회원"}


async def test_two_workers_at_one_deletion_count_it_once(eraser: Eraser) -> None:
    effect = eraser.effect("r1", MINJI)
    results = await asyncio.gather(*(eraser.another().apply([effect]) for _ in range(3)))
    assert {result.outcome for (result,) in results} <= {"done", "more"}
    assert len(eraser.archive.items) == 10
    assert counts(await eraser.to_the_end("r1", MINJI)) == COUNTS
    assert await eraser.company.db["dsr_subjects"].count_documents({}) == 0


async def test_a_large_subject_does_not_hold_up_its_neighbours(
    eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 4)
    monkeypatch.setattr(reading, "_SHARE", 0)
    monkeypatch.setattr(erasure, "SLICE", 20.0)
    people = [SubjectRef(type="member", key=key) for key in ("71", "72", "73", "404")]
    effects = [eraser.effect(f"r{n}", who) for n, who in enumerate(people)]
    results = await eraser.erasure.apply(effects)
    assert [result.outcome for result in results] == ["done", "done", "done", "gone"]
    assert await found_in(eraser.company, 71, 72, 73, "minji90", "jiho", "김민지") == {}


async def test_a_digest_that_is_left_without_its_owner_is_found(eraser: Eraser) -> None:
    members = eraser.company.db["members"]
    phones = (await eraser.company.one("members", 71))["phones"]
    assert isinstance(phones["mobile_index"], bytes)
    # Somebody of the same telephone is another person.
    await members.insert_one({"_id": 74, "phones": {"mobile_index": phones["mobile_index"]}})
    assert (await eraser.once("r1", MINJI)).outcome == "done"
    destroy = eraser.keys.destroy
    jiho = (await eraser.company.one("members", 72))["phones"]["mobile_index"]

    async def copied(names: Any) -> int:
        await members.insert_one({"_id": "backup", "phones": {"mobile_index": jiho}})
        return await destroy(names)

    eraser.keys.destroy = copied  # type: ignore[method-assign]
    result = await eraser.once("r2", SubjectRef(type="member", key="72"))
    assert result.outcome == "blocked"
    (finding,) = result.summary.findings
    assert (finding.collection, finding.path) == ("members", "phones.mobile_index")


async def test_a_server_that_is_away_loses_nothing(eraser: Eraser) -> None:
    admin = eraser.company.db.client.admin
    data = {"failCommands": ["delete", "bulkWrite"], "closeConnection": True, "appName": OURS}
    await admin.command("configureFailPoint", "failCommand", mode={"times": 2}, data=data)
    with pytest.raises(Unreachable):
        await eraser.once("r1", MINJI)
    await admin.command("configureFailPoint", "failCommand", mode="off")
    result = await eraser.to_the_end("r1", MINJI)
    assert (result.outcome, counts(result)) == ("done", COUNTS)
