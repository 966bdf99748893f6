"""Whether somebody may ask for a child: by the record, on the day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.guardianship import Guardianship, acts_for_child, lapses_at
from schemas.request import Contact
from schemas.submission import Requester
from tests.cast import JIHO, MORNING

FATHER = Guardianship(
    lapses_at=MORNING + timedelta(days=900),
    name="이지호",
    email="jiho@mail.example",
    phone="010-2222-3333",
)


def jiho(**other: Any) -> Requester:
    return Requester.model_validate({**JIHO, **other})


def guardian(**other: Any) -> Guardianship:
    known = {"lapses_at": FATHER.lapses_at, "name": "이지호", "email": None, "phone": None}
    return Guardianship(**{**known, **other})


@pytest.mark.parametrize(
    ("born", "until", "comes_of_age"),
    [
        (date(2012, 11, 23), 14, "2026-11-23T00:00:00+09:00"),
        (date(2012, 2, 29), 14, "2026-03-01T00:00:00+09:00"),
        (date(2012, 2, 29), 16, "2028-02-29T00:00:00+09:00"),
        (date(2012, 12, 31), 13, "2025-12-31T00:00:00+09:00"),
    ],
)
def test_the_right_ends_as_the_birthday_begins_where_the_child_lives(
    born: date, until: int, comes_of_age: str
) -> None:
    assert lapses_at(born, until, "Asia/Seoul").isoformat() == comes_of_age


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"name": " 이지호 "},
        {"email": "JIHO@mail.example"},
        {"email": None, "phone": "+82 10 2222 3333"},
        {"email": None, "phone": None},
    ],
    ids=str,
)
def test_the_guardian_on_the_record_may_ask_in_any_spelling(said: dict[str, Any]) -> None:
    assert acts_for_child(jiho(**said), FATHER, MORNING)


@pytest.mark.parametrize(
    "said",
    [
        {"name": "박수상"},
        {"name": None},
        {"email": "other@mail.example"},
        {"phone": "010-9999-9999"},
        {"phone": "not a number"},
    ],
    ids=str,
)
def test_whoever_differs_in_one_particular_may_not(said: dict[str, Any]) -> None:
    assert not acts_for_child(jiho(**said), FATHER, MORNING)


def test_on_the_birthday_the_right_is_over_and_the_moment_before_it_is_not() -> None:
    assert not acts_for_child(jiho(), FATHER, FATHER.lapses_at)
    assert acts_for_child(jiho(), FATHER, FATHER.lapses_at - timedelta(microseconds=1))


def test_a_record_without_a_name_or_a_way_to_reach_the_guardian_lets_nobody_in() -> None:
    assert not acts_for_child(jiho(), guardian(name=None, email="jiho@mail.example"), MORNING)
    assert not acts_for_child(jiho(), guardian(), MORNING)


def test_what_is_not_on_file_cannot_be_compared_and_is_not_counted_against_anybody() -> None:
    assert acts_for_child(jiho(), guardian(phone="010-2222-3333"), MORNING)


def test_a_guardian_is_reached_by_mail_before_phone() -> None:
    assert FATHER.contact == Contact(kind="mail", value="jiho@mail.example")
    by_phone = guardian(phone="010-2222-3333").contact
    assert by_phone == Contact(kind="phone", value="010-2222-3333")
