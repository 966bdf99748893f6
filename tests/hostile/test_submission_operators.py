"""`{"$gt": ""}` where a text belongs: it would match everything, or set what it likes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attack import CANARY, parked
from tests.cast import submission_content

Log = pytest.LogCaptureFixture
OPERATORS = [{"$gt": ""}, {"$ne": None}, {"$regex": ".*"}, {"$where": "1"}, [{"$gt": ""}], 1, True]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("name", ["login_id", "email", "phone", "name", "birth_date"])
async def test_an_operator_instead_of_an_identifier_is_refused(
    name: str, operator: Any, caplog: Log
) -> None:
    subject = {"login_id": "minji.kim", name: operator}
    assert await parked(submission_content(subject=subject), caplog) == (
        f"$.subject.{name} string_type"
    )


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("field", ["occupation", "recovery_question"])
async def test_an_operator_instead_of_a_value_is_refused(
    field: str, operator: Any, caplog: Log
) -> None:
    changes = [{"field": field, "value": operator}]
    assert await parked(submission_content(changes=changes), caplog) == (
        "$.changes.0.value not_text"
    )


@pytest.mark.parametrize("part", ["postcode", "road", "detail"])
async def test_an_operator_inside_an_object_is_refused(part: str, caplog: Log) -> None:
    value = {"postcode": "06236", "road": CANARY, part: {"$gt": ""}}
    changes = [{"field": "home_address", "value": value}]
    assert await parked(submission_content(changes=changes), caplog) == (
        "$.changes.0.value not_text"
    )


async def test_an_operator_as_the_name_of_a_part_is_refused(caplog: Log) -> None:
    changes = [{"field": "home_address", "value": {"$set": {"is_admin": CANARY}}}]
    reasons = await parked(submission_content(changes=changes), caplog)
    assert reasons == "$.changes.0.value unknown_part"


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("word", ["tracking", "code", "proof_id"])
async def test_an_operator_in_a_proof_is_refused(word: str, operator: Any, caplog: Log) -> None:
    proof = {
        "schema": "dsr.proof/1",
        "proof_id": "0198c0de-0000-7000-8000-000000000001",
        "tracking": "DSR-ACEF-HJKM",
        "code": "12345678",
        "channel": "web",
        word: operator,
    }
    reasons = await parked(proof, caplog, word="proof", message_id=None)
    assert reasons == f"$.{word} string_type"
