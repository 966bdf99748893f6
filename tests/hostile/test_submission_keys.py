"""Names that try to be more than names: paths of the database, operators, prototypes."""

from __future__ import annotations

import json

import pytest

from tests.attack import CANARY, parked
from tests.cast import NEW_ADDRESS, submission_content

Log = pytest.LogCaptureFixture


@pytest.mark.parametrize(
    "field",
    [
        *(
            "acct.is_admin",
            "roles.0",
            "_id",
            "__proto__",
            "constructor.prototype",
            "$set",
            "$where",
        ),
        *("home_address.", ".home_address", "Home_address", "home_address\u0000", "", "a" * 65),
    ],
)
async def test_a_field_that_is_a_path_of_the_database_is_refused(field: str, caplog: Log) -> None:
    changes = [{"field": field, "value": CANARY}]
    reasons = await parked(submission_content(changes=changes), caplog)
    assert reasons == "$.changes.0.field string_pattern_mismatch"


async def test_a_field_that_no_data_map_names_is_refused(caplog: Log) -> None:
    changes = [{"field": "is_admin", "value": CANARY}]
    reasons = await parked(submission_content(changes=changes), caplog)
    assert reasons == "$.changes.0.field unknown_field"


@pytest.mark.parametrize("field", ["password", "access_logs", "payment_records"])
async def test_a_field_that_nobody_may_correct_is_refused(field: str, caplog: Log) -> None:
    changes = [{"field": field, "value": CANARY}]
    reasons = await parked(submission_content(changes=changes), caplog)
    assert reasons == "$.changes.0.field not_correctable"


@pytest.mark.parametrize("key", ["is_admin", "_id", "__proto__", "$where", "roles.0", CANARY])
async def test_an_unknown_key_is_refused_and_not_repeated(key: str, caplog: Log) -> None:
    reasons = await parked(submission_content(**{key: CANARY}), caplog)
    assert reasons == "$ extra_forbidden"


@pytest.mark.parametrize("place", ["requester", "subject"])
async def test_an_unknown_key_below_is_refused_and_not_repeated(place: str, caplog: Log) -> None:
    content = submission_content()
    content[place] = {**content[place], CANARY: CANARY}
    assert await parked(content, caplog) == f"$.{place} extra_forbidden"


async def test_a_key_that_stands_twice_is_refused(caplog: Log) -> None:
    body = json.dumps(submission_content())
    twice = body.replace('"kind": "correction"', '"kind": "deletion", "kind": "correction"')
    assert twice != body
    assert await parked(twice.encode(), caplog) == "$ duplicate_key"


async def test_a_key_that_stands_twice_below_is_refused(caplog: Log) -> None:
    body = json.dumps(submission_content())
    twice = body.replace('"relation": "self"', '"relation": "agent", "relation": "self"')
    assert await parked(twice.encode(), caplog) == "$ duplicate_key"


async def test_a_part_of_an_address_that_the_data_map_does_not_declare_is_refused(
    caplog: Log,
) -> None:
    value = {**NEW_ADDRESS, "is_admin": CANARY}
    changes = [{"field": "home_address", "value": value}]
    reasons = await parked(submission_content(changes=changes), caplog)
    assert reasons == "$.changes.0.value unknown_part"


async def test_one_field_twice_in_one_submission_is_refused(caplog: Log) -> None:
    change = {"field": "home_address", "value": NEW_ADDRESS}
    assert await parked(submission_content(changes=[change, change]), caplog) == "$ field_twice"
