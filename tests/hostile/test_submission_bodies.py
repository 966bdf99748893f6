"""Bodies that are no message: empty, huge, deep, of another kind, or of another version."""

from __future__ import annotations

import json

import pytest

from tests.attack import CANARY, parked
from tests.cast import submission_content

Log = pytest.LogCaptureFixture


@pytest.mark.parametrize(
    ("body", "reason"),
    {
        "0 bytes": (b"", "empty"),
        "a blank": (b" ", "not_json"),
        "not JSON": (b"<xml/>", "not_json"),
        "cut off": (b'{"schema": "dsr.submission/1"', "not_json"),
        "two documents": (b"{}{}", "not_json"),
        "a list": (b"[]", "not_an_object"),
        "a text": (b'"dsr.submission/1"', "not_an_object"),
        "a number": (b"1", "not_an_object"),
        "null": (b"null", "not_an_object"),
        "not UTF-8": (b'{"schema": "\xff\xfe"}', "not_json"),
        "5,000 levels of lists": (b"[" * 5000 + b"]" * 5000, "too_deep"),
        "5,000 levels of objects": (b'{"a":' * 5000 + b"1" + b"}" * 5000, "too_deep"),
        "a number of 10,000 digits": (b'{"a": ' + b"9" * 10_000 + b"}", "not_json"),
        "NaN": (b'{"a": NaN}', "not_a_number"),
        "Infinity": (b'{"a": -Infinity}', "not_a_number"),
    }.values(),
)
async def test_what_is_not_a_message_is_parked(body: bytes, reason: str, caplog: Log) -> None:
    assert await parked(body, caplog) == f"$ {reason}"


async def test_5_000_levels_inside_a_value_are_parked(caplog: Log) -> None:
    body = json.dumps(submission_content(statement="HERE"))
    deep = body.replace('"HERE"', "[" * 5000 + "]" * 5000)
    assert await parked(deep.encode(), caplog) == "$ too_deep"


@pytest.mark.parametrize("levels", [100, 190, 250, 900])
async def test_fewer_levels_inside_a_value_are_parked_as_well(levels: int, caplog: Log) -> None:
    changes = [{"field": "home_address", "value": "HERE"}]
    body = json.dumps(submission_content(changes=changes))
    deep = body.replace('"HERE"', "[" * levels + "]" * levels)
    reasons = await parked(deep.encode(), caplog)
    assert reasons in {"$.changes.0.value not_an_object", "$ json_invalid", "$ too_deep"}


@pytest.mark.parametrize("size", [256 * 1024 + 1, 20 * 1024 * 1024])
async def test_what_is_too_large_is_parked_unparsed(size: int, caplog: Log) -> None:
    body = json.dumps(submission_content(statement=CANARY)).encode()
    assert await parked(body + b" " * (size - len(body)), caplog) == "$ too_large"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "cp949"])
async def test_another_encoding_is_parked_as_it_came(encoding: str, caplog: Log) -> None:
    body = json.dumps(submission_content(statement="서울"), ensure_ascii=False)
    reasons = await parked(body.encode(encoding), caplog)
    assert reasons in {"$ not_json", "$ json_invalid"}


@pytest.mark.parametrize(
    "schema", ["dsr.submission/2", "dsr.submission/0", "dsr.proof/1", "", 1, None, {"$gt": ""}]
)
async def test_an_unknown_or_newer_schema_of_the_contract_is_parked(
    schema: object, caplog: Log
) -> None:
    body = json.dumps({**submission_content(), "schema": schema}).encode()
    assert await parked(body, caplog) == "$.schema literal_error"


async def test_a_submission_without_its_schema_is_parked(caplog: Log) -> None:
    assert await parked(submission_content(schema=None), caplog) == "$.schema missing"


@pytest.mark.parametrize("statement", ["x" * 4001, "서" * 4001])
async def test_a_statement_that_is_too_long_is_parked(statement: str, caplog: Log) -> None:
    reasons = await parked(submission_content(statement=statement), caplog)
    assert reasons == "$.statement string_too_long"


async def test_a_list_of_more_changes_than_there_are_fields_is_parked(caplog: Log) -> None:
    changes = [{"field": f"f{number}", "value": CANARY} for number in range(51)]
    assert await parked(submission_content(changes=changes), caplog) == "$.changes too_long"


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e400", "9" * 400])
async def test_a_number_without_end_is_parked(number: str, caplog: Log) -> None:
    changes = [{"field": "occupation", "value": "HERE"}]
    body = json.dumps(submission_content(changes=changes)).replace('"HERE"', number)
    assert await parked(body.encode(), caplog) == "$.changes.0.value not_text"


@pytest.mark.parametrize(
    "moment",
    [
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z"),
        *("1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("name", ["submitted_at", "received_at"])
async def test_a_time_at_the_end_of_the_calendar_is_parked(
    name: str, moment: str, caplog: Log
) -> None:
    """No deadline can be computed from it, and some have no form in UTC."""
    reasons = await parked(submission_content(**{name: moment}), caplog)
    assert reasons == f"$.{name} implausible_time"


@pytest.mark.parametrize("moment", ["2026-11-23T09:00:00", "2026-11-23", "gestern", 0, 1e12, True])
async def test_a_time_without_an_offset_or_of_another_kind_is_parked(
    moment: object, caplog: Log
) -> None:
    reasons = await parked(submission_content(submitted_at=moment), caplog)
    assert reasons.startswith("$.submitted_at ")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"kind": "surrender"}, "$.kind literal_error"),
        ({"channel": "fax"}, "$.channel literal_error"),
        ({"submission_id": "1"}, "$.submission_id string_pattern_mismatch"),
        ({"submission_id": "../../etc/passwd"}, "$.submission_id string_pattern_mismatch"),
        ({"changes": None}, "$ changes_belong_to_a_correction"),
        ({"kind": "deletion"}, "$ changes_belong_to_a_correction"),
        ({"fields": ["hobbies"]}, "$ fields_do_not_belong_to_this_kind"),
        ({"subject": {}}, "$.subject no_identifier"),
        ({"subject": {"birth_date": "1990-05-12"}}, "$.subject no_identifier"),
        ({"subject": None}, "$.subject missing"),
        ({"changes": "home_address"}, "$.changes tuple_type"),
    ],
)
async def test_a_submission_whose_parts_do_not_agree_is_parked(
    other: dict[str, object], reason: str, caplog: Log
) -> None:
    body = json.dumps(submission_content(**other)).encode()
    assert await parked(body, caplog, message_id=None) == reason
