"""Databases that nobody here designed: odd keys, odd nesting, odd types, all by the map alone."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64, ObjectId

from schemas.datamap import parse
from schemas.request import SubjectRef
from tests.datamaps import small
from tests.integration.subject_data.company import Company, NewCompany

Content = dict[str, Any]


def company_with(
    new_company: NewCompany,
    key: str,
    key_type: str,
    copies: list[Content],
    **collections: Content,
) -> Company:
    """A company whose members have a name at `name`, and copies of it."""
    content = small.content()
    member = content["subjects"]["member"]
    member |= {"key": key, "key_type": key_type}
    member["fields"]["name"]["copies"] = copies
    content["collections"] |= collections
    return new_company(parse(content, source="odd.yaml"))


def ref(key: Any) -> SubjectRef:
    return SubjectRef(type="member", key=str(key))


MAIL = "minji.kim@mail.example"


@pytest.mark.parametrize("other", ["jiho@mail.example", "$jiho", "a.b.c"])
async def test_objects_may_be_keyed_by_names_that_no_path_can_say(
    new_company: NewCompany, other: str
) -> None:
    company = company_with(
        new_company,
        "_id",
        "string",
        [{"collection": "rooms", "path": "state.people.$key.name"}],
        rooms={"links": {"member": {"keyed_object": "state.people"}}},
    )
    people = {MAIL: {"name": "김민지", "n": 1}, other: {"name": "이지호", "n": 2}}
    await company.db["members"].insert_many(
        [{"_id": MAIL, "name": "김민지"}, {"_id": other, "name": "이지호"}]
    )
    await company.db["rooms"].insert_one({"_id": 1, "state": {"people": people, "open": True}})
    await company.data.init()
    await company.restrict("r1", ref(MAIL), "name")
    (room,) = await company.usable("rooms")
    assert room["state"]["people"] == {MAIL: {"n": 1}, other: {"name": "이지호", "n": 2}}
    assert (await company.correct("r1", ref(MAIL), name="김민서")).outcome == "done"
    assert (await company.correct("r2", ref(other), name="이지수")).outcome == "done"
    assert await company.one("rooms", 1) == {
        "_id": 1,
        "state": {
            "people": {MAIL: {"name": "김민서", "n": 1}, other: {"name": "이지수", "n": 2}},
            "open": True,
        },
    }


async def test_people_may_live_together_in_one_document(new_company: NewCompany) -> None:
    content = small.content()
    member = content["subjects"]["member"]
    member |= {"home": "households", "key": "people.$[].no"}
    for field in member["fields"].values():
        field["path"] = f"people.$[].{field['path']}"
    content["collections"]["households"] = {}
    del content["collections"]["members"]
    company = new_company(parse(content, source="odd.yaml"))
    households: list[dict[str, Any]] = [
        {
            "_id": "a",
            "people": [
                {"no": 2, "name": "이지호"},
                {"no": 1, "name": "김민지", "email": "Minji@mail.example"},
            ],
        },
        {"_id": "b", "people": [{"no": 3, "name": "김민지", "email": "other@mail.example"}]},
    ]
    await company.db["households"].insert_many(households)
    await company.db["orders"].insert_one({"_id": 1, "buyer": {"id": 1, "name": "김민지"}})
    await company.data.init()
    person = await company.data.find({"email": "minji@mail.example"})
    assert person is not None
    assert person.ref == ref(1)
    await company.restrict("r1", ref(1), "name", "address")
    first, second = await company.usable("households")
    assert [one.get("name") for one in first["people"]] == ["이지호", None]
    assert second == households[1]
    value = {"postcode": "06236", "road": "테헤란로"}
    assert (await company.correct("r1", ref(1), name="김민서", address=value)).outcome == "done"
    assert (await company.one("households", "a"))["people"] == [
        {"no": 2, "name": "이지호"},
        {"no": 1, "name": "김민서", "email": "Minji@mail.example", "profile": {"address": value}},
    ]
    assert await company.one("households", "b") == households[1]
    assert (await company.data.current(ref(1), ("name",))).values == {"name": "김민서"}


@pytest.mark.parametrize(
    ("key_type", "raw", "text"),
    [
        ("objectid", ObjectId("665544332211665544332211"), "665544332211665544332211"),
        ("uuid", Binary.from_uuid(uuid.UUID(int=5)), str(uuid.UUID(int=5))),
        ("string", "M-1", "M-1"),
        ("int", Int64(2**40), str(2**40)),
        ("int", 7.0, "7"),
    ],
)
async def test_keys_of_every_type_are_followed_also_where_they_are_kept_as_text(
    new_company: NewCompany, key_type: str, raw: Any, text: str
) -> None:
    company = company_with(
        new_company,
        "account.key",
        key_type,
        [
            {"collection": "orders", "path": "buyer.name"},
            {"collection": "notes", "path": "who"},
        ],
        notes={"links": {"member": {"key": "for", "key_type": "string"}}},
    )
    await company.db["members"].insert_one(
        {"account": {"key": raw}, "name": "김민지", "email": "m@x.kr"}
    )
    await company.db["orders"].insert_one({"_id": 1, "buyer": {"id": raw, "name": "김민지"}})
    await company.db["notes"].insert_many(
        [{"_id": 1, "for": text, "who": "김민지"}, {"_id": 2, "for": "nobody", "who": "김민지"}]
    )
    await company.data.init()
    person = await company.data.find({"email": "m@x.kr"})
    assert person is not None
    assert person.ref == ref(text)
    await company.restrict("r1", ref(text), "name")
    assert "name" not in (await company.usable("members"))[0]
    assert (await company.usable("orders"))[0]["buyer"] == {"id": raw}
    assert ["who" in note for note in await company.usable("notes")] == [False, True]
    result = await company.correct("r1", ref(text), name="김민서")
    assert result.places == {"name": 3}
    assert (await company.one("orders", 1))["buyer"] == {"id": raw, "name": "김민서"}
    control = await company.db["dsr_subjects"].find_one({})
    assert control is not None
    assert control["key"] == raw


async def test_numbers_dates_and_lists_keep_their_types(new_company: NewCompany) -> None:
    content = small.content()
    fields = content["subjects"]["member"]["fields"]
    fields["height"] = small.field("height", value={"kind": "number", "integer": False})
    fields["steps"] = small.field("steps", value="number")
    fields["postcode"] = small.field("zip", value={"kind": "text", "pattern": "[0-9]{5}"})
    fields["born"] = small.field("born", value={"kind": "date", "zone": "Asia/Seoul"})
    fields["tags"] = small.field("tags", value={"kind": "list", "of": "number"})
    company = new_company(parse(content, source="odd.yaml"))
    await company.db["members"].insert_one(
        {
            "_id": 1,
            "height": Decimal128("160.5"),
            "steps": Int64(5),
            "zip": 4524,
            "born": datetime(1990, 3, 1, 15, tzinfo=UTC),
            "tags": [Int64(1)],
        }
    )
    result = await company.correct(
        "r1", ref(1), height=161.5, steps=6, postcode="06236", born="1991-04-05", tags=[2, 3]
    )
    assert result.outcome == "done"
    member = await company.one("members", 1)
    assert member["height"] == Decimal128("161.5")
    assert isinstance(member["steps"], Int64)
    assert member["zip"] == 6236
    assert member["born"].isoformat()[:19] == "1991-04-04T15:00:00"
    assert [type(tag) for tag in member["tags"]] == [Int64, Int64]
    current = await company.data.current(ref(1), ("height", "born", "postcode", "tags"))
    assert current.values["height"] == 161.5
    assert current.values["born"] == "1991-04-05"
    assert current.values["tags"] == [2, 3]


async def test_every_element_of_a_scalar_array_and_several_of_hers_are_corrected(
    new_company: NewCompany,
) -> None:
    company = company_with(
        new_company,
        "_id",
        "int",
        [
            {"collection": "posts", "path": "seen_by.$[].as"},
            {"collection": "aliases", "path": "names.$[]"},
        ],
        posts={"links": {"member": {"key": "seen_by.$[].who"}}},
        aliases={"links": {"member": {"key": "member"}}},
    )
    await company.db["members"].insert_one({"_id": 1, "name": "김민지"})
    seen = [
        {"who": 1, "as": "김민지", "at": 1},
        {"who": 2, "as": "김민지", "at": 2},
        {"who": 1, "as": "민지", "at": 3},
        {"who": 1, "as": "김민지", "at": 4},
        {"who": 1, "at": 5},
    ]
    await company.db["posts"].insert_one({"_id": 1, "seen_by": seen})
    await company.db["aliases"].insert_one({"_id": 1, "member": 1, "names": ["김민지", "민지"]})
    await company.data.init()
    await company.restrict("r1", ref(1), "name")
    assert [one.get("as") for one in (await company.usable("posts"))[0]["seen_by"]] == [
        None,
        "김민지",
        None,
        None,
        None,
    ]
    assert (await company.usable("aliases"))[0]["names"] == []
    result = await company.correct("r1", ref(1), name="김민서")
    assert result.places == {"name": 3}
    assert [one.get("as") for one in (await company.one("posts", 1))["seen_by"]] == [
        "김민서",
        "김민지",
        "김민서",
        "김민서",
        None,
    ]
    assert (await company.one("aliases", 1))["names"] == ["김민서", "김민서"]


async def test_a_document_whose_key_is_of_another_type_is_nobodys(
    new_company: NewCompany,
) -> None:
    company = company_with(
        new_company, "_id", "int", [{"collection": "orders", "path": "buyer.name"}]
    )
    await company.db["members"].insert_many(
        [{"_id": 1, "name": "김민지"}, {"_id": "1", "name": "text"}, {"_id": True, "name": "bool"}]
    )
    await company.db["orders"].insert_many(
        [
            {"_id": n, "buyer": {"id": key, "name": "x"}}
            for n, key in enumerate(["1", True, [1], None])
        ]
    )
    before = await company.everything()
    await company.data.init()
    await company.restrict("r1", ref(1), "name")
    assert (await company.correct("r1", ref(1), name="김민서")).outcome == "done"
    after = await company.everything()
    assert after["orders"] == before["orders"]
    assert [m["name"] for m in await company.usable("members")] == ["김민서", "text", "bool"]
