"""A database that was restored from an old backup: whoever had been deleted is deleted again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from schemas.datamap import DataMap
from schemas.request import SubjectRef
from tests.integration.subject_data.company import Company, NewCompany
from tests.integration.subject_data.erasing import Eraser, dated, everywhere, found_in
from tests.integration.vault.house import quiet
from workers.adapters.erasure import Markers, People, Replay, Replayed, restored
from workers.adapters.erasure.restored import Compared
from workers.adapters.vault import Tombstones

MINJI = SubjectRef(type="member", key="71")
JIHO = SubjectRef(type="member", key="72")
HERS = (71, "71", "minji90", "minji@mail.example", "010-1234-5678")

Copy = Mapping[str, list[dict[str, Any]]]


class Place:
    """A company with a ledger of its own, that can be restored."""

    def __init__(self, company: Company, folder: Path) -> None:
        self.company = company
        self.tombstones = Tombstones.create(folder)
        self.eraser = Eraser(company)
        self.eraser.ledger = self.tombstones  # type: ignore[assignment]
        self.eraser.erasure = self.eraser.another()
        self.markers = Markers(company.db)
        pseudonym = company.tokens.pseudonym
        people = People(company.db, company.datamap, pseudonym)
        self.replay = Replay(self.markers, self.tombstones, people, self.eraser.erasure)

    async def copy(self) -> Copy:
        """A backup of everything that stands there."""
        names = await self.company.db.list_collection_names(filter={"type": "collection"})
        return {
            name: await self.company.db[name].find().to_list(None)
            for name in names
            if not name.startswith("system.")
        }

    async def restore(self, copy: Copy) -> None:
        """Exactly what was copied, and nothing else."""
        names = await self.company.db.list_collection_names(filter={"type": "collection"})
        for name in names:
            if not name.startswith("system."):
                await self.company.db[name].delete_many({})
        for name, documents in copy.items():
            if documents:
                await self.company.db[name].insert_many([dict(each) for each in documents])

    async def compare(self) -> Compared:
        """What a worker that starts sees."""
        return await restored(self.markers, self.tombstones)

    async def again(self, *, everybody: bool = False) -> tuple[Replayed, int]:
        """A whole replay; what it did, and for how many nothing was to do."""
        found = await self.compare()
        present = await self.replay.present() if everybody else {}
        if found.missing or found.unfinished or present:
            await self.replay.begin(found.missing, found.unfinished, present)
        _, people = await self.replay.to_do()
        done = await self.replay.erase(people, quiet)
        while told := await self.replay.done():
            await self.replay.settle(told)
        return done, await self.replay.end(done)


@pytest.fixture
async def place(new_company: NewCompany, shop_map: DataMap, tmp_path: Path) -> Place:
    company = new_company(shop_map)
    filling = dated()
    for member in filling["members"]:
        member["_id"] += 70
    await company.fill(filling)
    await company.data.init()
    return Place(company, tmp_path / "tombstones")


NOTHING = Compared(*[frozenset()] * 4)


async def test_who_was_deleted_is_deleted_again_and_nobody_else(place: Place) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI)
    assert await place.compare() == NOTHING
    after = await everywhere(place.company)
    lines = list(place.tombstones.all())
    await place.restore(before)
    assert await found_in(place.company, *HERS) != {}
    assert (await place.compare()).missing == {"r1"}
    done, nothing = await place.again()
    assert (done.deleted, done.living, done.blocked, nothing) == (["r1"], [], {}, 0)
    assert await found_in(place.company, *HERS) == {}
    assert await place.compare() == NOTHING
    again = await everywhere(place.company)
    drawn = {"dsr_tombstones", "newsletter"}  # what is put in an address's place is random
    assert {n: sorted(d) for n, d in again.items() if n not in drawn} == {
        n: sorted(d) for n, d in after.items() if n not in drawn
    }
    # The tombstone is the old one still: whoever signed up since then is not bound by it.
    assert list(place.tombstones.all()) == lines
    assert place.tombstones.restores().count == 1


async def test_a_second_replay_finds_nothing_to_do(place: Place) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI)
    await place.restore(before)
    await place.again()
    stands = await everywhere(place.company)
    done, nothing = await place.again()
    assert (done.deleted, nothing) == ([], 0)
    assert await everywhere(place.company) == stands
    assert place.tombstones.restores().count == 1


async def test_who_signed_up_again_under_the_same_key_lives_on(place: Place) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI)
    (line,) = place.tombstones.all()
    await place.restore(before)
    # The backup, with what the application wrote since the deletion put over it.
    home = {"_id": 71, "name": "김민지", "joined_at": line.at + timedelta(seconds=1)}
    await place.company.db["members"].replace_one({"_id": 71}, home)
    order = {"_id": "new", "member_id": 71, "ordered_at": line.at + timedelta(days=1)}
    await place.company.db["orders"].insert_one(order)
    done, _ = await place.again()
    assert (done.deleted, done.living) == ([], ["r1"])
    assert await place.company.db["members"].find_one({"_id": 71}) == home
    assert await place.company.db["orders"].find_one({"_id": "new"}) is not None
    assert await place.compare() == NOTHING


async def test_a_second_deletion_binds_the_second_life_too(place: Place) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI)
    (line,) = place.tombstones.all()
    home = {"_id": 71, "name": "김민지", "joined_at": line.at}
    await place.company.db["members"].insert_one(home)
    second = await place.copy()
    await place.eraser.to_the_end("r2", MINJI)
    for copy, lacking in ((before, {"r1", "r2"}), (second, {"r2"})):
        await place.restore(copy)
        assert (await place.compare()).missing == lacking
        await place.again()
        assert await found_in(place.company, *HERS) == {}
        assert await place.compare() == NOTHING


async def test_of_named_fields_only_these_go_again(place: Place) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI, "hobbies")
    kept = await place.company.one("members", 71)
    await place.restore(before)
    assert "hobbies" in (await place.company.one("members", 71))["profile"]
    done, _ = await place.again()
    assert done.deleted == ["r1"]
    assert await place.company.one("members", 71) == kept
    (control,) = await place.company.db["dsr_subjects"].find().to_list(None)
    assert "deletion" not in control


async def test_who_is_nowhere_in_the_backup_just_gets_the_marker(place: Place) -> None:
    await place.company.db["members"].insert_one({"_id": 99, "name": "박서준"})
    before = await place.copy()
    await place.eraser.to_the_end("r1", SubjectRef(type="member", key="99"))
    await place.eraser.to_the_end("r2", MINJI)
    older = {**before, "members": [m for m in before["members"] if m["_id"] != 99]}
    await place.restore(older)
    done, nothing = await place.again()
    assert (done.deleted, nothing) == (["r2"], 1)
    assert (await place.compare()) == NOTHING
    marker = await place.company.db["dsr_tombstones"].find_one({"_id": "r1"})
    assert marker is not None
    assert (marker["done"], marker["summary"]["counts"]) == (True, [])


async def test_documents_without_a_home_are_found_by_the_key_in_them(place: Place) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI)
    await place.restore({**before, "members": before["members"][1:]})
    done, _ = await place.again()
    assert done.deleted == ["r1"]
    assert await found_in(place.company, 71, "71") == {}


async def test_a_replay_that_was_cut_off_is_finished_by_the_next(place: Place) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI)
    await place.eraser.to_the_end("r2", JIHO)
    await place.restore(before)
    found = await place.compare()
    await place.replay.begin(found.missing)
    assert (await place.compare()).unsettled == {"r1", "r2"}
    _, people = await place.replay.to_do()
    hers = {name: who for name, who in people.items() if who == MINJI}
    await place.replay.erase(hers, quiet)
    assert (await place.compare()).unsettled == {"r1", "r2"}
    done, _ = await place.again()
    assert done.deleted == ["r2"]
    assert await found_in(place.company, *HERS, 72, "72", "jiho") == {}
    assert await place.compare() == NOTHING
    assert place.tombstones.restores().count == 1


async def test_a_copy_made_in_the_middle_of_a_deletion_is_brought_to_its_end(place: Place) -> None:
    await place.company.db["payments"].update_one({"_id": "pay-0"}, {"$unset": {"paid_at": 1}})
    assert (await place.eraser.once("r1", MINJI)).outcome == "blocked"
    middle = await place.copy()
    middle["payments"][0]["paid_at"] = middle["payments"][1]["paid_at"]
    await place.company.db["payments"].delete_one({"_id": "pay-0"})
    await place.eraser.to_the_end("r1", MINJI)
    await place.restore(middle)
    assert (await place.compare()).unfinished == {"r1"}
    done, _ = await place.again()
    assert done.deleted == ["r1"]
    assert await found_in(place.company, *HERS) == {}
    assert await place.company.db["dsr_subjects"].count_documents({}) == 0


async def test_what_is_in_the_way_is_told_and_keeps_workers_from_starting(place: Place) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI)
    await place.eraser.to_the_end("r2", JIHO)
    for payment in before["payments"]:
        if payment["member_id"] == 71:
            del payment["paid_at"]
    await place.restore(before)
    done, _ = await place.again()
    assert done.deleted == ["r2"]
    (finding,) = done.blocked["r1"]
    assert (finding.collection, finding.why) == ("payments", "no_basis")
    assert (await place.compare()).unsettled == {"r1"}
    await place.company.db["payments"].delete_many({"member_id": 71})
    done, _ = await place.again()
    assert done.deleted == ["r1"]
    assert await place.compare() == NOTHING


@pytest.mark.parametrize(("seconds", "lives"), [(-60, False), (0, True), (60, True)])
async def test_a_record_without_a_date_is_dated_by_its_id(
    place: Place, seconds: int, lives: bool
) -> None:
    content = place.company.datamap.model_dump(mode="json", by_alias=True, exclude_unset=True)
    content["subjects"]["member"] |= {"key": "number", "created": None}
    place.company.use(DataMap.model_validate(content))
    place.eraser.erasure = place.eraser.another()
    people = People(place.company.db, place.company.datamap, place.company.tokens.pseudonym)
    place.replay = Replay(place.markers, place.tombstones, people, place.eraser.erasure)
    await place.company.db["members"].delete_many({})
    await place.company.db["members"].insert_one({"number": 71, "name": "김민지"})
    await place.eraser.to_the_end("r1", MINJI)
    (line,) = place.tombstones.all()
    born = ObjectId.from_datetime(line.at + timedelta(seconds=seconds))
    await place.restore({"members": [{"_id": born, "number": 71, "name": "김민지"}]})
    done, _ = await place.again()
    assert (done.living == ["r1"]) is lives
    assert (await place.company.db["members"].find_one({"_id": born}) is not None) is lives


async def test_collections_that_were_restored_beside_the_markers_are_cleaned_on_request(
    place: Place,
) -> None:
    before = await place.copy()
    await place.eraser.to_the_end("r1", MINJI)
    await place.eraser.to_the_end("r2", JIHO, "hobbies")
    markers = (await place.copy())["dsr_tombstones"]
    await place.restore({**before, "dsr_tombstones": markers})
    assert await place.compare() == NOTHING
    assert (await place.again())[0].deleted == []
    done, nothing = await place.again(everybody=True)
    assert (done.deleted, done.living, nothing) == (["r1"], [], 0)
    assert await found_in(place.company, *HERS) == {}
    assert await place.compare() == NOTHING
    # Whether these hobbies are the old ones nobody can tell.
    assert "hobbies" in (await place.company.one("members", 72))["profile"]


async def test_a_look_at_everybody_leaves_the_living_alone(place: Place) -> None:
    await place.eraser.to_the_end("r1", MINJI)
    (line,) = place.tombstones.all()
    home = {"_id": 71, "name": "김민지", "joined_at": line.at}
    await place.company.db["members"].insert_one(home)
    markers = await place.company.db["dsr_tombstones"].find().to_list(None)
    done, nothing = await place.again(everybody=True)
    assert (done.deleted, done.living, nothing) == ([], ["r1"], 1)
    assert await place.company.db["members"].find_one({"_id": 71}) == home
    assert await place.company.db["dsr_tombstones"].find().to_list(None) == markers


async def test_a_lost_ledger_is_seen(place: Place) -> None:
    await place.eraser.to_the_end("r1", MINJI)
    await place.eraser.to_the_end("r2", JIHO)
    for file in place.tombstones._folder.glob("*.jsonl"):  # noqa: SLF001 - somebody loses it
        file.unlink()
    found = await place.compare()
    assert found.untold == {"r1", "r2"}
    assert await place.replay.tell(found.untold) == 2
    assert await place.compare() == NOTHING


@pytest.mark.soak
async def test_a_thousand_deletions_are_replayed_in_bounded_time(place: Place) -> None:
    numbers = range(1_000, 2_000)
    joined = (await place.company.one("members", 71))["joined_at"]
    homes = [{"_id": n, "name": f"회원 {n}", "joined_at": joined} for n in numbers]
    await place.company.db["members"].insert_many(homes)
    used = [{"member_id": n} for n in numbers for _ in range(5)]
    await place.company.db["usage_records"].insert_many(used)
    before = await place.copy()
    effects = [place.eraser.effect(f"r{n}", SubjectRef(type="member", key=str(n))) for n in numbers]
    for start in range(0, len(effects), 64):
        group = effects[start : start + 64]
        while any(r.outcome == "more" for r in await place.eraser.erasure.apply(group)):
            pass
    await place.restore(before)
    assert len((await place.compare()).missing) == 1_000
    async with asyncio.timeout(60):
        done, nothing = await place.again()
    assert (len(done.deleted), nothing) == (1_000, 0)
    assert await place.company.db["members"].distinct("_id") == [71, 72, 73]
    assert await place.company.db["usage_records"].distinct("member_id") == [71, 72]
