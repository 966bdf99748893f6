"""A person who is deleted is nowhere any more; everybody else's documents are as they were."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.datamap import DataMap
from schemas.request import SubjectRef
from tests.integration.subject_data.company import Company, NewCompany
from tests.integration.subject_data.erasing import (
    LONG_AGO,
    RECENT,
    Eraser,
    counts,
    dated,
    everywhere,
    found_in,
)
from workers.ports import Correct, RecordEffect, Release, Restrict

MINJI = SubjectRef(type="member", key="71")
JIHO = SubjectRef(type="member", key="72")
OTHER = SubjectRef(type="member", key="73")

COUNTS = {
    "access_logs": (0, 0, 0, 3),
    "clubs": (0, 0, 1, 0),
    "deliveries": (1, 0, 0, 0),
    "delivery_plans": (1, 0, 0, 0),
    "delivery_zones": (1, 0, 0, 0),
    "disclosures": (0, 0, 0, 4),
    "file_downloads": (1, 0, 0, 0),
    "file_shares": (1, 0, 0, 0),
    "files": (1, 0, 0, 0),
    "member_changes": (1, 0, 0, 0),
    "members": (1, 0, 0, 0),
    "messages": (0, 1, 0, 0),
    "newsletter": (0, 1, 0, 0),
    "orders": (1, 0, 0, 1),
    "payments": (0, 0, 0, 2),
    "posts": (0, 0, 2, 0),
    "rooms": (0, 0, 1, 0),
    "usage_records": (1, 0, 0, 0),
}
"""What becomes of Kim Minji's documents."""


@pytest.fixture
async def dated_shop(new_company: NewCompany, shop_map: DataMap) -> Company:
    company = new_company(shop_map)
    filling = dated()
    for member in filling["members"]:
        member["_id"] += 70
    await company.fill(filling)
    await company.data.init()
    return company


@pytest.fixture
def eraser(dated_shop: Company) -> Eraser:
    return Eraser(dated_shop)


async def test_nothing_of_a_deleted_member_is_left(eraser: Eraser) -> None:
    await eraser.company.restrict("r1", MINJI, *eraser.company.datamap.subjects["member"].fields)
    result = await eraser.to_the_end("r1", MINJI)
    assert result.outcome == "done"
    assert result.summary.findings == ()
    values = (71, "71", "minji90", "minji@mail.example", "010-1234-5678", "02-123-4567")
    assert await found_in(eraser.company, *values) == {}
    assert await eraser.company.db["members"].distinct("_id") == [72, 73]
    # The name is left where it is the other Kim Minji's, or what the application wrote of Jiho.
    assert await found_in(eraser.company, "김민지") == {
        "members": 1,
        "orders": 1,
        "deliveries": 1,
        "messages": 1,
        "clubs": 1,
    }
    assert await eraser.company.db["dsr_subjects"].count_documents({}) == 0


async def test_each_document_is_counted_once(eraser: Eraser) -> None:
    assert counts(await eraser.to_the_end("r1", MINJI)) == COUNTS


async def test_everybody_elses_documents_are_as_they_were(eraser: Eraser) -> None:
    db = eraser.company.db
    mine = {"$in": [71, "71"]}
    queries: dict[str, Any] = {
        "members": {"_id": {"$ne": 71}},
        "orders": {"member_id": {"$ne": 71}},
        "payments": {"member_id": {"$ne": 71}},
        "access_logs": {"member_id": {"$ne": 71}},
        "messages": {"author.id": {"$ne": 71}},
        "files": {"owner.id": {"$ne": 71}},
        "file_shares": {"file_id": "f2"},
        "file_downloads": {"share_id": "s2"},
        "deliveries": {"order_id": 103},
        "delivery_plans": {"member.id": {"$not": mine}},
        "newsletter": {"member_id": {"$ne": 71}},
        "inquirers": {},
        "inquiries": {},
    }
    before = {name: await db[name].find(q).to_list(None) for name, q in queries.items()}
    await eraser.to_the_end("r1", MINJI)
    for name, documents in before.items():
        ids = [document["_id"] for document in documents]
        assert await db[name].find({"_id": {"$in": ids}}).to_list(None) == documents
        assert documents


