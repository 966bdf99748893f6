"""A purpose that would withdraw nothing, or the wrong thing: refused, with its place."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.datamap import parse
from schemas.errors import DataMapError
from tests.datamaps.small import LABEL, content, field

AT = "subjects.member.purposes.ads"
CONSENT = f"{AT}.consents.0"


def with_purpose(**purpose: Any) -> dict[str, Any]:
    made = content()
    made["subjects"]["member"]["purposes"] = {"ads": {"label": LABEL, **purpose}}
    return made


def with_consent(**consent: Any) -> dict[str, Any]:
    return with_purpose(consents=[{"path": "ads.given", **consent}])


def refuse(made: dict[str, Any], where: str, reason: str = "") -> None:
    with pytest.raises(DataMapError) as refused:
        parse(made, source="map.yaml")
    assert refused.value.where == f"map.yaml: {where}"
    assert reason in refused.value.reason


def test_a_sound_purpose_is_taken() -> None:
    made = with_purpose(
        consents=[
            {"path": "ads.given", "withdrawn": "N", "when": "ads.at"},
            {"collection": "orders", "path": "buyer.ads", "withdrawn": None},
        ],
        identifiers=["tag"],
        recipients=["carrier"],
    )
    made["subjects"]["member"]["fields"]["tag"] = field("tag")
    assert parse(made, source="map.yaml").subjects["member"].purposes["ads"].consents


def test_one_without_a_consent_or_identifier_withdraws_nothing() -> None:
    refuse(with_purpose(recipients=["carrier"]), AT, "consents")


@pytest.mark.parametrize("key", ["withdraws", "colection", "value"])
def test_a_misspelt_key(key: str) -> None:
    refuse(with_consent(**{key: 1}), f"{CONSENT}.{key}")


def test_a_value_that_is_an_object_or_a_list() -> None:
    for value in ({"$set": 1}, [0]):
        with pytest.raises(DataMapError):
            parse(with_consent(withdrawn=value), source="map.yaml")


def test_a_collection_that_nobody_declared() -> None:
    refuse(with_consent(collection="ghosts"), f"{CONSENT}.collection", "not declared")


def test_a_collection_that_belongs_to_nobody() -> None:
    made = with_consent(collection="posts")
    made["collections"]["posts"] = {}
    refuse(made, CONSENT, "belong to a member")


def test_a_link_that_leads_nowhere() -> None:
    link = {"tie": {"path": "nick", "field": "ghost"}}
    refuse(with_consent(collection="orders", link=link), f"{CONSENT}.link.tie.field", "no such")


@pytest.mark.parametrize("path", ["_id", "name", "profile", "profile.address.road"])
def test_a_consent_where_a_key_or_a_field_stands(path: str) -> None:
    refuse(with_consent(path=path), CONSENT)


def test_a_time_where_a_field_stands_or_the_consent_itself() -> None:
    refuse(with_consent(when="email"), CONSENT, "belongs to")
    refuse(with_consent(when="ads"), f"{CONSENT}.when", "the consent itself")


def test_a_consent_of_two_purposes() -> None:
    made = with_consent()
    purposes = made["subjects"]["member"]["purposes"]
    purposes["other"] = purposes["ads"]
    refuse(made, "subjects.member.purposes.other.consents.0", "stands twice")


def test_an_element_of_an_array_cannot_be_unset() -> None:
    refuse(with_consent(path="ads.$[]", withdrawn=None), f"{CONSENT}.withdrawn", "give a value")


@pytest.mark.parametrize(
    ("name", "reason"), [("ghost", "no such field"), ("email", "finds or reaches the person")]
)
def test_an_identifier_that_is_none_or_that_is_needed(name: str, reason: str) -> None:
    refuse(with_purpose(identifiers=[name]), f"{AT}.identifiers", reason)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (field("_id", correctable="no"), "as a key"),
        (field("tag", on_delete={"archive": {"basis": "contract", "from": "at"}}), "archived"),
        (field("tags.$[]"), "anonymise"),
    ],
)
def test_an_identifier_that_cannot_go(made: dict[str, Any], reason: str) -> None:
    whole = with_purpose(identifiers=["tag"])
    whole["subjects"]["member"]["fields"]["tag"] = made
    refuse(whole, f"{AT}.identifiers", reason)


def test_a_recipient_that_is_not_there_or_knows_others() -> None:
    refuse(with_purpose(consents=[{"path": "a"}], recipients=["ghost"]), f"{AT}.recipients")
