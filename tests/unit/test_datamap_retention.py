"""Durations as laws give them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.datamap import Duration


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("5 years", datetime(2029, 2, 28, tzinfo=UTC)),
        ("1 month", datetime(2024, 3, 29, tzinfo=UTC)),
        ("12 months", datetime(2025, 2, 28, tzinfo=UTC)),
        ("10 days", datetime(2024, 3, 10, tzinfo=UTC)),
        ("36 hours", datetime(2024, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_calendar_time_from_a_leap_day(text: str, end: datetime) -> None:
    assert Duration.parse(text).after(datetime(2024, 2, 29, tzinfo=UTC)) == end


@given(st.integers(1, 9999), st.sampled_from(["year", "month", "day", "hour"]))
def test_a_duration_reads_back_as_it_was_written(count: int, unit: str) -> None:
    text = f"{count} {unit}{'s' if count > 1 else ''}"
    assert str(Duration.parse(text)) == text


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), st.integers(1, 1200))  # noqa: DTZ001
def test_more_months_never_end_earlier(start: datetime, months: int) -> None:
    one, more = Duration(months, "month"), Duration(months + 1, "month")
    assert start < one.after(start) < more.after(start)
