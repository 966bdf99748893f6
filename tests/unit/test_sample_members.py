"""The sample company is one that the data map describes, and the same every time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.datamap import DataMap, KeyedObjectLink, KeyLink, Placement
from schemas.datamap import Path as DocumentPath
from schemas.submission import Submission
from schemas.values import check
from workers.adapters.subject_data.current import plain
from workers.adapters.subject_data.positions import positions, values
from workers.datamap_file import load
from workers.local.demo.cast import ERRANDS, KNOWN, RECIPIENTS, Errand
from workers.local.demo.members import COUNT, sample_company

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
Company = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def company() -> Company:
    return sample_company(NOW, KNOWN)


@pytest.fixture(scope="module")
def datamap() -> DataMap:
    return load(ROOT / "deploy/datamaps/smallmachines.yaml")


def placements(datamap: DataMap) -> Iterator[Placement]:
    for name in datamap.subjects["member"].fields:
        yield from datamap.placements("member", name)


def single(document: Any, path: DocumentPath) -> Any:
    return next(values(document, path.steps), None)


def test_there_are_five_hundred_members_each_with_contacts_of_his_own(company: Company) -> None:
    members = company["members"]
    assert len(members) == COUNT == 500
    for path in (("email",), ("login", "id"), ("phones", "mobile"), ("identity", "rrn")):
        assert len({next(values(member, path)) for member in members}) == COUNT


def test_the_same_day_and_seed_make_the_same_company(company: Company) -> None:
    assert sample_company(NOW, KNOWN) == company
    assert sample_company(NOW, KNOWN, seed=1) != company


def test_every_place_of_the_data_map_is_filled(company: Company, datamap: DataMap) -> None:
    for place in placements(datamap):
        found = [
            value
            for document in company[place.collection]
            for path in place.paths
            for key in _keys(place, document)
            for value in values(document, path.steps, key)
        ]
        assert found, f"{place.collection}.{place.path}"


def test_every_value_at_home_is_one_that_its_field_accepts(
    company: Company, datamap: DataMap
) -> None:
    for name, field in datamap.subjects["member"].fields.items():
        if field.collection is not None or field.hashed:
            continue
        for member in company["members"]:
            stored = single(member, field.path)
            if stored is not None:
                value = plain(stored, "Asia/Seoul")
                assert check(field.value, value) is not None, name


def test_every_copy_of_an_address_is_the_members_own(company: Company, datamap: DataMap) -> None:
    members = {member["_id"]: member for member in company["members"]}
    orders = {order["_id"]: order for order in company["orders"]}
    _, *copies = datamap.placements("member", "home_address")
    for place in copies:
        for document in company[place.collection]:
            order = orders.get(document.get("order_id"), {})
            owner = document.get("member_id") or order.get("member_id")
            owner = owner or int(document["member"]["id"])
            address = members[owner]["profile"]["address"]
            whole = {part: address.get(part) for part in ("postcode", "road", "detail")}
            if place.parts:
                stands = {p: single(document, place.path.join(at)) for p, at in place.parts.items()}
            else:
                stands = single(document, place.path)
            assert stands == place.expected(whole), f"{place.collection}.{place.path}"


def test_every_document_leads_to_a_member(company: Company, datamap: DataMap) -> None:
    known = {str(member["_id"]) for member in company["members"]}
    logins = {member["login"]["id"] for member in company["members"]}
    for name, documents in company.items():
        link = datamap.link("member", name)
        assert link is not None
        hops, end = datamap.hops("member", link)
        there = [
            {single(each, hop.foreign): each for each in company[hop.collection]} for hop in hops
        ]
        for start in documents:
            document = start
            for hop, by_reference in zip(hops, there, strict=True):
                document = by_reference[single(document, hop.local)]
            if isinstance(end, KeyLink):
                keys = {str(key) for key in values(document, end.key.steps)}
                assert keys <= known
            elif isinstance(end, KeyedObjectLink):
                assert single(document, end.keyed_object).keys() <= known
    assert {post["author_login"] for post in company["posts"]} <= logins


def test_disclosures_hold_only_what_a_recipient_may_receive(
    company: Company, datamap: DataMap
) -> None:
    assert set(RECIPIENTS) == set(datamap.recipients)
    for disclosure in company["disclosures"]:
        allowed = datamap.recipients[disclosure["recipient"]].fields.keys()
        assert set(disclosure["items"]) <= set(allowed)


def test_some_members_are_children_with_a_guardian(company: Company) -> None:
    children = [member for member in company["members"] if "guardian" in member]
    assert children
    for child in children:
        assert (NOW - child["birth_date"]).days < 14 * 365
        assert child["guardian"]["email"] != child["email"]


@pytest.mark.parametrize("errand", ERRANDS, ids=lambda e: f"{e.kind}-{e.channel}-{e.number}")
def test_each_of_the_cast_asks_for_something_that_is_wrong_on_file(
    errand: Errand, company: Company, datamap: DataMap
) -> None:
    asked = Submission.model_validate_json(json.dumps(errand.submission(NOW)))
    member = next(m for m in company["members"] if m["_id"] == errand.number)
    stands = {
        "name": member["name"],
        "email": member["email"],
        "login_id": member["login"]["id"],
        "phone": member["phones"]["mobile"],
    }
    assert asked.subject.identifiers().items() <= stands.items()
    assert errand.email == (member["guardian"] if errand.guardian else member)["email"]
    for change in asked.changes:
        field = datamap.field_named(change.field, "member")
        assert field.correctable == "yes"
        assert check(field.value, change.value) != single(member, field.path)


def _keys(place: Placement, document: dict[str, Any]) -> list[str]:
    """The names under which members stand in an object of the document; else one that is not."""
    if not isinstance(place.link, KeyedObjectLink):
        return [""]
    return [
        str(name)
        for found in positions(document, place.link.keyed_object.steps)
        for name in found.value
    ]
