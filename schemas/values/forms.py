"""Looking people up: the spellings that databases hold, and the one form that digests are made of.

Letter case beyond the usual spellings (all lower, all upper, as given) is the business of a
collation of the database; nothing here can list every mixture.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Literal

from schemas.errors import ValueRefused
from schemas.values.email import email
from schemas.values.identity import calendar_date, moment
from schemas.values.phone import parse as parse_phone
from schemas.values.phone import spellings
from schemas.values.specs import DateSpec
from schemas.values.text import decomposed, half_width, one_line, safe

if TYPE_CHECKING:
    from datetime import datetime

Form = Literal["exact", "name", "email", "phone", "date"]
_LONGEST = 320


def stored_forms(form: Form, value: str) -> list[str]:
    """Every spelling in which the value may stand in a database, NFC and NFD; never empty.

    ValueRefused where the value can be nobody's.
    """
    made: list[str]
    match form:
        case "phone":
            return spellings(value)
        case "date":
            iso = lookup_form("date", value)
            return [iso, *(iso.replace("-", joint) for joint in ("", ".", "/"))]
        case "email":
            given = half_width(one_line(value, _LONGEST))
            kept = email(value, "keep")
            made = [email(value), kept, given, given.lower(), given.upper(), kept.upper()]
        case "name":
            given = one_line(value, _LONGEST)
            plain = _collapsed(given)
            made = [plain, given, plain.replace(" ", ""), plain.lower(), plain.upper()]
            made.append(plain.title())
        case "exact":
            made = [_exact(value)]
    return list(dict.fromkeys([*made, *map(decomposed, made)]))


def lookup_form(form: Form, value: str) -> str:
    """Give the one form of all spellings: what a blind index digests and comparisons use."""
    match form:
        case "phone":
            return parse_phone(value).international
        case "date":
            return calendar_date(DateSpec(), value)
        case "email":
            return email(value)
        case "name":
            folded = half_width(_collapsed(one_line(value, _LONGEST))).casefold()
            return unicodedata.normalize("NFC", folded)
        case "exact":
            return _exact(value)


def stored_moments(value: str, zone: str) -> list[datetime]:
    """Every time as which a date may stand as a BSON date: midnight in UTC and in the zone."""
    iso = lookup_form("date", value)
    return list(dict.fromkeys([moment(iso, "UTC"), moment(iso, zone)]))


def _exact(value: str) -> str:
    made = safe(value).strip()
    if not 0 < len(made) <= _LONGEST:
        raise ValueRefused("empty" if not made else "too_long")
    return made


def _collapsed(value: str) -> str:
    made = " ".join(value.split())
    if not made:
        raise ValueRefused("empty")
    return made
