"""Deletion in databases that nobody here designed: validators, unique indexes, odd shapes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from bson import ObjectId

from schemas.datamap import parse
from schemas.request import SubjectRef
from tests.datamaps import small
from tests.integration.subject_data.company import FOREIGN, Company, NewCompany
from tests.integration.subject_data.erasing import (
    LONG_AGO,
    RECENT,
    Eraser,
    counts,
    everywhere,
    found_in,
)

PEOPLE = ("minji", "jiho", "seojun", "haneul")
Content = dict[str, Any]


def patron(name: str) -> SubjectRef:
    return SubjectRef(type="patron", key=f"{name}@mail.example")


@pytest.fixture
async def full_library(library: Company) -> Company:
    """Four patrons; a validator and unique indexes on what deletion anonymises."""
    sample = deepcopy(FOREIGN["patrons"][0])
    for number, name in enumerate(PEOPLE[2:], start=200):
        key, card = f"{name}@mail.example", f"L-000{number}"
        await library.db["patrons"].insert_one(
            sample | {"_id": key, "card": card, "person": {"family": "박", "given": name}}
        )
        await library.db["loans"].insert_one({"book": "토지", "patron": key, "card": card})
        await library.db["circles"].update_one(
            {"_id": "poetry"},
            {"$push": {"people": {"ref": key, "nick": f"박{name}", "call": "1"}}},
        )
    # One loan for each patron and book: a value that is set twice would be refused.
    minji = patron("minji").key
    second = await library.db["loans"].find_one({"patron": minji})
    assert second is not None
    await library.db["loans"].update_one({"_id": second["_id"]}, {"$set": {"book": "광장"}})
    await library.db["loans"].create_index([("patron", 1)], name="x", sparse=True)
    await library.db["loans"].create_index([("patron", 1), ("book", 1)], unique=True)
    await library.db["patrons"].create_index("card", unique=True)
    await library.db.command(
        "collMod",
        "loans",
        validator={
            "$jsonSchema": {
                "required": ["book", "patron"],
                "properties": {"patron": {"bsonType": "string", "minLength": 3}},
            }
        },
    )
    return library


async def test_the_last_deletion_passes_like_the_first(full_library: Company) -> None:
    eraser = Eraser(full_library)
    for number, name in enumerate(PEOPLE):
        result = await eraser.to_the_end(f"r{number}", patron(name))
        assert (result.outcome, result.summary.findings) == ("done", ())
        assert await found_in(full_library, f"{name}@mail.example") == {}
    loans = await full_library.db["loans"].find().to_list(None)
    assert all(loan["patron"].startswith("deleted-") and "card" not in loan for loan in loans)
    assert len({loan["patron"] for loan in loans}) == len(loans) == 5
    assert await full_library.db["patrons"].count_documents({}) == 0


async def test_the_hundredth_passes_like_the_first(full_library: Company) -> None:
    """A field that is set to null twice would break a unique index at the second."""
    sample = deepcopy(FOREIGN["patrons"][0])
    names = [f"patron{number:03}" for number in range(100)]
    for number, name in enumerate(names, start=500):
        key, card = f"{name}@mail.example", f"L-000{number}"
        await full_library.db["patrons"].insert_one(
            sample | {"_id": key, "card": card, "person": {"family": "박", "given": name}}
        )
        await full_library.db["loans"].insert_one({"book": "토지", "patron": key, "card": card})
    eraser = Eraser(full_library)
    results = [await eraser.to_the_end(f"h{name}", patron(name)) for name in names]
    assert {result.outcome for result in results} == {"done"}
    assert {result.summary.findings for result in results} == {()}
    left = await full_library.db["loans"].distinct("patron", {"book": "토지"})
    assert len([one for one in left if one.startswith("deleted-")]) == 100
    assert await found_in(full_library, *(f"{name}@mail.example" for name in names)) == {}


async def test_tied_places_and_elements_are_told_from_those_of_others(
    full_library: Company,
) -> None:
    await Eraser(full_library).to_the_end("r1", patron("minji"))
    circle = await full_library.one("circles", "poetry")
    assert circle["people"][0]["nick"] == "이지호"
    assert circle["people"][1] == {"ref": "deleted", "nick": "탈퇴"}
    assert circle["minutes"][0]["said"] == [
        {"card": "L-000124", "who": "이지호", "text": "시작"},
        {"text": "네"},
    ]


async def test_what_a_validator_refuses_blocks_that_person_alone(full_library: Company) -> None:
    eraser = Eraser(full_library)
    loans = full_library.db["loans"]
    await full_library.db.command(
        "collMod", "loans", validator={"patron": {"$not": {"$regex": "^deleted"}}}
    )
    await loans.delete_many({"patron": patron("jiho").key})
    effects = [eraser.effect("r1", patron("minji")), eraser.effect("r2", patron("jiho"))]
    minji, jiho = await eraser.erasure.apply(effects)
    assert (minji.outcome, jiho.outcome) == ("blocked", "done")
    (finding,) = minji.summary.findings
    assert (finding.collection, finding.path, finding.documents) == ("loans", "patron", 2)
    assert "loans" not in counts(minji)
    assert await full_library.db["patrons"].distinct("_id") == [
        "haneul@mail.example",
        "minji@mail.example",
        "seojun@mail.example",
    ]
    await full_library.db.command("collMod", "loans", validator={})
    minji = await eraser.to_the_end("r1", patron("minji"))
    assert (minji.outcome, minji.summary.findings) == ("done", ())
    assert counts(minji)["loans"] == (0, 2, 0, 0)
    assert await found_in(full_library, "minji@mail.example") == {}


async def test_named_fields_go_from_every_place_and_nothing_else(full_library: Company) -> None:
    eraser = Eraser(full_library)
    before = await everywhere(full_library)
    await full_library.restrict("r1", patron("minji"), "mobile_phone")
    result = await eraser.to_the_end("r1", patron("minji"), "mobile_phone")
    assert result.outcome == "done"
    assert counts(result) == {"patrons": (0, 0, 1, 0), "circles": (0, 0, 1, 0)}
    person = await full_library.one("patrons", "minji@mail.example")
    assert [entry.get("value") for entry in person["contacts"]] == ["0212345678", None]
    assert person["person"] == {"family": "김", "given": "민지"}
    circle = await full_library.one("circles", "poetry")
    assert circle["people"][:2] == [
        {"ref": "jiho@mail.example", "nick": "이지호", "call": "01022223333"},
        {"ref": "minji@mail.example", "nick": "김민지"},
    ]
    assert (await everywhere(full_library))["loans"] == before["loans"]
    control = await full_library.db["dsr_subjects"].find_one()
    assert control is not None
    assert control["slots"]["r1"]["kind"] == "erase"
    assert control.keys().isdisjoint({"deletion", "restricted", "hides", "names"})
    assert (await eraser.once("r1", patron("minji"), "mobile_phone")) == result
    corrected = await full_library.correct("r2", patron("minji"), mobile_phone="01099998888")
    assert corrected.outcome in {"done", "refused"}


async def test_a_named_field_that_is_the_documents_id_says_so(full_library: Company) -> None:
    result = await Eraser(full_library).to_the_end("r1", patron("minji"), "email")
    assert result.outcome == "blocked"
    (finding,) = result.summary.findings
    assert (finding.collection, finding.path) == ("patrons", "_id")


def company_with(new_company: NewCompany, **changes: Any) -> Company:
    content = small.content()
    member = content["subjects"]["member"]
    member |= {k: v for k, v in changes.items() if k in {"home", "key", "key_type"}}
    member["fields"] |= changes.get("fields", {})
    content["collections"] |= changes.get("collections", {})
    return new_company(parse(content, source="odd.yaml"))


MINJI = SubjectRef(type="member", key="1")


async def test_a_value_the_law_keeps_goes_to_the_archive_alone(new_company: NewCompany) -> None:
    company = company_with(
        new_company,
        fields={
            "tax_id": small.field(
                "tax.no", on_delete={"archive": {"basis": "contract", "from": "tax.since"}}
            )
        },
        collections={
            "orders": {
                "links": {"member": {"key": "buyer.id"}},
                "on_delete": {"archive": {"basis": "contract", "from": "at"}},
            }
        },
    )
    home = {"_id": 1, "name": "김민지", "tax": {"no": "T-1", "since": RECENT, "rate": 3}}
    await company.db["members"].insert_one(home)
    orders = [
        {"_id": n, "buyer": {"id": 1, "name": "김민지"}, "at": at}
        for n, at in enumerate((RECENT, LONG_AGO))
    ]
    await company.db["orders"].insert_many(orders)
    eraser = Eraser(company)
    named = await eraser.to_the_end("r1", MINJI, "name")
    assert counts(named) == {"members": (0, 0, 1, 0), "orders": (0, 0, 2, 0)}
    (kept,) = eraser.archive.items.values()
    assert kept.document == {"_id": 0, "buyer.name": "김민지"}
    whole = await eraser.to_the_end("r2", MINJI)
    assert counts(whole) == {"members": (1, 0, 0, 0), "orders": (1, 0, 0, 1)}
    tax, order = (eraser.archive.of(name)[-1] for name in ("members", "orders"))
    assert tax.document == {"_id": 1, "tax.no": "T-1"}
    assert order.document == {"_id": 0, "buyer": {"id": 1}, "at": RECENT}


async def test_elements_of_every_nesting_go_and_their_neighbours_stay(
    new_company: NewCompany,
) -> None:
    company = company_with(
        new_company,
        home="households",
        key="people.$[].no",
        fields={
            name: small.field(f"people.$[].{name}", **more)
            for name, more in {
                "name": {},
                "email": {"value": "email", "lookup": "email", "contact": "mail"},
                "address": {"value": "text"},
            }.items()
        },
        collections={
            "households": {},
            "teams": {"links": {"member": {"key": "members.$[]"}}},
            "boards": {"links": {"member": {"key": "rows.$[].cells.$[].by.id"}}},
        },
    )
    await company.db["households"].insert_one(
        {"_id": "a", "people": [{"no": 2, "name": "이지호"}, {"no": 1, "name": "김민지"}]}
    )
    await company.db["teams"].insert_one({"_id": 1, "members": [1, 2, 1, 3]})
    cell = {"by": {"id": 1}, "text": "x"}
    rows = [{"cells": [cell, {"by": {"id": 2}}]}, {"cells": []}, {}, {"cells": [cell]}]
    await company.db["boards"].insert_one({"_id": 1, "rows": rows})
    result = await Eraser(company).to_the_end("r1", MINJI)
    assert result.outcome == "done"
    assert (await company.one("households", "a"))["people"] == [{"no": 2, "name": "이지호"}]
    assert (await company.one("teams", 1))["members"] == [2, 3]
    assert (await company.one("boards", 1))["rows"] == [
        {"cells": [{"by": {"id": 2}}]},
        {"cells": []},
        {},
        {"cells": []},
    ]


async def test_entries_go_whose_name_is_an_e_mail_address(new_company: NewCompany) -> None:
    company = company_with(
        new_company,
        key_type="string",
        collections={"rooms": {"links": {"member": {"keyed_object": "state.people"}}}},
    )
    key = "minji.kim@mail.example"
    await company.db["members"].insert_one({"_id": key, "name": "김민지"})
    people = {key: {"n": 1}, "jiho@mail.example": {"n": 2}}
    await company.db["rooms"].insert_one({"_id": 1, "state": {"people": people, "open": True}})
    result = await Eraser(company).to_the_end("r1", SubjectRef(type="member", key=key))
    assert counts(result) == {"members": (1, 0, 0, 0), "rooms": (0, 0, 1, 0)}
    assert (await company.one("rooms", 1))["state"] == {
        "people": {"jiho@mail.example": {"n": 2}},
        "open": True,
    }
    assert await found_in(company, key) == {}


async def test_a_link_of_a_copys_own_is_taken_out_with_it(new_company: NewCompany) -> None:
    company = company_with(
        new_company,
        fields={
            "name": small.field(
                "name",
                copies=[{"collection": "gifts", "path": "to.name", "link": {"key": "to.id"}}],
            )
        },
        collections={"gifts": {"links": {"member": {"key": "from"}}}},
    )
    await company.db["members"].insert_one({"_id": 1, "name": "김민지"})
    mine, theirs = ObjectId(), ObjectId()
    await company.db["gifts"].insert_many(
        [
            {"_id": mine, "from": 1, "to": {"id": 2, "name": "이지호"}},
            {"_id": theirs, "from": 2, "to": {"id": 1, "name": "김민지", "box": 3}},
        ]
    )
    await Eraser(company).to_the_end("r1", MINJI)
    assert await company.db["gifts"].find().to_list(None) == [
        {"_id": theirs, "from": 2, "to": {"box": 3}}
    ]


async def test_a_document_that_went_to_another_owner_is_kept(new_company: NewCompany) -> None:
    company = company_with(new_company)
    await company.db["members"].insert_one({"_id": 1, "name": "김민지"})
    await company.db["orders"].insert_many([{"_id": n, "buyer": {"id": 1}} for n in range(3)])
    eraser = Eraser(company)
    add = eraser.ledger.add

    async def hand_over(entries: Any) -> None:
        await company.db["orders"].update_one({"_id": 1}, {"$set": {"buyer.id": 2}})
        await add(entries)

    eraser.ledger.add = hand_over  # type: ignore[method-assign]
    assert (await eraser.to_the_end("r1", MINJI)).outcome == "done"
    assert await company.db["orders"].find().to_list(None) == [{"_id": 1, "buyer": {"id": 2}}]
