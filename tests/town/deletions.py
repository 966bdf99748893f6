"""What must hold after deletions, seen from outside: by plain pymongo, and in the certificates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from schemas.evidence import Kept
from tests.town import Town
from tests.town.checks import assert_mails, assert_stores, typed
from tests.town.company import Deletion
from workers import wiring

Document = dict[str, Any]

OWNED = ("payments", "access_logs", "orders", "usage_records")
"""Collections in which each document names its member."""


async def assert_deleted(town: Town, deletions: Sequence[Deletion]) -> None:
    """Nothing of these members is left, what the law keeps is kept once, and the rest is as it was.

    All requests of the town are deletions, and all of them were proven.
    """
    requests = await assert_stores(town)
    assert_mails(town, requests)
    after = await town.snapshot()
    assert_nothing_left(after, deletions)
    assert_others_untouched(town, after, deletions)
    await assert_certified(town, deletions, requests)
    assert_recipients_told(town, deletions, requests)
    assert await town.company["dsr_subjects"].count_documents({}) == 0


def assert_nothing_left(after: dict[str, list[Document]], deletions: Sequence[Deletion]) -> None:
    """No document of any collection holds a key or an identifier of theirs."""
    keys = {each.key for each in deletions}
    names = frozenset().union(*(each.names for each in deletions))
    for collection, documents in after.items():
        for document in documents:
            assert document.get("member_id") not in keys, (collection, document["_id"])
            assert not names & values(document), (collection, document["_id"])
    assert not keys & {member["_id"] for member in after["members"]}


def assert_others_untouched(
    town: Town, after: dict[str, list[Document]], deletions: Sequence[Deletion]
) -> None:
    """I10: whatever does not mention them is as it was, to its last BSON type."""
    theirs = mentions(deletions)
    for collection, documents in town.before.items():
        there = {document["_id"]: document for document in after[collection]}
        for document in documents:
            if not theirs & values(document):
                assert document["_id"] in there, (collection, document["_id"])
                assert typed(there[document["_id"]]) == typed(document), (collection, document)


async def assert_certified(
    town: Town, deletions: Sequence[Deletion], requests: dict[str, Document]
) -> None:
    """The certificate counts each document once, and the archive holds what it says."""
    async with wiring.open_parts(town.settings) as parts:
        for each in deletions:
            request = requests[each.id]
            counts = {row["collection"]: row for row in request["certificate"]["counts"]}
            for collection in OWNED:
                own = sum(row["member_id"] == each.key for row in town.before[collection])
                count = counts.get(collection, {"deleted": 0, "archived": 0})
                # Kept by law, or deleted where the law's time was over already.
                assert count["deleted"] + count["archived"] == own, (collection, counts)
            held = {(k.collection, k.basis): k.documents for k in await _kept(parts, request)}
            told = request["certificate"]["kept"]
            assert held == {(k["collection"], k["basis"]): k["documents"] for k in told}


async def _kept(parts: wiring.Parts, request: Document) -> Sequence[Kept]:
    return await parts.archive.summary(request["subject"])


def assert_recipients_told(
    town: Town, deletions: Sequence[Deletion], requests: dict[str, Document]
) -> None:
    """Whoever had received something was told to delete it, by the name that it knows."""
    calls = [call for recipient in town.recipients.values() for call in recipient.taken()]
    came = Counter(call.id for call in calls)
    assert {call.body["type"] for call in calls} <= {"deletion"}
    for each in deletions:
        expected = {
            row["recipient"] for row in town.before["disclosures"] if row["member_id"] == each.key
        }
        notices = requests[each.id]["notices"]
        assert notices.keys() == expected
        for notice in notices.values():
            assert notice["status"] == "applied"
            assert 1 <= came[notice["id"]] <= notice["marks"]


def mentions(deletions: Sequence[Deletion]) -> set[Any]:
    """Every value by which a document may be one of theirs."""
    found: set[Any] = set()
    for each in deletions:
        found |= each.names | {each.key, str(each.key), each.member["name"]}
    return found


def values(document: Any) -> set[Any]:
    """Every plain value in a document, at any depth."""
    return set(_values(document))


def _values(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for name, part in node.items():
            yield name
            yield from _values(part)
    elif isinstance(node, list):
        for item in node:
            yield from _values(item)
    else:
        yield node
