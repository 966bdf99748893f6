"""Write a corrected value back in the type that stands there, so that applications go on working.

Pure: types of a driver are known by what they are not (the plain ones), and left to a hook.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from schemas.errors import ValueRefused
from schemas.values.identity import moment
from schemas.values.specs import DateSpec, ListSpec, ObjectSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.values.specs import ValueSpec

    Convert = Callable[[Any, Any], Any]


def restore_type(  # noqa: PLR0911 - one line per type
    existing: Any,
    new: Any,
    *,
    zone: str = "UTC",
    convert: Convert | None = None,
) -> Any:
    """Give `new` in the type of `existing`; where nothing stands, as it is.

    text, whole number, float, flag, BSON date (midnight in `zone`), list (each element like the
    first that stands there), object (each part like the one of its name, the rest kept). Any other
    type goes to `convert(existing, new)`. `ValueRefused("type_mismatch")` where it cannot be.
    """
    if existing is None or new is None:
        return new
    kind = type(existing)
    if kind is bool:
        return new if isinstance(new, bool) else _mismatch()
    if kind is str:
        return _text(new)
    if kind is int:
        return _whole(new)
    if kind is float:
        return float(_plain_number(new))
    if kind is datetime:
        start = moment(_iso_date(new), zone)
        return start.replace(tzinfo=None) if existing.tzinfo is None else start
    if kind is date:
        return date.fromisoformat(_iso_date(new))
    if kind is list:
        return _elements(existing, new, zone, convert)
    if isinstance(existing, dict):
        return _parts(existing, new, zone, convert)
    return convert(existing, new) if convert else _mismatch()


def zone_of(spec: ValueSpec) -> str:
    """Give the zone in which the dates of this field are meant: that of the first one in it."""
    match spec:
        case DateSpec():
            return spec.zone
        case ListSpec():
            return zone_of(spec.of)
        case ObjectSpec():
            zones = (zone_of(part.value) for part in spec.parts.values())
            return next((zone for zone in zones if zone != "UTC"), "UTC")
        case _:
            return "UTC"


def same_value(stored: Any, canonical: Any, *, zone: str = "UTC") -> bool:
    """Whether what stands there already is the canonical value, in whatever type."""
    try:
        return bool(restore_type(stored, canonical, zone=zone) == stored)
    except ValueRefused:
        return False


def _mismatch() -> Any:
    raise ValueRefused("type_mismatch")


def _text(new: Any) -> str:
    if isinstance(new, bool) or not isinstance(new, str | int | float):
        _mismatch()
    return str(new)


def _plain_number(new: Any) -> int | float:
    if isinstance(new, bool):
        _mismatch()
    if isinstance(new, int | float):
        return new
    # A number kept without its signs: a phone or postcode in a numeric column.
    digits = new.replace("-", "").removeprefix("+") if isinstance(new, str) else ""
    return int(digits) if digits.isascii() and digits.isdigit() else _refused_number()


def _refused_number() -> int:
    raise ValueRefused("type_mismatch")


def _whole(new: Any) -> int:
    number = _plain_number(new)
    if number != int(number):
        _mismatch()
    return int(number)


def _iso_date(new: Any) -> str:
    try:
        return date.fromisoformat(new).isoformat()
    except (TypeError, ValueError):
        raise ValueRefused("type_mismatch") from None


def _elements(
    existing: list[Any],
    new: Any,
    zone: str,
    convert: Convert | None,
) -> list[Any]:
    if not isinstance(new, list):
        _mismatch()
    pattern = existing[0] if existing else None
    made = []
    for item in new:
        like = pattern
        if isinstance(pattern, dict) and isinstance(item, dict):
            # Only the types are taken over: what else the first element holds is its own.
            like = {name: part for name, part in pattern.items() if name in item}
        made.append(restore_type(like, item, zone=zone, convert=convert))
    return made


def _parts(
    existing: dict[str, Any],
    new: Any,
    zone: str,
    convert: Convert | None,
) -> dict[str, Any]:
    if not isinstance(new, dict):
        _mismatch()
    made = dict(existing)
    for name, part in new.items():
        if part is None:
            made.pop(name, None)
        else:
            made[name] = restore_type(existing.get(name), part, zone=zone, convert=convert)
    return made
