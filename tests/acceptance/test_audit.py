"""`dsr audit verify` on real stores: it ends with 1 and names what is broken, and with 0 again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.town import Correction, Town
from tests.town.company import new_address


@pytest.fixture
async def logged(town: Town) -> Correction:
    """A correction that is completed, and in the log to its end."""
    wish = town.correction(1, home_address=new_address(1))
    await town.work()
    await town.submit(wish)
    await town.prove(wish)
    await town.until_completed([wish])

    async def taken() -> bool:
        request = await town.request(wish)
        return "unlogged" not in request and request["logged"] == request["version"]

    await town.until(taken, "the log")
    return wish


async def test_what_is_broken_in_the_stores_is_named_and_the_command_fails(town: Town) -> None:
    wish = town.correction(1, home_address=new_address(1))
    await town.work()
    await town.submit(wish)
    await town.prove(wish)
    await town.until_completed([wish])
    sound, said, _ = await town.dsr("audit", "verify", "--json")
    facts = json.loads(said)
    facts.pop("log_entries")  # the log follows: see below
    assert (sound, facts) == (0, {"requests": 1, "offences": [], "ok": True})

    waits = {"status": "parked", "due": datetime.now(UTC) - timedelta(hours=1)}
    spoilt = (
        (town.company["dsr_subjects"], {"seq": 1}, {"$inc": {"seq": 1}}, {"$inc": {"seq": -1}}),
        (
            town.ours["requests"],
            {"_id": wish.id},
            {"$set": {"proof.digest": "another"}},
            {"$set": {"proof.digest": (await town.request(wish))["proof"]["digest"]}},
        ),
    )
    for collection, which, spoil, _ in spoilt:
        assert (await collection.update_one(which, spoil)).modified_count == 1
    await town.ours["parked"].insert_one({"_id": "0" * 24, **waits})
    broken, said, _ = await town.dsr("audit", "verify", "--json")
    assert broken == 1
    found = json.loads(said)
    assert (found["requests"], found["ok"]) == (1, False)
    assert sorted((one["invariant"], one["request"], one["what"]) for one in found["offences"]) == [
        ("I14", "-", "1 parked messages wait for too long"),
        ("I2", wish.id, "its subject counts other changes than slots"),
        ("I6", wish.id, "the proof was given for other content"),
    ]
    code, said, _ = await town.dsr("audit", "verify")
    assert code == 1
    assert f"I6  {wish.id}  the proof was given for other content\n" in said
    assert said.endswith("log entries checked, 3 offences\n")

    for collection, _, _, mend in spoilt:
        await collection.update_one({}, mend)
    await town.ours["parked"].delete_one({"_id": "0" * 24})
    assert (await town.dsr("audit", "verify"))[0] == 0


async def test_a_history_that_was_rewritten_is_named(town: Town, logged: Correction) -> None:
    history = (await town.request(logged))["history"]
    code, said, _ = await town.dsr("audit", "verify")
    assert (code, said) == (0, f"1 requests and {len(history)} log entries checked, 0 offences\n")
    await town.ours["requests"].update_one({}, {"$set": {"history.3.by": "desk:nobody"}})
    code, said, _ = await town.dsr("audit", "verify")
    assert code == 1
    assert f"I13  {logged.id}  transition 4 of its history is not what the log says\n" in said


async def test_a_checkpoint_that_was_put_away_shows_a_log_that_was_written_anew(
    town: Town, logged: Correction
) -> None:
    code, note, _ = await town.dsr("audit", "checkpoint")
    assert code == 0
    kept = town.folder / "checkpoint"
    kept.write_text(note)
    assert (await town.dsr("audit", "verify", "--checkpoint", str(kept)))[0] == 0
    kept.write_text(note.replace("dsr-audit", "dsr-other"))
    code, _, why = await town.dsr("audit", "verify", "--checkpoint", str(kept))
    assert (code, "no signature of key" in why) == (1, True)

    kept.write_text(note)
    for collection in ("audit_entries", "audit_checkpoints"):
        await town.ours[collection].delete_many({})
    code, said, _ = await town.dsr("audit", "verify", "--checkpoint", str(kept))
    assert code == 1
    assert "entries are not those that the kept checkpoint signs" in said
    code, _, why = await town.dsr("audit", "checkpoint")
    assert (code, "has no entries yet" in why) == (1, True)
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
    await town.work()
    await town.submit(wish)
    tracking = (await town.request(wish))["tracking"]
    code, _, why = await town.dsr("receipt", "show", tracking)
    assert code == 1
    assert "not completed" in why
