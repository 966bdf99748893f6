"""A corrected value is written back in the type that stands in the database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ValueRefused
from schemas.values import ListSpec, restore_type, same_value, zone_of


class Int64(int):
    """Stands for a driver's own type, which is a subclass of a plain one."""


@pytest.mark.parametrize(
    ("existing", "new", "written"),
    [
        (None, "x", "x"),
        ("old", "new", "new"),
        ("04524", 3187, "3187"),
        (4524, "03187", 3187),
        (1012345678, "010-8765-4321", 1087654321),
        (1.5, 2, 2.0),
        (True, False, False),
        (date(1990, 3, 2), "1990-03-05", date(1990, 3, 5)),
        (datetime(1990, 3, 2), "1990-03-05", datetime(1990, 3, 5)),  # noqa: DTZ001 - as drivers give
        (["a"], ["b", "c"], ["b", "c"]),
        ([1, 2], ["3"], [3]),
        ([], ["b"], ["b"]),
    ],
)
def test_the_type_that_stands_there_stays(existing: Any, new: Any, written: Any) -> None:
    made = restore_type(existing, new)
    assert made == written
    assert type(made) is type(written)


def test_a_korean_date_is_written_as_midnight_in_korea() -> None:
    stood = datetime(1990, 3, 1, 15, tzinfo=UTC)
    made = restore_type(stood, "1990-03-05", zone="Asia/Seoul")
    assert made == datetime(1990, 3, 4, 15, tzinfo=UTC)


def test_an_object_keeps_what_is_not_ours() -> None:
    stood = {"zip": 4524, "line": "old", "geo": [1, 2], "extra": "x"}
    made = restore_type(stood, {"zip": "03187", "line": "new", "extra": None})
    assert made == {"zip": 3187, "line": "new", "geo": [1, 2]}
    assert stood["line"] == "old"


def test_elements_of_a_list_take_types_but_no_values_from_the_first() -> None:
    stood = [{"name": "결혼", "date": datetime(2015, 5, 2), "mark": 1}]  # noqa: DTZ001
    made = restore_type(
        stood, [{"name": "입사", "date": "2016-01-04"}, {"name": "x", "date": None}]
    )
    assert made == [{"name": "입사", "date": datetime(2016, 1, 4)}, {"name": "x"}]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("existing", "new"),
    [
        (4524, "세종대로"),
        (4524, True),
        (4524, 1.5),
        (True, "true"),
        ("x", ["x"]),
        ("x", {"a": 1}),
        (["x"], "x"),
        ({"a": 1}, "x"),
        (datetime(1990, 3, 2), "soon"),  # noqa: DTZ001
        (datetime(1990, 3, 2), 7),  # noqa: DTZ001
    ],
)
def test_what_does_not_fit_the_type_is_refused_rather_than_changing_it(
    existing: Any, new: Any
) -> None:
    with pytest.raises(ValueRefused, match="type_mismatch"):
        restore_type(existing, new)
    assert not same_value(existing, new)


def test_a_drivers_own_type_is_left_to_the_hook() -> None:
    with pytest.raises(ValueRefused):
        restore_type(Int64(5), 7)
    made = restore_type([Int64(5)], [7], convert=lambda like, new: type(like)(new))
    assert type(made[0]) is Int64


@given(st.one_of(st.text(), st.integers(), st.booleans(), st.lists(st.text()), st.floats(-9, 9)))
def test_writing_what_already_stands_there_changes_nothing(value: Any) -> None:
    assert restore_type(value, value) == value
    assert same_value(value, value)


def test_the_zone_of_dates_is_found_inside_lists_and_objects() -> None:
    parts = {"name": "text", "date": {"value": {"kind": "date", "zone": "Asia/Seoul"}}}
    spec = ListSpec.model_validate({"of": {"kind": "object", "parts": parts}})
    assert zone_of(spec) == "Asia/Seoul"
