"""What is kept is kept once, sealed, and to the byte."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson import (
    Binary,
    Code,
    DatetimeMS,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
)
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument

from schemas.errors import SealBroken
from tests.cast import MORNING
from tests.integration.archive.house import CANARY, LEE, MINJI, House, item


async def test_what_was_kept_is_read_back(house: House) -> None:
    await house.archive.keep([item(1), item(2)])
    documents = [dict(one.document) for one in await house.read()]
    assert sorted(documents, key=lambda one: one["_id"]) == [
        {"_id": number, "payer": CANARY, "amount": 12_000} for number in (1, 2)
    ]


async def test_where_it_came_from_is_kept_with_it(house: House) -> None:
    whole, part = ObjectId(), {"of": Int64(7), "part": "lines.0"}
    await house.archive.keep([item(document_id=whole)])
    await house.archive.keep([item(document_id=part, document={"price": 1}, basis="contract")])
    (first,) = await house.read()
    (second,) = await house.read(basis="contract")
    assert (first.document_id, first.collection) == (whole, "payments")
    assert dict(second.document_id) == part
    assert dict(second.document) == {"price": 1}


async def test_the_same_document_is_kept_once_and_stays_as_it_was_first(house: House) -> None:
    await house.archive.keep([item(1), item(2), item(1)])
    (before,) = [row async for row in house.db["documents"].find().sort("_id", 1).limit(1)]
    await house.archive.keep(
        [item(1, document={"_id": 1, "payer": "later"}, destroy_after=MORNING, request="r2")]
    )
    await house.archive.keep([item(2, request="r2"), item(3)])
    rows = {row["_id"]: row async for row in house.db["documents"].find()}
    assert len(rows) == 3
    assert rows[before["_id"]] == before
    assert sorted(row["request"] for row in rows.values()) == ["r1", "r1", "r1"]
    assert len(await house.key_names()) == 1


async def test_keeping_nothing_is_nothing(house: House) -> None:
    await house.archive.keep([])
    assert await house.key_names() == []


async def test_documents_differ_by_subject_basis_collection_and_typed_id(house: House) -> None:
    await house.archive.keep(
        [
            item(1),
            item(1, pseudonym=LEE),
            item(1, basis="contract"),
            item(1, collection="orders"),
            item(document_id="1"),
            item(document_id=ObjectId()),
            item(document_id={"a": 1, "b": 2}),
        ]
    )
    assert len(await house.ids()) == 7


async def test_each_subject_and_basis_has_a_key_of_its_own(house: House) -> None:
    await house.archive.keep([item(1), item(1, pseudonym=LEE), item(1, basis="contract")])
    names = [name.rpartition(":")[0] for name in await house.key_names()]
    assert names == [
        f"archive:{MINJI}:contract",
        f"archive:{MINJI}:payment",
        f"archive:{LEE}:payment",
    ]


async def test_many_subjects_at_once_are_all_kept_whatever_a_transaction_holds(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.adapters.archive.store._TOGETHER", 3)
    people = [f"{number:032x}" for number in range(5)]
    await house.archive.keep([item(n, pseudonym=one) for n in range(4) for one in people])
    for one in people:
        kept = [dict(row.document)["_id"] for row in await house.read(one)]
        assert sorted(kept) == [0, 1, 2, 3]
    assert len(await house.key_names()) == len(people)


async def test_nothing_of_the_document_stands_in_clear(house: House) -> None:
    await house.archive.keep([item(document_id=CANARY), item(document_id={"of": CANARY})])
    rows = [row async for row in house.db["documents"].find()]
    assert len(rows) == 2
    for name in await house.db.list_collection_names():
        async for row in house.db[name].find():
            assert CANARY.encode() not in bson.encode(row)
    clear = {"pseudonym", "basis", "collection", "destroy_after", "kept_at", "request"}
    assert set(rows[0]) == {"_id", "sealed", *clear}
    assert CANARY in str(dict((await house.read())[0].document))  # the canary can be found


async def test_every_bson_type_comes_back_to_the_byte(house: House) -> None:
    document: dict[str, Any] = {
        "_id": ObjectId(),
        "decimal": Decimal128("12000.00"),
        "long": Int64(5),
        "int": 5,
        "double": 5.0,
        "date": datetime(2026, 11, 23, 9, 0, 0, 123000, tzinfo=UTC),
        "year 12026": DatetimeMS(317_387_635_200_000),
        "uuid": Binary.from_uuid(uuid.UUID(int=7)),
        "old uuid": Binary(bytes(16), 3),
        "bytes": b"\x00\x01",
        "timestamp": Timestamp(1, 2),
        "regex": Regex("^kim", re.IGNORECASE),
        "code": Code("function () {}", {"a": Int64(1)}),
        "bounds": [MinKey(), MaxKey(), None, True],
        "nested": {"z": {"y": [{"x": Int64(2**40)}]}, "a": "김민지"},
        "": "an empty name",
        "$set": "a name of an operator",
        "a.b": "$$ROOT",
    }
    raw = bson.encode(document)
    forms: list[Mapping[str, Any]] = [document, RawBSONDocument(raw)]
    for number, form in enumerate(forms):
        await house.archive.keep([item(document_id=number, document=form)])
    kept = [one.document for one in await house.read()]
    assert [bson.encode(one) for one in kept] == [raw, raw]
    exact: CodecOptions[dict[str, Any]] = CodecOptions(
        datetime_conversion=DatetimeConversion.DATETIME_AUTO, tz_aware=True
    )
    assert bson.decode(bson.encode(kept[0]), exact) == document


async def test_types_that_drivers_no_longer_write_are_kept_from_raw_documents(house: House) -> None:
    undefined, symbol = b"\x06u\x00", b"\x0es\x00\x02\x00\x00\x00x\x00"
    body = b"\x10_id\x00\x01\x00\x00\x00" + undefined + symbol
    raw = (len(body) + 5).to_bytes(4, "little") + body + b"\x00"
    await house.archive.keep([item(1, document=RawBSONDocument(raw))])
    (one,) = await house.read()
    assert bson.encode(one.document) == raw


async def test_a_document_opens_in_its_own_place_only(house: House) -> None:
    await house.archive.keep([item(1), item(2)])
    first, second = [row async for row in house.db["documents"].find().sort("_id", 1)]
    await house.db["documents"].update_one(
        {"_id": first["_id"]}, {"$set": {"sealed": second["sealed"]}}
    )
    with pytest.raises(SealBroken):
        await house.read()
    for moved in ({"collection": "orders"}, {"sealed": first["sealed"] + b"x"}):
        await house.db["documents"].delete_many({})
        await house.db["documents"].insert_one({**first, **moved})
        with pytest.raises(SealBroken):
            await house.read()


async def test_init_declares_once_and_its_plan_changes_nothing(house: House) -> None:
    wanted = [
        "index documents.destroy_after",
        "index documents.pseudonym",
        "index archive_reads.pseudonym",
    ]
    assert await house.archive.init(plan=True) == wanted
    assert await house.archive.init() == wanted
    assert await house.archive.init() == []
    plan = await house.db["documents"].find({"destroy_after": {"$lte": MORNING}}).explain()
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
