"""Until when the law gives us, day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.deadlines import (
    SOON,
    Profile,
    alarms,
    deadline,
    extended,
    first_alarm,
    next_alarm,
    standing,
    target,
)
from schemas.errors import SettingsError
from workers.adapters.calendars import clocks

CLOCKS = clocks("korea", "DE", "Europe/Berlin", 0.5)
KOREA, GDPR, CCPA = (CLOCKS.named(name) for name in ("korea", "gdpr", "ccpa"))
PROFILES = st.sampled_from([KOREA, GDPR, CCPA])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
SHARES = st.floats(0.05, 1)


def last_day(asked: str, profile: Profile) -> str:
    """The last day for what was asked at this time of the profile's own zone."""
    moment = datetime.fromisoformat(asked).replace(tzinfo=profile.zone)
    return str(profile.last_day(deadline(moment, profile)))


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        ("2026-11-23T09:00", "2026-12-03"),
        ("2026-11-23T00:00", "2026-12-03"),
        ("2026-11-23T23:59", "2026-12-03"),
        # A Saturday, a Sunday.
        ("2026-11-25T12:00", "2026-12-07"),
        ("2026-11-26T12:00", "2026-12-07"),
        # Chuseok from the 24th to the 26th of September, then a Sunday.
        ("2026-09-14T12:00", "2026-09-28"),
        # The Foundation Day is a Saturday, so the Monday after it is free as well.
        ("2026-09-23T12:00", "2026-10-06"),
        # Lunar New Year of 2027 begins on a Saturday: its substitute is the Tuesday.
        ("2027-01-27T12:00", "2027-02-10"),
        # Christmas on a Friday; New Year on one.
        ("2026-12-15T12:00", "2026-12-28"),
        ("2026-12-22T12:00", "2027-01-04"),
    ],
)
def test_korea_gives_ten_days_that_end_on_a_working_day(asked: str, until: str) -> None:
    assert last_day(asked, KOREA) == until


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        # The Board's own examples: the same day of the next month, or its last day.
        ("2026-03-05T10:00", "2026-04-07"),  # the 5th is Easter Sunday, the 6th Easter Monday
        ("2026-08-31T10:00", "2026-09-30"),
        ("2027-01-31T10:00", "2027-03-01"),  # the 28th of February is a Sunday
        ("2028-01-31T10:00", "2028-02-29"),
        ("2026-11-23T10:00", "2026-12-23"),
        ("2026-12-01T10:00", "2027-01-04"),  # New Year on a Friday
    ],
)
def test_the_gdpr_gives_a_month_that_ends_on_a_working_day(asked: str, until: str) -> None:
    assert last_day(asked, GDPR) == until


@pytest.mark.parametrize(
    ("asked", "until"), [("2026-11-23T10:00", "2027-01-07"), ("2026-11-11T10:00", "2026-12-26")]
)
def test_california_gives_45_days_whatever_day_that_is(asked: str, until: str) -> None:
    assert last_day(asked, CCPA) == until


def test_the_day_of_asking_is_the_one_in_the_profiles_own_zone() -> None:
    asked = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # midnight in Seoul
    assert KOREA.last_day(deadline(asked, KOREA)) == date(2026, 12, 3)
    assert KOREA.last_day(deadline(asked - timedelta(microseconds=1), KOREA)) == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("profile", "asked", "until"),
    [
        (KOREA, "2026-11-23T09:00", "2026-12-14"),  # the 13th is a Sunday
        (GDPR, "2026-11-23T09:00", "2027-02-23"),
        (GDPR, "2027-01-31T09:00", "2027-04-27"),  # moved to the 1st of March before: two days less
        (CCPA, "2026-11-23T09:00", "2027-02-21"),
    ],
)
def test_an_extension_adds_the_laws_own_time(profile: Profile, asked: str, until: str) -> None:
    moment = datetime.fromisoformat(asked).replace(tzinfo=profile.zone)
    assert str(profile.last_day(extended(deadline(moment, profile), profile))) == until


