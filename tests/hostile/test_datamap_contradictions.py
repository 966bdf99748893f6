"""A map that would change the wrong value, or keep one too long: refuses to start, says where."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.datamap import parse
from schemas.errors import DataMapError
from tests.datamaps.small import LABEL, content, field

MEMBER = "subjects.member.fields"


def refuse(made: dict[str, Any], where: str, reason: str = "") -> None:
    with pytest.raises(DataMapError) as refused:
        parse(made, source="map.yaml")
    assert refused.value.where == f"map.yaml: {where}"
    assert reason in refused.value.reason


def with_field(name: str, made: dict[str, Any]) -> dict[str, Any]:
    whole = content()
    whole["subjects"]["member"]["fields"][name] = made
    return whole


def with_copy(**copy: Any) -> dict[str, Any]:
    whole = content()
    whole["subjects"]["member"]["fields"]["name"]["copies"] = [copy]
    return whole


@pytest.mark.parametrize(
    "path",
    [
        *("a..b", "a.", ".a", "", ".", "a. .b", " a", "a b", "a\x00b", "a.__proto__", "a/b", "a:b"),
        *("a.0", "a.0.b", "0", "a.１", "a.$", "a.$.b", "a.$[x].b", "a.$[0]", "x" * 65, "a.\u202eb"),
        ".".join("a" * 17),
    ],
)
def test_path_with_an_empty_or_impossible_step(path: str) -> None:
    refuse(with_field("other", field(path)), f"{MEMBER}.other.path")


@pytest.mark.parametrize("path", ["$x", "$where", "$[]", "$key.name", "$", "$[].a"])
def test_path_that_begins_with_a_dollar(path: str) -> None:
    refuse(with_field("other", field(path)), f"{MEMBER}.other.path", "not with '$'")


@pytest.mark.parametrize("path", [7, None, ["a"], {"$gt": ""}])
def test_path_that_is_not_text(path: Any) -> None:
    refuse(with_field("other", field(path)), f"{MEMBER}.other.path")


def test_path_of_a_link_copy_and_condition_too() -> None:
    made = content()
    made["collections"]["orders"]["links"]["member"] = {"key": "a..b"}
    refuse(made, "collections.orders.links.member.key")
    made["collections"]["orders"]["links"]["member"] = {"tie": {"path": "$x", "field": "name"}}
    refuse(made, "collections.orders.links.member.tie.path")
    made["collections"]["orders"]["links"]["member"] = "buyer.id"
    refuse(made, "collections.orders.links.member")
    refuse(with_copy(collection="orders", path="a.0"), f"{MEMBER}.name.copies.0.path")
    refuse(with_field("other", field("a", where={"b..c": 1})), f"{MEMBER}.other.where.b..c")


@pytest.mark.parametrize("duration", ["-5 years", "0 years", "5 jahre", "5", 5, "", "1e9 days"])
def test_negative_retention(duration: Any) -> None:
    made = content()
    made["retention_bases"]["contract"]["duration"] = duration
    refuse(made, "retention_bases.contract.duration", "duration")


def test_negative_age_of_a_retention_rule() -> None:
    made = content()
    rule = {"name": "logs", "collection": "orders", "from": "at", "after": "-1 day"}
    made["retention_rules"] = [rule]
    refuse(made, "retention_rules.0.after", "duration")


def test_archive_with_no_basis() -> None:
    made = content()
    made["collections"]["orders"]["on_delete"] = {"archive": {"from": "at"}}
    refuse(made, "collections.orders.on_delete.archive.basis", "required")


def test_archive_on_a_basis_that_is_not_declared() -> None:
    made = content()
    made["collections"]["orders"]["on_delete"] = {"archive": {"basis": "habit", "from": "at"}}
    refuse(made, "collections.orders.on_delete.archive.basis", "not declared")
    made = with_field("other", field("a", on_delete={"archive": {"basis": "habit"}}))
    refuse(made, f"{MEMBER}.other.on_delete.archive.basis", "not declared")


def test_archive_that_counts_from_nothing() -> None:
    made = content()
    made["collections"]["orders"]["on_delete"] = {"archive": {"basis": "contract"}}
    refuse(made, "collections.orders.on_delete.archive", "'from' is missing")
    made["retention_bases"]["contract"]["starts"] = "deletion"
    made["collections"]["orders"]["on_delete"]["archive"]["from"] = "at"
    refuse(made, "collections.orders.on_delete.archive.from", "counts from the deletion")


def test_basis_without_a_law() -> None:
    made = content()
    del made["retention_bases"]["contract"]["law"]
    refuse(made, "retention_bases.contract.law", "required")


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ((), "colour"),
        (("organisation",), "organisation.colour"),
        (("subjects", "member"), "subjects.member.colour"),
        (("subjects", "member", "fields", "email"), f"{MEMBER}.email.colour"),
        (("subjects", "member", "fields", "address", "value"), f"{MEMBER}.address.value.colour"),
        (("collections", "orders"), "collections.orders.colour"),
        (("collections", "orders", "links", "member"), "collections.orders.links.member.colour"),
        (("recipients", "carrier", "transport"), "recipients.carrier.transport.colour"),
    ],
)
def test_unknown_key(place: tuple[str, ...], where: str) -> None:
    made = here = content()
    for step in place:
        here = here[step]
    here["colour"] = "red"
    refuse(made, where, "not permitted")


@pytest.mark.parametrize("path", ["name", "profile.address.road", "profile.address.road.line"])
def test_two_owners_of_one_field(path: str) -> None:
    refuse(with_field("other", field(path)), f"{MEMBER}.other", "too")


def test_two_owners_of_one_copy() -> None:
    made = content()
    fields = made["subjects"]["member"]["fields"]
    fields["other"] = field("other", copies=[{"collection": "orders", "path": "buyer.name"}])
    refuse(made, f"{MEMBER}.other", "'buyer.name' in 'orders'")


def test_two_owners_of_a_document_and_what_lies_in_it() -> None:
    refuse(with_field("other", field("profile.address")), f"{MEMBER}.other", "too")


def test_one_copy_listed_twice() -> None:
    made = content()
    copy = {"collection": "orders", "path": "buyer.name"}
    made["subjects"]["member"]["fields"]["name"]["copies"] = [copy, dict(copy)]
    refuse(made, f"{MEMBER}.name", "twice")


def test_a_blind_index_where_a_value_stands() -> None:
    made = field("rrn", protection="sealed", lookup="login_id", blind_index="name")
    refuse(with_field("other", made), f"{MEMBER}.other.blind_index", "too")


def test_two_fields_in_one_array_told_apart_by_their_elements_are_two_owners_of_nothing() -> None:
    made = content()
    fields = made["subjects"]["member"]["fields"]
    fields["mobile"] = field("c.$[].v", where={"c.$[].kind": "mobile"})
    fields["fax"] = field("c.$[].v", where={"c.$[].kind": "fax"})
    assert parse(made, source="map.yaml").knows("fax")
    fields["fax"]["where"] = {"c.$[].kind": "mobile"}
    refuse(made, f"{MEMBER}.fax", "too")


def test_a_key_that_could_be_corrected() -> None:
    refuse(with_field("other", field("_id")), f"{MEMBER}.other", "correctable: no")
    refuse(with_copy(collection="orders", path="buyer.id"), f"{MEMBER}.name", "correctable: no")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"protection": ["plain", "sealed"]}, "protection"),
        ({"protection": ["masked", "never-exported"]}, "protection"),
        ({"protection": "hashed"}, "correctable"),
        ({"protection": "secret"}, "protection.0"),
        ({"contact": "mail"}, "contact"),
        ({"contact": "phone"}, "contact"),
        ({"blind_index": "digest"}, "blind_index"),
        ({"lookup": "shoe_size"}, "lookup.by"),
        ({"correctable": "perhaps"}, "correctable"),
        ({"category": "User Name"}, "category"),
        ({"value": "colour"}, "value"),
        ({"value": {"kind": "text", "pattern": "("}}, "value.pattern"),
        ({"value": {"kind": "date", "zone": "Mars/Olympus"}}, "value.zone"),
        ({"value": {"kind": "choice", "options": {"a": "b", "b": "a"}}}, "value.choice"),
        ({"collection": "orders"}, "collection"),
        ({"collection": "nowhere", "correctable": "no"}, "collection"),
        ({"value": {"kind": "list", "of": "text"}, "lookup": "name"}, "lookup"),
    ],
)
def test_a_field_whose_rules_exclude_each_other(change: dict[str, Any], where: str) -> None:
    refuse(with_field("other", field("other") | change), f"{MEMBER}.other.{where}")


def test_a_sealed_lookup_without_its_digest() -> None:
    made = field("other", protection="sealed", lookup="phone")
    refuse(with_field("other", made), f"{MEMBER}.other", "blind_index")


@pytest.mark.parametrize(
    ("copy", "where"),
    [
        ({"collection": "nowhere", "path": "a"}, ".collection"),
        ({"collection": "orders", "path": "a", "part": "road"}, ".part"),
        ({"collection": "orders", "path": "a.$key.b"}, ".path"),
        ({"collection": "orders", "path": "a", "link": {"keyed_object": "b"}}, ".path"),
        ({"collection": "orders", "path": "a", "text": "x", "part": "y"}, ""),
        (
            {"collection": "orders", "path": "a", "link": {"tie": {"path": "a", "field": "nick"}}},
            ".link.tie.field",
        ),
    ],
)
def test_a_copy_that_leads_nowhere(copy: dict[str, Any], where: str) -> None:
    refuse(with_copy(**copy), f"{MEMBER}.name.copies.0{where}")


def test_references_round_in_a_circle() -> None:
    made = content()
    for one, other in (("a", "b"), ("b", "a")):
        via = {"collection": other, "local": "x", "foreign": "_id"}
        made["collections"][one] = {"links": {"member": {"via": via}}}
    refuse(made, "collections.a.links.member.via", "circle")


@pytest.mark.parametrize(
    "name",
    ["system.users", "$cmd", "dsr_subjects", "dsr_tombstones", "members_usable", "", "a..b", "a b"],
)
def test_a_collection_that_is_not_the_companys(name: str) -> None:
    made = content()
    made["collections"][name] = {}
    refuse(made, f"collections.{name}")


def test_nobody_could_be_reached_or_found() -> None:
    made = content()
    email = made["subjects"]["member"]["fields"]["email"]
    del email["contact"]
    refuse(made, MEMBER, "verified")
    email["contact"] = "mail"
    del email["lookup"]
    refuse(made, MEMBER, "found")


def test_a_guardian_who_is_nowhere_on_file() -> None:
    made = content()
    member = made["subjects"]["member"]
    member["fields"]["born"] = field("born", value="date")
    member["guardian"] = {"birth_date": "name", "name": "name"}
    refuse(made, "subjects.member.guardian.birth_date")
    member["guardian"] = {"birth_date": "born", "name": "address.planet"}
    refuse(made, "subjects.member.guardian.name")
    member["guardian"] = {"birth_date": "born", "name": "name", "until": -1}
    refuse(made, "subjects.member.guardian.until")


def test_a_rule_of_age_for_somebody_elses_collection() -> None:
    made = content()
    rule = {"name": "ended", "collection": "orders", "from": "at", "after": "1 year"}
    made["retention_rules"] = [rule | {"subject": "member"}]
    refuse(made, "retention_rules.0.collection", "home")
    made["retention_rules"] = [rule, rule]
    refuse(made, "retention_rules.1.name", "twice")


def test_an_anonymous_id_is_impossible() -> None:
    made = content()
    made["collections"]["orders"]["on_delete"] = {"anonymise": {"values": {"_id": 0}}}
    refuse(made, "collections.orders.on_delete.anonymise.values", "_id")


def test_an_unknown_schema_of_map() -> None:
    refuse(content() | {"schema": "dsr.datamap/2"}, "schema")


def test_the_small_map_itself_is_accepted() -> None:
    assert parse(content(), source="map.yaml").organisation.name.text("en") == LABEL["en"]
