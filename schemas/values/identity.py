"""Dates and resident registration numbers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from schemas.errors import ValueRefused
from schemas.values.text import one_line

if TYPE_CHECKING:
    from schemas.values.specs import DateSpec

_DATE: Final = re.compile(r"([0-9]{4})([-./]?)([0-9]{2})\2([0-9]{2})\.?")
_NUMBER: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})[\s-]?([0-9])([0-9]{6})")
_CENTURY: Final = {"1": 19, "2": 19, "5": 19, "6": 19, "3": 20, "4": 20, "7": 20, "8": 20}


def calendar_date(spec: DateSpec, value: object) -> str:
    """`1990.03.02`, `19900302`, `1990-03-02` all become the last."""
    match = _DATE.fullmatch(one_line(value, 24))
    if match is None:
        raise ValueRefused("not_date")
    day = _day(int(match[1]), int(match[3]), int(match[4]), "not_date")
    if not spec.not_before <= day <= spec.not_after:
        raise ValueRefused("out_of_range")
    return day.isoformat()


def moment(iso_date: str, zone: str) -> datetime:
    """Give the start of that day in the zone, as UTC: how databases keep a bare date."""
    start = datetime.combine(date.fromisoformat(iso_date), time(), ZoneInfo(zone))
    return start.astimezone(UTC)


def registration_number(value: object) -> str:
    """`YYMMDD-NNNNNNN`: form and date are checked, never the checksum.

    Numbers given since October 2020 need not satisfy it.
    """
    match = _NUMBER.fullmatch(one_line(value, 24))
    if match is None:
        raise ValueRefused("not_rrn")
    century = _CENTURY.get(match[4], 18)
    _day(century * 100 + int(match[1]), int(match[2]), int(match[3]), "not_rrn")
    return f"{match[1]}{match[2]}{match[3]}-{match[4]}{match[5]}"


def _day(year: int, month: int, day: int, code: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueRefused(code) from None
