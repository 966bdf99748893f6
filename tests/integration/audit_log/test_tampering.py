"""Whoever may write to the databases rewrites the past: the audit names what was done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.audit_log import UNLOGGED, Checkpoint
from schemas.errors import LogBroken, NotVerified
from schemas.lifecycle import Status
from schemas.merkle import Tree
from tests.integration.audit_log.house import SIGNER, House
from workers.adapters.audit_log.checkpoints import log_name
from workers.adapters.notes import sign_note
from workers.adapters.signing import Signer
from workers.adapters.vault import KeyFolder


@pytest.fixture
async def sealed(house: House) -> House:
    """Three requests that went all the way, in a log of two checkpoints."""
    await house.complete("kim")
    await house.complete("lee")
    await house.seal()
    await house.complete("park")
    await house.seal()
    assert await house.offences() == []
    return house


async def test_an_entry_is_altered(sealed: House) -> None:
    await sealed.alter("audit_entries", {"_id": 3}, {"$set": {"by": "desk:nobody"}})
    (checkpoint, request) = (await sealed.offences())[0], (await sealed.offences())[-1]
    assert checkpoint == "-: the log: its checkpoint 10 is of other entries than the log has"
    assert request.endswith("transition 4 of its history is not what the log says")


async def test_history_and_entry_are_altered_alike(sealed: House) -> None:
    await sealed.alter("audit_entries", {"request": "kim", "version": 2}, {"$set": {"what": "x"}})
    await sealed.alter("requests", {"_id": "kim"}, {"$set": {"history.1.what": "x"}})
    offences = await sealed.offences()
    assert offences[0] == "-: the log: its checkpoint 10 is of other entries than the log has"


@pytest.mark.parametrize(
    "what",
    [
        {"by": "desk:nobody"},
        {"what": "x"},
        {"status": "refused"},
        {"at": datetime(2026, 11, 1, tzinfo=UTC)},
    ],
    ids=["by", "what", "status", "at"],
)
async def test_the_history_alone_is_altered(sealed: House, what: dict[str, Any]) -> None:
    how = {f"history.2.{name}": value for name, value in what.items()}
    await sealed.alter("requests", {"_id": "park"}, {"$set": how})
    assert await sealed.offences() == ["park: transition 3 of its history is not what the log says"]


async def test_the_end_of_a_history_is_cut_off(sealed: House) -> None:
    await sealed.alter("requests", {"_id": "lee"}, {"$pop": {"history": 1}})
    assert await sealed.offences() == ["lee: its history lacks transition 5, which the log has"]


async def test_an_entry_is_taken_out(sealed: House) -> None:
    await sealed.db["audit_entries"].delete_one({"_id": 7})
    assert (await sealed.offences())[0] == (
        "-: the log: its entry 7 is not there, or cannot be read"
    )


async def test_an_entry_is_made_unreadable(sealed: House) -> None:
    await sealed.alter("audit_entries", {"_id": 7}, {"$unset": {"by": ""}})
    assert (await sealed.offences())[0] == (
        "-: the log: its entry 7 is not there, or cannot be read"
    )


async def test_requests_that_are_taken_out_are_named(sealed: House) -> None:
    await sealed.db["requests"].delete_many({"_id": {"$in": ["lee", "park"]}})
    assert await sealed.offences() == [
        "lee: the log: 5 entries are of no request",
        "park: the log: 5 entries are of no request",
    ]


async def test_an_entry_is_put_behind_the_end(sealed: House) -> None:
    last = await sealed.db["audit_entries"].find_one({"_id": 14})
    assert last is not None
    await sealed.db["audit_entries"].insert_one(last | {"_id": 15, "version": 6})
    assert await sealed.offences() == [
        "-: the log: it has entries that no checkpoint signs",
        "park: its history lacks transition 6, which the log has",
    ]


async def test_a_checkpoint_is_taken_out(sealed: House) -> None:
    await sealed.db["audit_checkpoints"].delete_one({"_id": 10})
    assert await sealed.offences() == [
        "-: the log: its checkpoint 15 does not follow the one before it"
    ]


async def test_the_end_of_the_log_is_cut_off(sealed: House) -> None:
    kept = sealed.check.read((await sealed.log.head()).note)
    await sealed.db["audit_checkpoints"].delete_one({"_id": 15})
    await sealed.db["audit_entries"].delete_many({"_id": {"$gte": 10}})
    old = {"$set": {f"history.{n}.at": sealed.now() - UNLOGGED * 2 for n in range(5)}}
    await sealed.alter("requests", {"_id": "park"}, old)
    offences = await sealed.offences(kept)
    assert offences[0] == (
        "-: the log: its first 15 entries are not those that the kept checkpoint signs"
    )
    assert offences[1:] == [
        f"park: the log lacks transition {n} of its history" for n in range(1, 6)
    ]


async def test_everything_is_written_anew_by_whoever_has_the_key(sealed: House) -> None:
    kept = sealed.check.read((await sealed.log.head()).note)
    await sealed.alter("requests", {"_id": "kim"}, {"$set": {"history.1.what": "x"}})
    for collection in ("audit_entries", "audit_checkpoints"):
        await sealed.db[collection].delete_many({})
    await sealed.db["requests"].update_many({}, {"$currentDate": {"unlogged": True}})
    await sealed.seal()
    assert await sealed.offences() == []
    assert await sealed.offences(kept) == [
        "-: the log: its first 15 entries are not those that the kept checkpoint signs"
    ]


@pytest.mark.parametrize("by", ["another key", "nobody"])
async def test_a_checkpoint_is_signed_by_somebody_else(sealed: House, by: str) -> None:
    head = await sealed.log.head()
    name = log_name(SIGNER.public_key)
    text = Checkpoint(origin=name, size=head.size, root=head.root or b"").text()
    other = Signer(KeyFolder(b"\x02" * 32, {1: b"\x01" * 32}))
    note = sign_note(text, name, other) if by == "another key" else text
    await sealed.alter("audit_checkpoints", {"_id": head.size}, {"$set": {"note": note}})
    assert await sealed.offences() == ["-: the log: its checkpoint 15 is not signed by our key"]


async def test_the_way_on_from_a_checkpoint_is_altered(sealed: House) -> None:
    await sealed.alter("audit_checkpoints", {"_id": 15}, {"$set": {"peaks.0": bytes(32)}})
    assert await sealed.offences() == [
        "-: the log: its checkpoint 15 is of other entries than the log has"
    ]


async def test_a_checkpoint_carries_the_signature_of_another(sealed: House) -> None:
    first = await sealed.db["audit_checkpoints"].find_one({"_id": 10})
    assert first is not None
    await sealed.alter("audit_checkpoints", {"_id": 15}, {"$set": {"note": first["note"]}})
    assert await sealed.offences() == [
        "-: the log: its checkpoint 15 says something else than what was signed"
    ]


async def test_a_status_is_set_behind_our_back_and_never_logged(sealed: House) -> None:
    old = sealed.now() - UNLOGGED - timedelta(minutes=1)
    entry = {"at": old, "version": 6, "what": "x", "by": "x", "status": Status.COMPLETED}
    await sealed.alter(
        "requests", {"_id": "kim"}, {"$push": {"history": entry}, "$set": {"version": 6}}
    )
    assert await sealed.offences() == ["kim: the log lacks transition 6 of its history"]


async def test_a_transition_is_put_in_that_says_it_is_still_to_happen(sealed: House) -> None:
    entry = {"at": sealed.now() + timedelta(days=365 * 50), "version": 6, "what": "x", "by": "x"}
    added = {"$push": {"history": entry | {"status": Status.COMPLETED}}}
    await sealed.alter("requests", {"_id": "kim"}, {**added, "$set": {"version": 6, "logged": 6}})
    assert await sealed.offences() == ["kim: the log lacks transition 6 of its history"]


async def test_a_transition_is_put_in_behind_the_newest_that_the_log_has(sealed: House) -> None:
    entry = {"at": sealed.now(), "version": 0, "what": "x", "by": "x", "status": "received"}
    await sealed.alter("requests", {"_id": "kim"}, {"$push": {"history": entry}})
    assert await sealed.offences() == ["kim: the log lacks transition 0 of its history"]


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"$set": {"document.fields.0.result": "deleted"}}, "is not what was signed"),
        ({"$unset": {"document.signature": ""}}, "is not what was signed"),
        ({"$set": {"document": "x"}}, "is not what was signed"),
    ],
)
async def test_a_receipt_is_altered(sealed: House, how: Any, named: str) -> None:
    await sealed.alter("receipts", {"_id": "kim"}, how)
    assert await sealed.offences() == [f"kim: its receipt {named}"]


async def test_a_receipt_is_taken_out(sealed: House) -> None:
    await sealed.db["receipts"].delete_one({"_id": "kim"})
    assert await sealed.offences() == ["kim: it is completed, but has no receipt"]


async def test_a_receipt_is_put_in_the_place_of_another(sealed: House) -> None:
    other = await sealed.db["receipts"].find_one({"_id": "lee"})
    assert other is not None
    await sealed.alter("receipts", {"_id": "kim"}, {"$set": {"document": other["document"]}})
    assert await sealed.offences() == [
        "kim: its receipt says something else than the request",
        "kim: its receipt names an entry that the log has not",
    ]


async def test_what_was_done_is_altered_behind_the_receipt(sealed: House) -> None:
    how = {"$set": {"results.hobbies.result": "refused"}}
    await sealed.alter("requests", {"_id": "kim"}, how)
    assert await sealed.offences() == ["kim: its receipt says something else than the request"]


async def test_the_notary_signs_nothing_onto_what_was_put_in_the_place_of_a_checkpoint(
    sealed: House,
) -> None:
    before = await sealed.log.head()
    await sealed.register("choi")
    ways: list[dict[str, Any]] = [
        {"$set": {"peaks.0": bytes(32)}},
        {"$set": {"peaks": []}},
        {"$set": {"note": "none"}},
        {"$unset": {"root": ""}},
    ]
    for how in ways:
        row = await sealed.db["audit_checkpoints"].find_one({"_id": before.size})
        assert row is not None
        await sealed.alter("audit_checkpoints", {"_id": before.size}, how)
        with pytest.raises(LogBroken):
            await sealed.seal()
        await sealed.db["audit_checkpoints"].replace_one({"_id": before.size}, row)
    assert await sealed.seal() == 1


async def test_an_entry_behind_the_end_is_told_by_the_notary_too(sealed: House) -> None:
    last = await sealed.db["audit_entries"].find_one({"_id": 14})
    assert last is not None
    await sealed.db["audit_entries"].insert_one(last | {"_id": 15, "version": 6})
    await sealed.register("choi")
    with pytest.raises(LogBroken):
        await sealed.seal()


async def test_a_checkpoint_of_another_log_says_nothing_of_this_one(sealed: House) -> None:
    other = Signer(KeyFolder(b"\x02" * 32, {1: b"\x01" * 32}))
    name = log_name(other.public_key)
    text = Checkpoint(origin=name, size=1, root=Tree().root).text()
    ours = sign_note(text, log_name(SIGNER.public_key), SIGNER)
    for note in (sign_note(text, name, other), ours, text, "no checkpoint"):
        with pytest.raises(NotVerified):
            sealed.check.read(note)
