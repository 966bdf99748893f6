"""The statutory clocks with their calendars: public holidays come from the library `holidays`.

Its lists are those of the laws up to its release; a holiday that it does not know yet makes a
deadline earlier, never later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.deadlines import CCPA, GDPR, KOREA, Clocks
from schemas.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import date


def clocks(deadlines: str, gdpr_country: str, gdpr_zone: str, target_share: float) -> Clocks:
    """What the settings of the same names make of the profiles; `SettingsError` names a wrong one.

    `deadlines` is the default profile, and behind it `language=profile` pairs.
    """
    default, *pairs = deadlines.split(",")
    gdpr = replace(GDPR, zone=_zone(gdpr_zone))
    if gdpr_country:
        gdpr = replace(gdpr, holidays=_holidays(gdpr_country))
    profiles = (replace(KOREA, holidays=_Later("KR")), gdpr, CCPA)
    return Clocks(
        profiles={profile.name: profile for profile in profiles},
        default=default,
        by_language=dict(pair.split("=") for pair in pairs),
        target_share=target_share,
    )


@dataclass(frozen=True)
class _Later:
    """The holidays of a country, read when a day is first looked for; most commands never do."""

    country: str

    def __contains__(self, day: object) -> bool:
        return day in self._days

    @cached_property
    def _days(self) -> Container[date]:
        return _holidays(self.country)


def _holidays(code: str) -> Container[date]:
    """Of a country (`KR`) or a part of it (`DE-BY`), of every year that is asked for."""
    import holidays  # noqa: PLC0415 - it reads the calendars of all countries, for half a second

    country, _, part = code.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except (NotImplementedError, AttributeError):
        raise SettingsError(
            f"DSR_GDPR_COUNTRY is not usable: no holidays are known of {code!r}; write DE or DE-BY"
        ) from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"DSR_GDPR_ZONE is not usable: there is no time zone {name!r}; write Europe/Berlin"
        ) from None
