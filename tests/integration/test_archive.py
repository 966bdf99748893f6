"""The archive on a real mongod: kept once, sealed, read on the record, destroyed with its key."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
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

from schemas.errors import KeyGone, NotAllowed, SealBroken, Unreachable
from schemas.evidence import Kept
from tests.cast import AGENT_PARK, MORNING
from workers.adapters import mongo
from workers.adapters.archive import Archived, ArchiveStore, Destroyed
from workers.adapters.vault import DataKey, KeyFolder, Vault
from workers.local.stack import Stack
from workers.ports.archive import ArchiveItem

MINJI, LEE = "a" * 32, "b" * 32
CANARY = "canary-4f1c-kim-minji"
FIVE_YEARS = MORNING + timedelta(days=5 * 365)
REASON = "tax office asked, file 2026-11"


class Keys(Vault):
    """The vault, which may stop answering just before it destroys."""

    away = False
    paused: asyncio.Event | None = None
    asked: asyncio.Event | None = None

    async def destroy(self, names: Iterable[str]) -> int:
        if self.away:
            raise Unreachable("MongoDB does not answer")
        result = await self._collection.delete_many({"_id": {"$in": sorted(names)}})
        return int(result.deleted_count)

    async def data_keys(self, names: Iterable[str], *, create: bool = False) -> dict[str, DataKey]:
        made = await super().data_keys(names, create=create)
        if create and self.paused and self.asked:
            self.asked.set()
            await self.paused.wait()
        return made


@dataclass(frozen=True)
class House:
    """The archive and the databases around it."""

    archive: ArchiveStore
    vault: Keys
    db: mongo.Database
    ours: mongo.Database
    keys: mongo.Collection

    async def key_names(self) -> list[str]:
        """The data keys that exist."""
        return sorted([row["_id"] async for row in self.keys.find()])

    async def ids(self, **which: Any) -> list[str]:
        """The archived documents."""
        return sorted([row["_id"] async for row in self.db["documents"].find(which)])

    async def read(self, pseudonym: str = MINJI, basis: str = "payment") -> list[Archived]:
        """As Park reads it."""
        return [one async for one in self.archive.read(pseudonym, basis, AGENT_PARK, REASON)]


@pytest.fixture(scope="session")
def holder(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    return KeyFolder.create(tmp_path_factory.mktemp("keys"))


@pytest.fixture
async def house(stack: Stack, holder: KeyFolder) -> AsyncIterator[House]:
    client = mongo.connect(stack.mongo.url)
    name = f"test_{uuid.uuid4().hex[:12]}"
    db, ours = mongo.database(client, f"{name}_archive"), mongo.database(client, name)
    keys = mongo.keys_collection(client, f"{name}_keys")
    vault = Keys(keys, holder)
    yield House(ArchiveStore(db, ours, vault, holder), vault, db, ours, keys)
    for suffix in ("", "_archive", "_keys"):
        await client.drop_database(f"{name}{suffix}")
    client.close()


def item(number: Any = 1, **other: Any) -> ArchiveItem:
    """A payment of Minji's, which the law keeps for five years."""
    document_id = other.pop("document_id", number)
    fresh = ArchiveItem(
        pseudonym=MINJI,
        basis="payment",
        collection="payments",
        document_id=document_id,
        document={"_id": document_id, "payer": CANARY, "amount": 12_000},
        destroy_after=FIVE_YEARS,
        request="r1",
    )
    return replace(fresh, **other)


async def test_what_was_kept_is_read_back(house: House) -> None:
    await house.archive.keep([item(1), item(2)])
    documents = [dict(one.document) for one in await house.read()]
    assert sorted(documents, key=lambda one: one["_id"]) == [
        {"_id": number, "payer": CANARY, "amount": 12_000} for number in (1, 2)
    ]


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


async def test_what_is_due_is_told_in_order_and_no_more_than_asked(house: House) -> None:
    ends = [MORNING - timedelta(days=2), MORNING, MORNING - timedelta(days=1), FIVE_YEARS]
    await house.archive.keep([item(n, destroy_after=end) for n, end in enumerate(ends)])
    due = await house.archive.due(MORNING, 10)
    assert [one.destroy_after for one in due] == [ends[0], ends[2], ends[1]]
    assert await house.archive.due(MORNING, 2) == due[:2]
    assert {(one.pseudonym, one.basis, one.collection, one.request) for one in due} == {
        (MINJI, "payment", "payments", "r1")
    }
    assert sorted(one.id for one in due) == await house.ids(destroy_after={"$lte": MORNING})


async def test_the_key_goes_with_the_last_document_and_not_before(house: House) -> None:
    await house.archive.keep([item(1), item(2), item(1, basis="contract"), item(1, pseudonym=LEE)])
    first, last = await house.ids(pseudonym=MINJI, basis="payment")
    assert await house.archive.destroy([first]) == Destroyed(1, 0)
    assert len(await house.read()) == 1
    stolen = await house.db["documents"].find_one({"_id": last})
    assert stolen
    assert await house.archive.destroy([first, last]) == Destroyed(1, 1)
    assert [name.split(":")[1:3] for name in await house.key_names()] == [
        [MINJI, "contract"],
        [LEE, "payment"],
    ]
    await house.db["documents"].insert_one(stolen)
    with pytest.raises(KeyGone):
        await house.read()
    assert len(await house.read(LEE)) == 1


