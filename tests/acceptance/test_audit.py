"""`dsr audit` and `dsr receipt` on real stores: what is broken is named, what is whole proven."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.town import Correction, Town, open_town
from tests.town.company import new_address
from tests.town.place import place
from workers.local.stack import Stack


@pytest.fixture(scope="module")
async def town(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One for all: each test puts back what it has spoilt."""
    async with open_town(tmp_path_factory.mktemp("town"), await place(stack)) as made:
        await made.work()
        yield made


@pytest.fixture(scope="module")
async def logged(town: Town) -> Correction:
    """A correction that is completed, and in the log to its end."""
    wish = town.correction(1, home_address=new_address(1))
    await town.submit(wish)
    await town.prove(wish)
    await town.until_completed([wish])

    async def taken() -> bool:
        request = await town.request(wish)
        done = "unlogged" not in request and request["logged"] == request["version"]
        return done and not request.get("outbox")

    await town.until(taken, "the log")
    return wish


@asynccontextmanager
async def spoilt(
    collection: Any, which: dict[str, Any], how: dict[str, Any]
) -> AsyncIterator[None]:
    """One document is altered by somebody, and then as it was."""
    before = await collection.find_one(which)
    assert (await collection.update_one(which, how)).modified_count == 1
    yield
    await collection.replace_one({"_id": before["_id"]}, before)


async def audited(town: Town, *more: str) -> tuple[int, dict[str, Any]]:
    """What the command ends with, and says."""
    code, said, _ = await town.dsr("audit", "verify", "--json", *more)
    return code, json.loads(said)


def offences(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return sorted((one["invariant"], one["request"], one["what"]) for one in found["offences"])


async def test_what_is_whole_has_no_offence(town: Town, logged: Correction) -> None:
    entries = len((await town.request(logged))["history"])
    assert await audited(town) == (
        0,
        {"requests": 1, "log_entries": entries, "offences": [], "ok": True},
    )
    code, said, _ = await town.dsr("audit", "verify")
    assert (code, said) == (0, f"1 requests and {entries} log entries checked, 0 offences\n")


async def test_what_is_broken_in_the_stores_is_named_and_the_command_fails(
    town: Town, logged: Correction
) -> None:
    waits = {"status": "parked", "due": datetime.now(UTC) - timedelta(hours=1)}
    await town.ours["parked"].insert_one({"_id": "0" * 24, **waits})
    slots, requests = town.company["dsr_subjects"], town.ours["requests"]
    async with (
        spoilt(slots, {"seq": 1}, {"$inc": {"seq": 1}}),
        spoilt(requests, {"_id": logged.id}, {"$set": {"proof.digest": "another"}}),
    ):
        code, found = await audited(town)
        assert (code, found["requests"], found["ok"]) == (1, 1, False)
        assert offences(found) == [
            ("I14", "-", "1 parked messages wait for too long"),
            ("I2", logged.id, "its subject counts other changes than slots"),
            ("I6", logged.id, "the proof was given for other content"),
        ]
    await town.ours["parked"].delete_one({"_id": "0" * 24})


async def test_a_history_that_was_rewritten_is_named(town: Town, logged: Correction) -> None:
    rewritten = {"$set": {"history.3.by": "desk:nobody"}}
    async with spoilt(town.ours["requests"], {"_id": logged.id}, rewritten):
        code, said, _ = await town.dsr("audit", "verify")
    assert code == 1
    assert f"I13  {logged.id}  transition 4 of its history is not what the log says\n" in said
    assert said.endswith("log entries checked, 1 offences\n")


async def test_a_checkpoint_that_was_put_away_shows_a_log_that_is_not_there_any_more(
    town: Town, logged: Correction
) -> None:
    code, note, _ = await town.dsr("audit", "checkpoint")
    assert code == 0
    kept = town.folder / "checkpoint"
    kept.write_text(note)
    against = ("--checkpoint", str(kept))
    assert (await audited(town, *against))[0] == 0
    log = ("audit_entries", "audit_checkpoints")
    for name in log:
        await town.ours[name].rename(f"{name}_aside")
    code, found = await audited(town, *against)
    assert code == 1
    assert any("not those that the kept checkpoint signs" in one[2] for one in offences(found))
    code, _, why = await town.dsr("audit", "checkpoint")
    assert (code, "has no entries yet" in why) == (1, True)
    for name in log:
        await town.ours[f"{name}_aside"].rename(name)
    assert (await audited(town, *against))[0] == 0
    assert logged.id


async def test_another_checkpoint_is_refused(town: Town, logged: Correction) -> None:
    _, note, _ = await town.dsr("audit", "checkpoint")
    other = town.folder / "other"
    other.write_text(note.replace("dsr-audit", "dsr-other"))
    code, _, why = await town.dsr("audit", "verify", "--checkpoint", str(other))
    assert (code, "no signature of key" in why) == (1, True)
    assert logged.id


async def test_whoever_has_a_receipt_checks_it_with_the_public_key_alone(
    town: Town, logged: Correction
) -> None:
    tracking = (await town.request(logged))["tracking"]
    _, receipt, _ = await town.dsr("receipt", "show", tracking)
    _, key, _ = await town.dsr("receipt", "public-key")
    file, public = town.folder / "receipt.json", town.folder / "key.pem"
    file.write_text(receipt)
    public.write_text(key)
    check = ("receipt", "verify", str(file), "--key", str(public))
    code, said, _ = await town.dsr(*check)
    assert code == 0
    assert f"Completion receipt of {tracking}, revision 1" in said
    assert "home_address: corrected" in said
    file.write_text(receipt.replace("corrected", "unchanged"))
    code, _, why = await town.dsr(*check)
    assert (code, "altered" in why) == (1, True)


async def test_there_is_no_receipt_of_what_is_not_completed(town: Town) -> None:
    wish = town.correction(2, home_address=new_address(2))
    await town.submit(wish)
    tracking = (await town.request(wish))["tracking"]
    code, _, why = await town.dsr("receipt", "show", tracking)
    assert code == 1
    assert "not completed" in why
