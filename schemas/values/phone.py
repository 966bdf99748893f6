"""Phone numbers: Korean ones in any spelling, others with their country code.

Written by hand rather than with a library, since all that is needed is the Korean numbering plan
and the spellings that databases really hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from schemas.errors import ValueRefused
from schemas.values.text import one_line

_SEPARATORS: Final = re.compile(r"[\s().\-/\u2010-\u2015\u2212]+")
_TRUNK_IN_BRACKETS: Final = re.compile(r"^(\(?\s*(?:\+|00)\s*82\s*\)?[\s\-.]*)\(0\)")
_FOREIGN: Final = re.compile(r"[1-9][0-9]{6,14}")
_AREA: Final = re.compile(
    r"(?P<area>2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|10|1[16-9]|70|80|60|30|50[2-8])(?P<rest>[0-9]{7,8})"
)
_SHORT: Final = re.compile(r"(?P<area>1[568][0-9]{2})(?P<rest>[0-9]{4})")
_EIGHT_ONLY: Final = frozenset({"10", "70"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number taken apart; `groups` are what hyphens part, of a foreign one none."""

    international: str
    groups: tuple[str, ...]

    @property
    def national(self) -> str:
        """`010-1234-5678`; a foreign number keeps its country code."""
        return "-".join(self.groups) if self.groups else self.international

    @property
    def digits(self) -> str:
        """`01012345678`; a foreign number keeps its country code."""
        return "".join(self.groups) if self.groups else self.international


def parse(value: object) -> Number:
    """Read a number in any spelling; ValueRefused where it is none."""
    written = _TRUNK_IN_BRACKETS.sub(r"\1", one_line(value, 40))
    dialled = _SEPARATORS.sub("", written)
    if not re.fullmatch(r"\+?[0-9]{7,17}", dialled):
        raise ValueRefused("not_phone")
    if dialled.startswith(("+", "00")):
        dialled = dialled[1:] if dialled.startswith("+") else dialled[2:]
        if not dialled.startswith("82"):
            return _foreign(dialled)
        return _korean(dialled[2:].removeprefix("0"), short="too")
    if dialled.startswith("82") and len(dialled) > 8:
        return _korean(dialled[2:].removeprefix("0"), short="too")
    if dialled.startswith("0"):
        return _korean(dialled[1:], short="never")
    return _korean(dialled, short="only")


def phone(value: object, normalise: Literal["national", "e164", "digits"] = "national") -> str:
    """Check a number and write it in the declared spelling."""
    number = parse(value)
    if normalise == "e164":
        return number.international
    return number.national if normalise == "national" else number.digits


def spellings(value: object) -> list[str]:
    """Every spelling in which this number is found in databases."""
    number = parse(value)
    if not number.groups:
        return [number.international, number.international[1:], f"00{number.international[1:]}"]
    first, *rest = number.groups
    bare = first.removeprefix("0")
    abroad = [bare, *rest]
    forms = [
        *(joint.join(number.groups) for joint in ("-", "", " ", ".")),
        *(
            f"+82{joint}{inner.join(abroad)}"
            for joint in ("", " ", "-")
            for inner in ("-", " ", "")
        ),
        f"82{''.join(abroad)}",
        f"82-{'-'.join(abroad)}",
        f"(+82)-{'-'.join(abroad)}",
        f"(+82) {'-'.join(abroad)}",
        f"+82 (0){'-'.join(abroad)}",
        f"({first}) {'-'.join(rest)}",
        f"({first}){'-'.join(rest)}",
        f"{first}){'-'.join(rest)}",
    ]
    return list(dict.fromkeys(forms))


def _foreign(dialled: str) -> Number:
    if not _FOREIGN.fullmatch(dialled):
        raise ValueRefused("not_phone")
    return Number(f"+{dialled}", ())


def _korean(significant: str, *, short: Literal["never", "too", "only"]) -> Number:
    """Take a number apart without its leading 0; nationwide ones (1588-…) are dialled without."""
    if short != "never" and (match := _SHORT.fullmatch(significant)):
        return Number(f"+82{significant}", (match["area"], match["rest"]))
    match = _AREA.fullmatch(significant) if short != "only" else None
    if match is None or (match["area"] in _EIGHT_ONLY and len(match["rest"]) != 8):
        raise ValueRefused("not_phone")
    rest = match["rest"]
    return Number(f"+82{significant}", (f"0{match['area']}", rest[:-4], rest[-4:]))
