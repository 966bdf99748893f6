"""Moments of signed documents: of each there is one spelling, or a signature would not last."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer


def stored(moment: datetime) -> datetime:
    """UTC in whole milliseconds: what MongoDB gives back."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def written(moment: datetime) -> str:
    """As it is signed: `2026-11-23T00:00:00.000Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


Instant = Annotated[
    AwareDatetime,
    AfterValidator(stored),
    PlainSerializer(written, return_type=str, when_used="json"),
]
"""A moment with one spelling."""
