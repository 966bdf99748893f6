"""A recipient that could not be told, or would be told too much: the map refuses to start."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.datamap import parse
from schemas.errors import DataMapError
from tests.datamaps.small import content, field


def refuse(made: dict[str, Any], where: str, reason: str = "") -> None:
    with pytest.raises(DataMapError) as refused:
        parse(made, source="map.yaml")
    assert refused.value.where == f"map.yaml: {where}"
    assert reason in refused.value.reason


def test_a_recipient_that_no_ledger_knows() -> None:
    made = content()
    made["disclosures"] = []
    refuse(made, "recipients.carrier", "ledger")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"subject": "robot"}, "subject"),
        ({"subject_key": "nick"}, "subject_key"),
        ({"fields": {"nick": "x"}}, "fields.nick"),
        ({"fields": {"name": "x", "email": "x"}}, "fields"),
        ({"fields": {}}, "fields"),
        ({"acknowledge_within": "-3 days"}, "acknowledge_within"),
        ({"transport": {"kind": "carrier-pigeon"}}, "transport"),
        ({"transport": {"kind": "amqp", "queue": "dsr.correction"}}, "transport.queue"),
        (
            {"transport": {"kind": "mail", "address": "a@x.kr>\r\nRCPT TO:<evil"}},
            "transport.address",
        ),
    ],
)
def test_a_recipient_that_cannot_be_told(change: dict[str, Any], where: str) -> None:
    made = content()
    made["recipients"]["carrier"] |= change
    refuse(made, f"recipients.carrier.{where}")


def test_a_digest_is_never_disclosed() -> None:
    made = content()
    password = field("password", protection="hashed", correctable="no")
    made["subjects"]["member"]["fields"]["password"] = password
    made["recipients"]["carrier"]["fields"] = {"password": "x"}
    refuse(made, "recipients.carrier.fields.password", "digest")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"collection": "nowhere"}, "collection"),
        ({"subject": "robot"}, "subject"),
        ({"field_names": {"nom": "nick"}}, "field_names.nom"),
        ({"recipient_names": {"c": "nobody"}}, "recipient_names.c"),
        ({"fields": "a..b"}, "fields"),
    ],
)
def test_a_ledger_that_leads_nowhere(change: dict[str, Any], where: str) -> None:
    made = content()
    other = made["disclosures"][0] | change
    made["disclosures"].append(other)
    refuse(made, f"disclosures.1.{where}")
