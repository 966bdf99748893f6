"""What no majority has confirmed does not count as done."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from schemas.errors import Unreachable
from workers.adapters.mongo import DatabaseFailed, reaching, write_errors

DUPLICATE = {"index": 3, "code": 11000}
STEPPED_DOWN = {"code": 189, "errmsg": "the primary stepped down"}


def bulk(*, writes: list[dict[str, Any]], concern: list[dict[str, Any]]) -> BulkWriteError:
    return BulkWriteError({"writeErrors": writes, "writeConcernErrors": concern})


def test_a_write_that_failed_alone_is_named() -> None:
    assert write_errors(bulk(writes=[DUPLICATE], concern=[])) == [DUPLICATE]


@pytest.mark.parametrize("writes", [[], [DUPLICATE]])
def test_a_group_that_no_majority_confirmed_is_to_be_done_again(
    writes: list[dict[str, Any]],
) -> None:
    with pytest.raises(Unreachable), reaching("MongoDB"):
        write_errors(bulk(writes=writes, concern=[STEPPED_DOWN]))


def test_another_error_of_a_group_is_not_told_as_it_is() -> None:
    with pytest.raises(DatabaseFailed, match="refused") as failed, reaching("MongoDB"):
        raise bulk(writes=[{"index": 0, "code": 121, "errmsg": "김민지"}], concern=[])
    assert "김민지" not in str(failed.value)
