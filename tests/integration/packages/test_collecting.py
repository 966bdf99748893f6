"""A package is complete, holds nothing of anybody else, and stands nowhere in clear."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from bson import ObjectId

from schemas.datamap import DataMap
from schemas.errors import SealBroken
from schemas.request import SubjectRef
from tests.integration.packages.her import ATTACK, HER, everything_of_her
from tests.integration.packages.house import House
from tests.integration.subject_data.company import ASKER, FOREIGN, JIHO, MEMBERS, MINJI, PATRON
from workers.adapters.packages import reading, sealed

SCHEMA = Path(__file__).parents[3] / "docs/schemas/package.schema.json"


def mapped(datamap: DataMap, kind: str) -> set[tuple[str, str, str]]:
    """Every place of the map that may leave the house: field, collection, path."""
    return {
        (name, place.collection, str(place.path))
        for name, field in datamap.subjects[kind].fields.items()
        if not field.hashed and "never-exported" not in field.protection
        for place in datamap.placements(kind, name)
    }


def found(data: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (value["field"], record["collection"], value["path"])
        for record in data["records"]
        for value in record["values"]
    }


class Cells(HTMLParser):
    """What stands in the page: the tags, and the text of each cell's lines."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.lines: list[str] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in {"p", "td", "th"}:
            self.lines.append("")
            self._inside = True

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.lines[-1] += data


async def test_the_package_has_every_mapped_place_and_no_other(
    house: House, shop_map: DataMap
) -> None:
    await house.company.fill(everything_of_her())
    package = await house.package("a-1", HER)
    data, _ = await house.fetched(package.id)
    assert found(data) == mapped(shop_map, "member")
    assert {name for name, number in package.values.items() if number} == {
        name for name, _, _ in mapped(shop_map, "member")
    }
    assert package.records == {row["collection"]: row["records"] for row in data["counts"]}
    assert sum(package.records.values()) == len(data["records"])


def leaves(node: Any) -> set[str]:
    """Every text at any depth."""
    if isinstance(node, dict):
        return set().union(*map(leaves, node.values()))
    if isinstance(node, list):
        return set().union(*map(leaves, node))
    return {node} if isinstance(node, str) else set()


async def test_each_value_of_hers_is_in_it_and_each_value_in_it_is_hers(house: House) -> None:
    """What is hers begins with `her` in the sample; what has a form of its own is named here."""
    await house.company.fill(everything_of_her())
    data, page = await house.fetched((await house.package("a-1", HER)).id)
    given = leaves([v.get("value") for record in data["records"] for v in record["values"]])
    hers = {leaf for leaf in leaves(everything_of_her()) if leaf.startswith("her")}
    masked = {"***dian", "***9876", "***5678", "c***", "900302-2******"}
    formed = {
        *("1990-03-02", "2020-05-05", "female", "single", "mother", "192.0.2.7", "/", "in", "x"),
        *("02-123-4567", "010-1234-5678", "02-765-4321", "04524", "3F", "(04524) her-road 3F"),
    }
    assert {leaf for leaf in given if leaf.startswith("her")} == hers
    assert given - hers == masked | formed | {ATTACK}
    for leaf in hers:
        assert leaf in page


async def test_nothing_of_anybody_else_and_nothing_that_must_not_leave_is_in_it(
    house: House,
) -> None:
    await house.company.fill(everything_of_her())
    data, page = await house.fetched((await house.package("a-1", HER)).id)
    for text in (json.dumps(data, ensure_ascii=False), page):
        for word in ("OTHER", "UNMAPPED", "NEVER", "MASKED", "2345678", "2222", "korea-pay"):
            assert word not in text
        assert "her-old-name" in text
    withheld = {one["field"] for one in data["fields"] if one["export"] == "never"}
    assert withheld == {"password", "recovery_answer"}


async def test_sealed_values_are_open_numbers_are_masked_and_dates_are_days(house: House) -> None:
    await house.company.fill(everything_of_her())
    data, _ = await house.fetched((await house.package("a-1", HER)).id)
    home = {v["field"]: v["value"] for v in data["records"][0]["values"]}
    assert data["records"][0]["collection"] == "members"
    assert home["mobile_phone"] == "010-1234-5678"
    assert home["resident_registration_number"] == "900302-2******"
    assert home["legal_guardian"] == {"name": "***dian", "relation": "mother"}
    assert home["birth_date"] == "1990-03-02"
    assert home["gender"] == "female"
    assert home["home_address"] == {"postcode": "04524", "road": "her-road", "detail": "3F"}
    assert home["anniversaries"] == [{"name": "her-day", "date": "2020-05-05"}]
    (paid,) = (r for r in data["records"] if r["collection"] == "payments")
    assert paid["at"] == "2026-11-01T03:04:05Z"
    money = next(v["value"] for v in paid["values"] if v["field"] == "payment_records")
    assert money == {"method": "c***", "amount": 39000, "card": "***9876", "approval": "***5678"}
    assert data["recipients"] == [
        {
            "recipient": "hanbit-delivery",
            "label": {"ko": "한빛택배", "en": "Hanbit Delivery"},
            "fields": ["name", "home_address"],
        }
    ]


