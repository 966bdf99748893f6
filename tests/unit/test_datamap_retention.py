"""Durations as laws give them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

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


@given(
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(1, 9999),
    st.sampled_from(["year", "month", "day", "hour"]),
)
def test_whatever_is_over_began_before_the_latest_start(
    start: datetime, now: datetime, count: int, unit: Literal["year", "month", "day", "hour"]
) -> None:
    duration = Duration(count, unit)
    latest = duration.latest_start(now)
    if duration.is_over(start, now):
        assert latest is not None
        assert start <= latest
    if latest is not None:
        # Not much more is looked at than what is over.
        assert latest <= duration_ago(duration, now) + timedelta(days=62)


def duration_ago(duration: Duration, now: datetime) -> datetime:
    days = {"year": 365.2425, "month": 30.436875, "day": 1, "hour": 1 / 24}[duration.unit]
    return now - timedelta(days=days * duration.count)
