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


OPENDSR = {"kind": "opendsr", "url": "https://carrier.example/v2", "controller_id": "shop"}


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
        ({"transport": {"kind": "mail", "address": "관리@x.kr"}}, "transport.address"),
        (
            {"transport": {"kind": "mail", "address": "a@x.kr", "language": "fr"}},
            "transport.language",
        ),
        ({"transport": {"kind": "task"}}, "transport.instructions"),
        ({"contact": "a@x.kr, b@evil.example"}, "contact"),
        ({"transport": OPENDSR | {"controller_id": "a b"}}, "transport.controller_id"),
        ({"transport": OPENDSR | {"identity_type": "passport"}}, "transport.identity_type"),
        ({"transport": OPENDSR | {"regulation": "none"}}, "transport.regulation"),
        ({"transport": OPENDSR | {"domain": "x.example/../y"}}, "transport.domain"),
        ({"transport": OPENDSR | {"url": "https://127.0.0.1/v2"}}, "transport.url"),
        ({"transport": OPENDSR | {"url": "https://169.254.169.254/v2"}}, "transport.url"),
        ({"transport": OPENDSR | {"url": "https://a:b@carrier.example/v2"}}, "transport.url"),
        ({"transport": OPENDSR | {"url": "file:///etc/passwd"}}, "transport.url"),
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


def test_two_recipients_in_one_queue_would_read_each_others_notices() -> None:
    made = content()
    queue = {"kind": "amqp", "queue": "dsr.recipient.carrier"}
    carrier = made["recipients"]["carrier"] | {"transport": queue}
    made["recipients"] |= {"carrier": carrier, "insurer": carrier}
    refuse(made, "recipients.insurer.transport.queue", "carrier")


@pytest.mark.parametrize(
    "change",
    [
        {"record": {"id": "items"}},
        {"record": {"basis": "rows.$[].basis"}},
        {"record": {}, "at": "rows.$[].at"},
    ],
)
def test_a_ledger_whose_entries_are_no_documents_is_not_written(change: dict[str, Any]) -> None:
    made = content()
    made["disclosures"][0] |= change
    refuse(made, "disclosures.0.record")


def test_two_ledgers_that_are_both_written() -> None:
    made = content()
    made["disclosures"] = [made["disclosures"][0] | {"record": {}}] * 2
    refuse(made, "disclosures.0.record", "two ledgers")
