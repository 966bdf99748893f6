"""A database whose disk is full is waited for, like one that does not answer."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo.errors import BulkWriteError, OperationFailure, WriteError

from schemas.errors import NoRoom, Unreachable
from workers.adapters.mongo import DatabaseFailed, reaching

FULL = {"code": 8, "errmsg": "28: No space left on device"}
INDEX = {"code": 8, "errmsg": "Index build failed: a :: caused by :: 28: No space left on device"}
LATER_VERSION = {"code": 14031, "errmsg": "available disk space is less than required"}
ANOTHER = {"code": 8, "errmsg": "5: Input/output error"}
A_VALUE = {"code": 11000, "errmsg": 'dup key: { text: "28: No space left on device" }'}


def alone(told: dict[str, Any]) -> OperationFailure:
    return WriteError(told["errmsg"], told["code"], told)


def grouped(told: dict[str, Any]) -> OperationFailure:
    return BulkWriteError({"writeErrors": [{"index": 0, **told}], "writeConcernErrors": []})


@pytest.mark.parametrize("raised", [alone, grouped])
@pytest.mark.parametrize("told", [FULL, INDEX, LATER_VERSION])
def test_no_room_on_the_disk_is_nobodys_fault(raised: Any, told: dict[str, Any]) -> None:
    with pytest.raises(NoRoom, match="disk") as full, reaching("MongoDB"):
        raise raised(told)
    assert isinstance(full.value, Unreachable)


@pytest.mark.parametrize("raised", [alone, grouped])
@pytest.mark.parametrize("told", [ANOTHER, A_VALUE])
def test_whatever_else_is_refused_is_not_taken_for_it(raised: Any, told: dict[str, Any]) -> None:
    with pytest.raises(DatabaseFailed), reaching("MongoDB"):
        raise raised(told)
