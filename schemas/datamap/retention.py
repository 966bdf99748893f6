"""How long: durations, the legal bases for keeping, and the rules for data that is in use."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from schemas.datamap.base import CollectionName, Label, MapModel, Slug
from schemas.path import Path

_DURATION: Final = re.compile(r"(\d{1,4}) (year|month|day|hour)s?")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of calendar time as laws give it: `5 years`, `3 months`, `10 days`, `12 hours`."""

    count: int
    unit: Literal["year", "month", "day", "hour"]

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `5 years`; ValueError for anything else, zero and less included."""
        match = _DURATION.fullmatch(text)
        if match is None or int(match[1]) == 0:
            raise ValueError("a duration reads like '5 years', '3 months', '10 days', '12 hours'")
        unit: Any = match[2]
        return cls(int(match[1]), unit)

    def __str__(self) -> str:
        """Give the text form back."""
        return f"{self.count} {self.unit}{'s' if self.count > 1 else ''}"

    def after(self, start: datetime) -> datetime:
        """Add it to a time; the 31st of a shorter month is its last day."""
        if self.unit == "hour":
            return start + timedelta(hours=self.count)
        if self.unit == "day":
            return start + timedelta(days=self.count)
        months = self.count * (12 if self.unit == "year" else 1)
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        day = min(start.day, calendar.monthrange(year, month + 1)[1])
        return start.replace(year=year, month=month + 1, day=day)

    def is_over(self, start: datetime, now: datetime) -> bool:
        """Whether it has passed since the start; one beyond the calendar never has."""
        try:
            return self.after(start) <= now
        except (ValueError, OverflowError):
            return False

    def latest_start(self, now: datetime) -> datetime | None:
        """No later start is over by now; of those before it, ask `is_over`. None: no start is.

        Months and years cannot be counted back: three months before the 28th of February are the
        28th, 29th and 30th of November. So the whole month is left in.
        """
        try:
            if self.unit in {"hour", "day"}:
                return now - (self.after(now) - now)
            months = self.count * (12 if self.unit == "year" else 1)
            year, month = divmod(now.year * 12 + now.month - months, 12)
            first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            return first.replace(year=year, month=month + 1)
        except (ValueError, OverflowError):
            return None

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let pydantic read it from its text and write it as its text."""
        return core_schema.no_info_plain_validator_function(
            _read, serialization=core_schema.to_string_ser_schema()
        )


def _read(value: object) -> Duration:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise ValueError("a duration is text: '5 years'")  # noqa: TRY004 - pydantic reports it
    return Duration.parse(value)


class RetentionBasis(MapModel):
    """Why something outlives its deletion, and for how long.

    `starts: document` counts from a time in the document itself (`from` of the archive rule),
    `starts: deletion` from the moment of the deletion.
    """

    law: Label
    duration: Duration
    starts: Literal["document", "deletion"] = "document"


class RetentionRule(MapModel):
    """When data in use has had its time: a log's age, a year after a membership ended.

    `subject` names a subject type: then the whole subject is deleted, as on a deletion request.
    Without it the document alone goes. A document without a time at `from` is left alone.
    """

    name: Slug
    collection: CollectionName
    since: Path = Field(alias="from")
    after: Duration
    subject: Slug | None = None
