"""Dates, choices, numbers, flags and resident registration numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ValueRefused
from schemas.values import (
    ChoiceSpec,
    DateSpec,
    FlagSpec,
    NumberSpec,
    RegistrationNumberSpec,
    ValueSpec,
    check,
    stored_forms,
    stored_moments,
)


def refused(spec: ValueSpec, value: object) -> str:
    with pytest.raises(ValueRefused) as error:
        check(spec, value)
    return error.value.code


@given(st.dates(date(1850, 1, 1), date(2200, 1, 1)))
def test_a_date_in_any_spelling_is_one_date(day: date) -> None:
    for form in ("%Y-%m-%d", "%Y%m%d", "%Y.%m.%d", "%Y/%m/%d", "%Y.%m.%d."):
        assert check(DateSpec(), day.strftime(form)) == day.isoformat()
    assert day.isoformat() in stored_forms("date", day.strftime("%Y.%m.%d"))


@pytest.mark.parametrize(
    "value",
    ["1990-02-30", "1990-13-01", "90-03-02", "1990-3-2", "1990-03/02", "1990-03-02T00:00", "", "x"],
)
def test_what_is_no_day_of_the_calendar_is_refused(value: str) -> None:
    assert refused(DateSpec(), value) == "not_date"


def test_a_date_outside_the_declared_range_is_refused() -> None:
    assert refused(DateSpec(not_after=date(2026, 1, 1)), "2026-01-02") == "out_of_range"
    assert refused(DateSpec(), "1066-10-14") == "out_of_range"


def test_a_korean_birthday_kept_as_a_bson_date_is_looked_for_as_both_midnights() -> None:
    assert stored_moments("1990-03-02", "Asia/Seoul") == [
        datetime(1990, 3, 2, tzinfo=UTC),
        datetime(1990, 3, 1, 15, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    "value", ["900302-1234567", "9003021234567", "９００３０２－１２３４５６７"]
)
def test_a_registration_number_has_one_form_and_no_checksum(value: str) -> None:
    assert check(RegistrationNumberSpec(), value) == "900302-1234567"


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 999_999), st.booleans())
def test_every_number_with_a_plausible_date_is_accepted(
    born: date, serial: int, foreign: bool
) -> None:
    century = (7 if foreign else 3) if born.year >= 2000 else (5 if foreign else 1)
    number = f"{born:%y%m%d}-{century}{serial:06}"
    assert check(RegistrationNumberSpec(), number) == number


@pytest.mark.parametrize(
    "value", ["900230-1234567", "901302-1234567", "900302-123456", "9" * 13, ""]
)
def test_a_registration_number_without_a_plausible_date_is_refused(value: str) -> None:
    assert refused(RegistrationNumberSpec(), value) == "not_rrn"


def test_a_choice_is_stored_as_declared_and_nothing_else_is_a_choice() -> None:
    gender = ChoiceSpec(options={"female": "F", "male": "M"})
    assert check(gender, "female") == "F"
    assert check(gender, check(gender, "female")) == "F"
    for value in ("f", "Female", "", None, {"$gt": ""}, ["F"], 1, True):
        assert refused(gender, value) == "not_an_option"


def test_a_numeric_choice_is_not_its_look_alike() -> None:
    spec = ChoiceSpec(options={"yes": 1, "no": 0})
    assert check(spec, "yes") == 1
    assert refused(spec, True) == "not_an_option"


@pytest.mark.parametrize(
    "value", ["1e5", "NaN", float("nan"), float("inf"), True, None, [], {}, "-"]
)
def test_what_is_no_number_is_refused(value: object) -> None:
    assert refused(NumberSpec(), value) == "not_a_number"


def test_a_number_is_held_to_its_bounds() -> None:
    assert check(NumberSpec(), "42") == 42
    assert check(NumberSpec(integer=False), 1.5) == 1.5
    assert refused(NumberSpec(), 1.5) == "not_an_integer"
    assert refused(NumberSpec(min=1), 0) == "out_of_range"
    assert refused(NumberSpec(max=9), 10) == "out_of_range"
    assert refused(NumberSpec(), 2**53) == "out_of_range"


def test_a_flag_is_true_or_false() -> None:
    assert check(FlagSpec(), "true") is True
    assert check(FlagSpec(), False) is False
    values: tuple[object, ...] = (1, "yes", None, [], {})
    for value in values:
        assert refused(FlagSpec(), value) == "not_a_flag"
