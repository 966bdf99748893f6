"""Every invariant: what the stores show, and what only the outside can show.

The company is compared to its last field and BSON type with what it should be; the database's own
log of operations tells how often each document was changed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from pymongo import AsyncMongoClient

from tests.town import Town
from tests.town.company import THEIR_WORDS, Company, Correction, Expected, told
from workers import wiring
from workers.audit import verify_stores

AT_REST = 40.0


async def assert_all_invariants(town: Town) -> None:
    """Wait until nothing is owed any more, then hold everything against everything."""
    requests = await assert_stores(town)
    expected = Expected.after(town.before, applied(town))
    assert_company(await town.snapshot(), expected)
    await assert_changed_once(town, expected)
    assert_mails(town, requests)
    assert_notices(town, requests)


async def assert_stores(town: Town, parked: int = 0) -> dict[str, Any]:
    """What `dsr audit verify` computes, and nothing parked; gives the requests by id."""
    await _until_at_rest(town)
    async with wiring.open_parts(town.settings) as parts:
        checked, offences = await verify_stores(parts)
        aside = await parts.parked.list()
    assert not offences, offences
    assert len(aside) == parked, [document["reasons"] for document in aside]
    requests = {request["_id"]: request async for request in town.ours["requests"].find()}
    assert checked == len(requests)
    assert requests.keys() == {each.id for each in town.corrections}
    return requests


async def _until_at_rest(town: Town) -> None:
    """Outboxes struck off, and nothing but clocks open."""

    async def nothing_owed() -> bool:
        requests = town.ours["requests"]
        if await requests.count_documents({"outbox.0": {"$exists": True}}):
            return False
        # A mail that a killed worker sent may be sent once more after its request is completed.
        steps = [found["steps"] async for found in requests.find({}, {"steps": 1})]
        return not any(name.startswith("mail:") for open_ in steps for name in open_)

    await town.until(nothing_owed, "empty outboxes and no mail on its way", AT_REST)


def applied(town: Town) -> list[Correction]:
    """The corrections that were proven; all that the test did not leave out."""
    return [each for each in town.corrections if each.id not in town.unproven]


def assert_company(after: Company, expected: Expected) -> None:
    """I10: changed is what was asked for, in its old type, and nothing else anywhere."""
    for name, documents in expected.documents.items():
        wrong = [
            (name, there["_id"])
            for there, wanted in zip(after[name], documents, strict=True)
            if typed(there) != typed(wanted)
        ]
        assert not wrong


def typed(value: Any) -> Any:
    """A value with its BSON types, blind to the order of an object's parts."""
    if isinstance(value, dict):
        return {name: typed(part) for name, part in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value).__name__, value


async def assert_changed_once(town: Town, expected: Expected) -> None:
    """I2: each document was updated once for each correction that concerns it, and no more."""
    done = await updates(town.mongo, town.env["DSR_SUBJECT_DB"], town.started_at)
    assert not list((done - expected.updates).items())[:20], "changed too often"
    assert not list((expected.updates - done).items())[:20], "changed too seldom"


async def updates(
    mongo: AsyncMongoClient[dict[str, Any]], database: str, since: Any
) -> Counter[tuple[str, Any]]:
    """How often each document of a database was updated since then, by the server's own log."""
    found: Counter[tuple[str, Any]] = Counter()
    async for entry in mongo["local"]["oplog.rs"].find({"ts": {"$gt": since}}):
        operations = entry["o"].get("applyOps", [entry]) if entry["op"] == "c" else [entry]
        for operation in operations:
            owner, _, name = operation.get("ns", "").partition(".")
            if owner == database and operation.get("op") == "u" and not name.startswith("dsr_"):
                found[name, operation["o2"]["_id"]] += 1
    return found


def assert_mails(town: Town, requests: dict[str, Any]) -> None:
    """I7, I8: each purpose to the right mailbox, once, or the same bytes again for a lost mark."""
    copies = dict(town.spool.by_message_id())
    for correction in town.corrections:
        request = requests[correction.id]
        for name, mail in request["mails"].items():
            came = copies.pop(mail["message_id"], [])
            assert mail["status"] == "sent", (name, mail)
            assert 1 <= len(came) <= mail["marks"], (name, mail, len(came))
            assert len({each.content for each in came}) == 1
            to_writer = name in {"acknowledgement", "expiry"}
            wanted = correction.writes_from if to_writer else correction.contact
            assert {each.to for each in came} == {(wanted,)}
            assert {each.tracking for each in came} == {request["tracking"]}
        if request["status"] == "completed":
            purposes = {"acknowledgement", "challenge-1", "completion"}
            assert purposes <= request["mails"].keys() <= purposes | {"interim"}
    assert not copies, "mails that no request knows"


def assert_notices(town: Town, requests: dict[str, Any]) -> None:
    """I9: told are those that received a touched field, about just these fields, nobody else."""
    calls: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for name, recipient in town.recipients.items():
        for call in recipient.taken():
            calls[name, call.id].append(call)
    for correction in applied(town):
        request = requests[correction.id]
        if request["status"] != "completed":
            continue
        expected = told(town.before, correction)
        assert request["notices"].keys() == expected.keys()
        for name, fields in expected.items():
            notice = request["notices"][name]
            came = calls.pop((name, notice["id"]), [])
            assert notice["status"] == "applied"
            assert 1 <= len(came) <= notice["marks"], (name, notice, len(came))
            assert len({call.raw for call in came}) == 1
            words = THEIR_WORDS[name]
            assert came[0].body["fields"] == {
                words[field]: correction.changes[field] for field in fields
            }
            known_by = correction.member["login"]["id"] if name == "dain-marketing" else None
            assert came[0].body["subject"]["key"] in {known_by, str(correction.key)} - {None}
    assert not calls, "notices that no request knows"