async def test_what_stays_of_shared_documents_is_the_others(eraser: Eraser) -> None:
    await eraser.to_the_end("r1", MINJI)
    company = eraser.company
    assert (await company.one("rooms", "room"))["participants"] == {
        "72": {"name": "이지호", "unread": 0}
    }
    assert [g["people"] for g in (await company.one("clubs", "hikers"))["groups"]] == [
        [{"member_id": 72, "name": "이지호"}],
        [{"member_id": 73, "name": "김민지"}],
    ]
    post = await company.one("posts", 1)
    assert post["author_login"] == "deleted-user"
    assert post["comments"] == [
        {"member_id": 72, "login": "jiho", "text": "@minji90"},
        {"member_id": 0, "login": "deleted-user", "text": "네"},
    ]
    assert (await company.one("messages", 1))["author"] == {"id": 0, "name": "탈퇴한 회원"}
    letter = await company.one("newsletter", "news-0")
    assert letter.keys() == {"_id", "email", "active"}
    assert letter["email"].endswith("@deleted.invalid")
    assert letter["active"] is False


async def test_what_the_law_keeps_is_archived_until_its_day(eraser: Eraser) -> None:
    result = await eraser.to_the_end("r1", MINJI)
    assert {(k.collection, k.basis, k.documents) for k in result.summary.kept} == {
        ("access_logs", "access_logs", 3),
        ("payments", "payment", 2),
        ("orders", "contract", 1),
        ("disclosures", "complaint", 4),
    }
    (order,) = eraser.archive.of("orders")
    assert order.document["_id"] == 101
    assert order.destroy_after == RECENT.replace(year=RECENT.year + 5)
    payments = eraser.archive.of("payments")
    assert [item.document["payer"]["name"] for item in payments] == ["김민지", "김민지"]
    assert {item.pseudonym for item in payments} == {
        eraser.company.tokens.pseudonym("member", "71")
    }


async def test_what_has_had_its_time_is_deleted_and_not_archived(eraser: Eraser) -> None:
    await eraser.company.db["payments"].update_one(
        {"_id": "pay-0"}, {"$set": {"paid_at": LONG_AGO}}
    )
    result = await eraser.to_the_end("r1", MINJI)
    assert counts(result)["payments"] == (1, 0, 0, 1)
    assert [item.document_id for item in eraser.archive.of("payments")] == ["pay-1"]


async def test_a_document_without_a_time_stays_and_says_where(eraser: Eraser) -> None:
    await eraser.company.db["payments"].update_one({"_id": "pay-0"}, {"$unset": {"paid_at": 1}})
    result = await eraser.to_the_end("r1", MINJI)
    assert result.outcome == "blocked"
    (finding,) = result.summary.findings
    assert (finding.collection, finding.path, finding.why) == ("payments", "paid_at", "no_basis")
    assert finding.documents == 1
    assert (await eraser.company.one("payments", "pay-0"))["payer"]["name"] == "김민지"
    assert await eraser.company.db["members"].find_one({"_id": 71}) is not None
    assert (await eraser.once("r1", MINJI)).outcome == "blocked"
    await eraser.company.db["payments"].update_one({"_id": "pay-0"}, {"$set": {"paid_at": RECENT}})
    result = await eraser.to_the_end("r1", MINJI)
    assert result.outcome == "done"
    assert counts(result) == COUNTS
    assert result.summary.findings == ()


async def test_its_keys_go_and_those_of_its_earlier_requests(eraser: Eraser) -> None:
    pseudonym = eraser.company.tokens.pseudonym("member", "71")
    mine = [f"subject:member:{pseudonym}", "request:old-1", "request:old-2"]
    others = [
        f"subject:member:{eraser.company.tokens.pseudonym('member', '72')}",
        "request:theirs",
        "request:r1",
    ]
    await eraser.keys.vault.data_keys([*mine, *others], create=True)
    eraser.earlier[pseudonym] = ["old-1", "old-2", "r1"]
    result = await eraser.to_the_end("r1", MINJI)
    assert result.summary.keys_destroyed == 3
    assert await eraser.keys.present([*mine, *others]) == set(others)


async def test_the_archive_gets_sealed_values_in_clear(eraser: Eraser, shop_map: DataMap) -> None:
    content = shop_map.model_dump(mode="json", by_alias=True)
    phone = content["subjects"]["member"]["fields"]["mobile_phone"]
    phone["copies"].append({"collection": "payments", "path": "payer.phone"})
    eraser.company.use(DataMap.model_validate(content))
    payment = {"_id": "p9", "member_id": 71, "paid_at": RECENT, "payer": {"phone": "010-1"}}
    (sealed,) = await eraser.company.data.seal_documents([(MINJI, "payments", payment)])
    assert isinstance(sealed["payer"]["phone"], bytes)
    await eraser.company.db["payments"].insert_one(sealed)
    eraser.erasure = eraser.another()
    assert (await eraser.to_the_end("r1", MINJI)).outcome == "done"
    kept = {item.document_id: item.document for item in eraser.archive.of("payments")}
    assert kept["p9"]["payer"]["phone"] == "010-1"