async def test_the_json_is_what_its_schema_says(house: House) -> None:
    await house.company.fill(everything_of_her())
    data, _ = await house.fetched((await house.package("a-1", HER)).id)
    jsonschema.validate(data, json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("language", "word"), [("ko", "휴대전화번호"), ("en", "Mobile phone number")]
)
async def test_the_page_runs_nothing_and_no_cell_begins_a_formula(
    house: House, language: str, word: str
) -> None:
    await house.company.fill(everything_of_her())
    package = await house.package("a-1", HER, language=language)
    _, page = await house.fetched(package.id)
    seen = Cells(page)
    assert f"{word}: 010-1234-5678" in seen.lines
    address = "postcode 04524, road her-road, detail 3F"
    assert sum(f": {address}" in line for line in seen.lines) == 3
    assert "script" not in seen.tags
    assert any(line.endswith(ATTACK) for line in seen.lines)
    assert not [line for line in seen.lines if re.match(r"\s*[=+\-@]", line)]


async def test_people_of_another_type_and_keys_get_theirs(house: House) -> None:
    await house.company.fill(MEMBERS)
    data, _ = await house.fetched((await house.package("a-1", ASKER)).id)
    assert {record["collection"] for record in data["records"]} == {"inquirers", "inquiries"}
    nobody = SubjectRef(type="inquirer", key=str(ObjectId()))
    assert (await house.collect("a-2", nobody)).outcome == "gone"
    assert await house.ours["packages"].count_documents({"ready": True}) == 1


async def test_a_database_that_nobody_here_designed_is_read_as_well(
    library: House, library_map: DataMap
) -> None:
    await library.company.fill(FOREIGN)
    data, page = await library.fetched((await library.package("a-1", PATRON)).id)
    assert found(data) == mapped(library_map, "patron")
    assert [record["collection"] for record in data["records"]].count("loans") == 2
    for text in (json.dumps(data, ensure_ascii=False), page):
        assert "01012345678" in text
        for word in ("이지호", "01022223333", "L-000124", "jiho@"):
            assert word not in text


async def test_a_value_that_does_not_open_is_named_and_the_rest_is_there(house: House) -> None:
    await house.company.fill(everything_of_her())
    broken = {"$set": {"phones.mobile": b"\x01" + bytes(40)}}
    await house.company.db["members"].update_one({"_id": 7}, broken)
    data, page = await house.fetched((await house.package("a-1", HER)).id)
    home = {v["field"]: v for v in data["records"][0]["values"]}
    assert home["mobile_phone"] == {
        "field": "mobile_phone",
        "path": "phones.mobile",
        "unreadable": True,
    }
    assert home["email"]["value"] == "her@mail.example"
    assert "암호를 풀 수 없어" in page


async def test_one_persons_trouble_is_nobody_elses(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.company.fill(MEMBERS)
    monkeypatch.setattr(reading, "_BETWEEN", 1)
    effects = [house.effect("a-1", MINJI), house.effect("a-2", JIHO)]
    hers, his = await house.collector.apply(effects)
    assert (hers.outcome, hers.code) == ("put_off", "too_many_documents")
    assert his.outcome == "ready"
    assert await house.ours["packages"].count_documents({"destroyed_at": None}) == 1


async def test_a_second_call_finds_the_first_package_and_a_rival_leaves_none(house: House) -> None:
    await house.company.fill(MEMBERS)
    first = await house.package("a-1", MINJI)
    assert (await house.package("a-1", MINJI)) == first
    rival = await house.store.begin(house.effect("a-1", MINJI))
    kept = await house.store.finish(rival, house.effect("a-1", MINJI), {}, {})
    assert kept == first
    assert await house.ours["packages.files"].count_documents({}) == 2
    (control,) = await house.company.db["dsr_subjects"].find().to_list(None)
    assert control["slots"]["a-1"]["kind"] == "collect"
    assert control["seq"] == 0


async def test_what_was_taken_back_first_is_never_handed_out(house: House) -> None:
    await house.company.fill(MEMBERS)
    await house.company.release("a-1", MINJI)
    assert (await house.collect("a-1", MINJI)).outcome == "lost"
    assert await house.ours["packages.chunks"].count_documents({}) == 0
    assert await house.ours["packages"].count_documents({"destroyed_at": None}) == 0
    await house.package("a-2", JIHO)
    released = await house.company.release("a-2", JIHO)
    assert released.outcome == "lost"


async def test_in_the_store_nothing_stands_in_clear_and_nothing_opens_elsewhere(
    house: House,
) -> None:
    await house.company.fill(everything_of_her())
    package = await house.package("a-1", HER)
    stored = await house.stored()
    assert len(stored) > 5000
    for word in ("her-", "010-1234", "이름", "members", "schema"):
        assert word.encode() not in stored
    chunks = house.ours["packages.chunks"]
    await chunks.update_one({"files_id": f"{package.id}/json"}, {"$inc": {"n": 1}})
    await chunks.insert_one({"files_id": f"{package.id}/json", "n": 0, "data": b"\x01" * 60})
    with pytest.raises(SealBroken):
        await house.fetched(package.id)
    key = (await house.vault.data_keys([f"package:{package.id}"]))[f"package:{package.id}"]
    with pytest.raises(SealBroken):
        async for _ in sealed.read(house.ours, "packages", "no-such-file", key):
            pass
