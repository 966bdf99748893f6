"""Statutory clocks: until when a request must be done, when it should be, and when to alarm.

Whole days count, in the profile's own zone, and a deadline is the midnight that ends its last day.

korea  10 days (Personal Information Protection Act, Enforcement Decree art. 41 to 44). The day of
       asking does not count (Civil Act art. 157); a Saturday, a Sunday or a public holiday at the
       end moves it to the next working day (art. 161). An access may be postponed while its reason
       lasts (art. 35 (3) of the Act), with no end set: ours is ten days, once.
gdpr   One month, two more where needed (Regulation (EU) 2016/679 art. 12 (3)). Ends on the same day
       of the next month, or on its last where it has no such day, and on a working day (Regulation
       (EEC, Euratom) 1182/71 art. 3).
ccpa   45 days, 45 more where needed (California Civil Code § 1798.130 (a) (2)); the day of asking
       does not count (§ 10). Nothing moves it to a working day: it is never later than written.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

ProfileName = Literal["korea", "gdpr", "ccpa"]

WARN_AT = 0.7
"""Share of the time after which a request that is not final raises its first alarm."""

SOON = timedelta(seconds=1)
"""A letter may come in so late that its alarm is due already."""

DAY = timedelta(days=1)
SATURDAY = 5
A_MONDAY = date(2026, 1, 5)

Standing = Literal["in_time", "past_target", "at_risk", "late"]
"""How an open request stands: the target has passed, the first alarm is due, the law is broken."""


@dataclass(frozen=True, slots=True)
class Period:
    """A time as laws state it."""

    days: int = 0
    months: int = 0

    def after(self, day: date) -> date:
        """The last day of this time, of which `day` itself is not a part."""
        month = day.month - 1 + self.months
        year, month = day.year + month // 12, month % 12 + 1
        return date(year, month, min(day.day, monthrange(year, month)[1])) + self.days * DAY


@dataclass(frozen=True, slots=True)
class Profile:
    """The clock of one law. `holidays`: the days beside weekends on which nobody works."""

    name: ProfileName
    period: Period
    extension: Period
    zone: tzinfo
    ends_on_working_day: bool = True
    holidays: Container[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether it is neither Saturday, Sunday nor a holiday."""
        return day.weekday() < SATURDAY and day not in self.holidays

    def last_day(self, deadline: datetime) -> date:
        """The day that this deadline ends."""
        return (deadline.astimezone(self.zone) - timedelta(microseconds=1)).date()


KOREA = Profile("korea", Period(days=10), Period(days=10), ZoneInfo("Asia/Seoul"))
GDPR = Profile("gdpr", Period(months=1), Period(months=2), ZoneInfo("Europe/Brussels"))
CCPA = Profile(
    "ccpa",
    Period(days=45),
    Period(days=45),
    ZoneInfo("America/Los_Angeles"),
    ends_on_working_day=False,
)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The profiles as a company has set them, and which request gets which."""

    profiles: Mapping[str, Profile]
    default: str
    by_language: Mapping[str, str]
    target_share: float
    """The share of the legal time in which a request should be done."""

    def read(self) -> None:
        """Read the calendars now, for half a second, that the first request would wait for."""
        for profile in self.profiles.values():
            profile.works(A_MONDAY)

    def chosen(self, language: str) -> Profile:
        """The profile of a new request."""
        return self.profiles[self.by_language.get(language, self.default)]

    def named(self, name: str) -> Profile:
        """The profile that a request was given."""
        return self.profiles[name]


def deadline(asked: datetime, profile: Profile) -> datetime:
    """When the request must be done at the latest."""
    return _end(profile.period.after(asked.astimezone(profile.zone).date()), profile)


def extended(request_deadline: datetime, profile: Profile) -> datetime:
    """The deadline once extended. Never later than the law counts it from the day of asking.

    A deadline does not tell whether it was moved to a working day, so it is taken as if it had
    been moved as far as it can: that costs the days of one weekend at most.
    """
    day = profile.last_day(request_deadline)
    if profile.ends_on_working_day:
        while not profile.works(day - DAY):
            day -= DAY
    return _end(profile.extension.after(day), profile)


def target(asked: datetime, request_deadline: datetime, share: float) -> datetime:
    """When the request should be done: the company's own date, before the law's."""
    # Whole seconds, as the database keeps no more than milliseconds: equal stays equal.
    return (asked + (request_deadline - asked) * share).replace(microsecond=0)


def alarms(asked: datetime, request_deadline: datetime) -> tuple[datetime, datetime]:
    """When an open request alarms: near its deadline, and at it."""
    return target(asked, request_deadline, WARN_AT), request_deadline


def next_alarm(asked: datetime, request_deadline: datetime, now: datetime) -> timedelta:
    """How long until the next alarm; after the deadline there is one each day."""
    for moment in alarms(asked, request_deadline):
        if now < moment:
            return moment - now
    return DAY - (now - request_deadline) % DAY


def first_alarm(asked: datetime, request_deadline: datetime, now: datetime) -> timedelta:
    """How long until the first alarm of a request that has just come in, or got more time."""
    return max(alarms(asked, request_deadline)[0] - now, SOON)


def standing(
    asked: datetime, request_deadline: datetime, target_at: datetime | None, now: datetime
) -> Standing:
    """How a request stands that is still open."""
    risky, last = alarms(asked, request_deadline)
    if now >= last:
        return "late"
    if now >= risky:
        return "at_risk"
    return "past_target" if target_at is not None and now >= target_at else "in_time"


def _end(last: date, profile: Profile) -> datetime:
    if profile.ends_on_working_day:
        while not profile.works(last):
            last += DAY
    after = last + DAY
    return datetime(after.year, after.month, after.day, tzinfo=profile.zone).astimezone(UTC)