async def test_the_tombstone_names_nobody(eraser: Eraser) -> None:
    await eraser.to_the_end("r1", MINJI)
    (marker,) = await eraser.company.db["dsr_tombstones"].find().to_list(None)
    pseudonym = eraser.company.tokens.pseudonym("member", "71")
    assert (marker["_id"], marker["pseudonym"], marker["done"]) == ("r1", pseudonym, True)
    entry = eraser.ledger.entries["r1"]
    assert (entry.pseudonym, entry.fields, entry.at) == (pseudonym, None, marker["at"])


async def test_a_second_delivery_tells_the_same(eraser: Eraser) -> None:
    first = await eraser.to_the_end("r1", MINJI)
    kept = dict(eraser.archive.items)
    again = await eraser.once("r1", MINJI)
    assert again == first
    assert await eraser.company.db["dsr_subjects"].count_documents({}) == 0
    assert eraser.archive.items == kept


async def test_another_request_finds_nobody(eraser: Eraser) -> None:
    await eraser.to_the_end("r1", MINJI)
    assert (await eraser.once("r2", MINJI)).outcome == "gone"
    apply = eraser.company.data.apply
    effects: list[RecordEffect] = [
        Correct("r3", MINJI, {"name": "김민서"}),
        Restrict("r4", MINJI, ("name",)),
        Release("r5", MINJI),
    ]
    assert [result.outcome for result in await apply(effects)] == ["gone"] * 3
    assert await eraser.company.db["dsr_subjects"].count_documents({}) == 0
    assert await found_in(eraser.company, 71, "김민서") == {}


async def test_nobody_is_corrected_while_being_deleted(eraser: Eraser) -> None:
    await eraser.company.db["payments"].update_one({"_id": "pay-0"}, {"$unset": {"paid_at": 1}})
    assert (await eraser.once("r1", MINJI)).outcome == "blocked"
    assert (await eraser.company.correct("r2", MINJI, name="김민서")).outcome == "gone"
    assert (await eraser.company.restrict("r3", MINJI, "name")).outcome == "gone"
    assert (await eraser.company.release("r1", MINJI)).outcome == "lost"
    assert (await eraser.once("r4", MINJI)).outcome == "more"
    assert (await eraser.company.one("members", 71))["name"] == "김민지"
    assert (await eraser.company.correct("r5", JIHO, name="이지수")).outcome == "done"


async def test_what_is_still_there_is_in_no_view(eraser: Eraser) -> None:
    await eraser.company.db["payments"].update_one({"_id": "pay-0"}, {"$unset": {"paid_at": 1}})
    await eraser.once("r1", MINJI)
    (minji, *_) = await eraser.company.usable("members")
    assert minji["_id"] == 71
    assert "name" not in minji
    assert "email" not in minji
    (payment, *_) = await eraser.company.usable("payments")
    assert "payer" not in payment or payment["payer"] == {}


async def test_who_took_the_request_back_first_keeps_everything(eraser: Eraser) -> None:
    before = await everywhere(eraser.company)
    assert (await eraser.company.release("r1", MINJI)).outcome == "done"
    assert (await eraser.once("r1", MINJI)).outcome == "gone"
    after = await everywhere(eraser.company)
    assert {n: d for n, d in after.items() if n in before and n != "dsr_subjects"} == {
        n: d for n, d in before.items() if n != "dsr_subjects"
    }


async def test_only_who_is_older_than_the_tombstone_is_deleted_again(eraser: Eraser) -> None:
    joined = (await eraser.company.one("members", 71))["joined_at"]
    assert (await eraser.once("r1", MINJI, before=joined)).outcome == "gone"
    assert await eraser.company.db["members"].find_one({"_id": 71}) is not None
    assert (await eraser.once("r2", MINJI, before=RECENT)).outcome == "done"


async def test_people_of_one_group_are_deleted_together(eraser: Eraser) -> None:
    effects = [eraser.effect(f"r{n}", who) for n, who in enumerate((MINJI, JIHO, OTHER))]
    results = await eraser.erasure.apply(effects)
    assert [result.outcome for result in results] == ["done"] * 3
    assert counts(results[0]) == COUNTS
    values = (71, 72, 73, "71", "72", "김민지", "이지호", "jiho", "minji90")
    assert await found_in(eraser.company, *values) == {}
    (club,) = await eraser.company.db["clubs"].find().to_list(None)
    assert [group["people"] for group in club["groups"]] == [[], []]


async def test_someone_whom_nobody_knows_is_gone(eraser: Eraser) -> None:
    stranger = SubjectRef(type="member", key="404")
    assert (await eraser.once("r1", stranger)).outcome == "gone"
    assert await eraser.company.db["dsr_tombstones"].count_documents({}) == 0
