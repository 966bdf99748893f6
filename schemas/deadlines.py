"""Statutory clocks. The default profile is Korea's: ten days from when the person asked.

Source: Personal Information Protection Act, Enforcement Decree art. 41-44.
"""

from __future__ import annotations

from datetime import datetime, timedelta

KOREA = timedelta(days=10)
WARN_AT = 0.7
"""Share of the time after which a request that is not final raises its first alarm."""


def deadline(asked: datetime) -> datetime:
    """When the request must be done at the latest."""
    return asked + KOREA


def first_alarm(asked: datetime, now: datetime) -> timedelta:
    """How long until the first alarm, never less than a moment (a letter may come in late)."""
    return max(asked + KOREA * WARN_AT - now, timedelta(seconds=1))


def extended(deadline: datetime, profile: str) -> datetime:  # noqa: ARG001 - one profile so far
    """The deadline after its one extension: as long again."""
    return deadline + KOREA


def next_alarm(asked: datetime, deadline: datetime, now: datetime) -> timedelta:
    """How long until the first alarm of a deadline that was moved."""
    return max(asked + (deadline - asked) * WARN_AT - now, timedelta(seconds=1))