async def test_two_that_destroy_the_halves_at_once_destroy_the_key(house: House) -> None:
    for _ in range(5):
        await house.archive.keep([item(n) for n in range(8)])
        ids = await house.ids()
        await asyncio.gather(*(house.archive.destroy(ids[part::4]) for part in range(4)))
        assert await house.ids() == []
        assert await house.key_names() == []


async def test_a_key_that_a_crash_left_goes_with_the_next_sweep(house: House) -> None:
    await house.archive.keep([item(1)])
    house.vault.away = True
    with pytest.raises(Unreachable):
        await house.archive.destroy(await house.ids())
    assert await house.ids() == []
    assert len(await house.key_names()) == 1
    house.vault.away = False
    assert await house.archive.destroy([]) == Destroyed(0, 1)
    assert await house.key_names() == []
    assert await house.archive.destroy([]) == Destroyed(0, 0)


@pytest.mark.parametrize("others", [0, 1])
async def test_what_is_kept_while_the_last_is_destroyed_can_be_read(
    house: House, others: int
) -> None:
    """The keeper holds the old key in its hand when the last document and that key go.

    Somebody else may be quicker and start the new holding.
    """
    await house.archive.keep([item(1)])
    (old_name,) = await house.key_names()
    asked, paused = house.vault.asked, house.vault.paused = asyncio.Event(), asyncio.Event()
    keeping = asyncio.create_task(house.archive.keep([item(2)]))
    await asked.wait()
    house.vault.paused = None
    assert await house.archive.destroy(await house.ids()) == Destroyed(1, 1)
    await house.archive.keep([item(3)] * others)
    paused.set()
    await keeping
    kept = [dict(one.document)["_id"] for one in await house.read()]
    assert sorted(kept) == [2, 3][: 1 + others]
    (new_name,) = await house.key_names()
    assert new_name != old_name


async def test_keepers_and_destroyers_at_once_lose_nothing(house: House) -> None:
    async def keep(number: int) -> None:
        await house.archive.keep([item(number)])

    async def destroy() -> int:
        gone = 0
        for _ in range(10):
            due = await house.archive.due(FIVE_YEARS, 2)
            gone += (await house.archive.destroy([one.id for one in due])).documents
        return gone

    results = await asyncio.gather(*map(keep, range(20)), destroy(), destroy())
    destroyed = sum(number for number in results if number)
    assert len(await house.read()) == 20 - destroyed
    await house.archive.destroy(await house.ids())
    assert await house.key_names() == []


async def test_reading_leaves_an_entry_before_anything_is_shown(house: House) -> None:
    await house.archive.keep([item(1), item(2)])
    reading = house.archive.read(MINJI, "payment", AGENT_PARK, REASON)
    assert await house.ours["archive_reads"].count_documents({}) == 0
    await anext(reading)
    entry = await house.ours["archive_reads"].find_one()
    assert entry
    at = entry.pop("at")
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    del entry["_id"]
    assert entry == {
        "pseudonym": MINJI,
        "basis": "payment",
        "actor": AGENT_PARK,
        "reason": REASON,
        "documents": 2,
    }
    assert len([one async for one in reading]) == 1
    assert await house.ours["archive_reads"].count_documents({}) == 1


async def test_reading_what_is_not_there_leaves_an_entry_too(house: House) -> None:
    assert await house.read(LEE) == []
    entry = await house.ours["archive_reads"].find_one()
    assert entry
    assert entry["documents"] == 0


async def test_no_entry_no_documents(house: House) -> None:
    await house.archive.keep([item(1)])
    await house.ours.create_collection("archive_reads", validator={"never": True})
    with pytest.raises(mongo.DatabaseFailed):
        await house.read()


@pytest.mark.parametrize(
    ("basis", "actor", "reason"),
    [("", "park", REASON), ("payment", " ", REASON), ("payment", "park", "")],
)
async def test_nobody_reads_without_name_basis_and_reason(
    house: House, basis: str, actor: str, reason: str
) -> None:
    await house.archive.keep([item(1)])
    with pytest.raises(NotAllowed):
        await anext(house.archive.read(MINJI, basis, actor, reason))
    assert await house.ours["archive_reads"].count_documents({}) == 0


async def test_the_summary_says_what_the_certificate_needs(house: House) -> None:
    later = FIVE_YEARS + timedelta(days=9)
    await house.archive.keep(
        [
            item(1),
            item(2, destroy_after=later),
            item(3, collection="orders", basis="contract"),
            item(4, pseudonym=LEE),
        ]
    )
    assert await house.archive.summary(MINJI) == (
        Kept(collection="orders", basis="contract", documents=1, until=FIVE_YEARS),
        Kept(collection="payments", basis="payment", documents=2, until=later),
    )
    assert await house.archive.summary("nobody") == ()


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