def test_two_months_more_are_never_more_than_three_from_the_day_of_asking() -> None:
    for day in range(3 * 366):
        asked = datetime(2026, 1, 1, 12, tzinfo=GDPR.zone) + timedelta(days=day)
        months = asked.month + 2
        at_most = date(asked.year + months // 12, months % 12 + 1, min(asked.day, 28))
        while at_most.day < asked.day and (at_most + timedelta(days=1)).day != 1:
            at_most += timedelta(days=1)
        while not GDPR.works(at_most):
            at_most += timedelta(days=1)
        assert GDPR.last_day(extended(deadline(asked, GDPR), GDPR)) <= at_most


@given(asked=MOMENTS, profile=PROFILES)
def test_a_deadline_is_a_midnight_after_a_day_on_which_it_may_end(
    asked: datetime, profile: Profile
) -> None:
    until = deadline(asked, profile)
    local = until.astimezone(profile.zone)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    assert not profile.ends_on_working_day or profile.works(profile.last_day(until))
    assert until - asked > timedelta(days=10 if profile is KOREA else 27)


@given(asked=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=40)), profile=PROFILES)
def test_who_asks_later_never_has_the_earlier_deadline(
    asked: datetime, later: timedelta, profile: Profile
) -> None:
    one, other = deadline(asked, profile), deadline(asked + later, profile)
    assert one <= other
    assert extended(one, profile) <= extended(other, profile)


@given(asked=MOMENTS, profile=PROFILES, share=SHARES)
def test_the_target_and_the_alarms_come_in_their_order(
    asked: datetime, profile: Profile, share: float
) -> None:
    until = deadline(asked, profile)
    risky, last = alarms(asked, until)
    assert asked < risky < last == until < extended(until, profile)
    assert asked - timedelta(seconds=1) < target(asked, until, share) <= until


@given(asked=MOMENTS, profile=PROFILES, late_by=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_whoever_waits_for_the_next_alarm_meets_each_one_once(
    asked: datetime, profile: Profile, late_by: timedelta
) -> None:
    until = deadline(asked, profile)
    now, met = asked, []
    for _ in range(3):
        now += next_alarm(asked, until, now)
        met.append(now)
    assert met == [*alarms(asked, until), until + timedelta(days=1)]
    assert timedelta(0) < next_alarm(asked, until, until + late_by) <= timedelta(days=1)
    assert first_alarm(asked, until, until + late_by) == SOON


def test_how_a_request_stands_changes_at_the_very_moment() -> None:
    asked = datetime(2026, 11, 23, tzinfo=UTC)
    until = deadline(asked, KOREA)
    should = target(asked, until, 0.5)
    moments = [asked, should, *alarms(asked, until)]
    just_before = [moment - timedelta(milliseconds=1) for moment in moments[1:]]
    assert [standing(asked, until, should, at) for at in moments] == [
        "in_time", "past_target", "at_risk", "late",
    ]  # fmt: skip
    assert [standing(asked, until, should, at) for at in just_before] == [
        "in_time", "past_target", "at_risk",
    ]  # fmt: skip
    assert standing(asked, until, None, should) == "in_time"


def test_a_profile_is_chosen_by_language_where_one_is_set() -> None:
    made = clocks("gdpr,ko=korea", "", "Europe/Paris", 0.5)
    assert made.chosen("ko").name == "korea"
    assert made.chosen("en").name == "gdpr"
    assert made.named("gdpr").zone == ZoneInfo("Europe/Paris")
    assert made.named("gdpr").works(date(2026, 7, 14)), "no country, no holidays"


@pytest.mark.parametrize("code", ["XX", "DE-ATLANTIS", "germany", "-"])
def test_a_country_without_a_calendar_is_named_by_its_setting(code: str) -> None:
    with pytest.raises(SettingsError, match="DSR_GDPR_COUNTRY"):
        clocks("korea", code, "Europe/Berlin", 0.5)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_zone_that_does_not_exist_is_named_by_its_setting(zone: str) -> None:
    with pytest.raises(SettingsError, match="DSR_GDPR_ZONE"):
        clocks("korea", "", zone, 0.5)
