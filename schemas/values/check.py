"""A raw JSON value against its field: the canonical value, or a refusal by code alone."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, assert_never

from schemas.errors import ValueRefused
from schemas.values.email import email
from schemas.values.identity import calendar_date, registration_number
from schemas.values.phone import phone
from schemas.values.specs import (
    ChoiceSpec,
    DateSpec,
    EmailSpec,
    FlagSpec,
    ListSpec,
    NumberSpec,
    ObjectSpec,
    PhoneSpec,
    RegistrationNumberSpec,
    TextSpec,
)
from schemas.values.text import text

if TYPE_CHECKING:
    from schemas.values.specs import ValueSpec

_NUMERAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


def check(spec: ValueSpec, value: object) -> Any:  # noqa: C901, PLR0911 - one line per kind
    """Bring a value to canonical form; checking a canonical value again changes nothing.

    Returns text, a number, a flag, a list, or for an object a dict of every declared part, absent
    optional ones as None. Raises `ValueRefused`, whose code is all that is told.
    """
    match spec:
        case TextSpec():
            return text(spec, value)
        case EmailSpec():
            return email(value, spec.normalise)
        case PhoneSpec():
            return phone(value, spec.normalise)
        case DateSpec():
            return calendar_date(spec, value)
        case ChoiceSpec():
            return _choice(spec, value)
        case NumberSpec():
            return _number(spec, value)
        case FlagSpec():
            return _flag(value)
        case RegistrationNumberSpec():
            return registration_number(value)
        case ListSpec():
            return _list(spec, value)
        case ObjectSpec():
            return _object(spec, value)
        case _:
            assert_never(spec)


def _choice(spec: ChoiceSpec, value: object) -> str | int | bool:
    if isinstance(value, str) and value in spec.options:
        return spec.options[value]
    for stored in spec.options.values():
        if type(value) is type(stored) and value == stored:
            return stored
    raise ValueRefused("not_an_option")


def _number(spec: NumberSpec, value: object) -> int | float:
    if isinstance(value, str) and _NUMERAL.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueRefused("not_a_number")
    if spec.integer and value != int(value):
        raise ValueRefused("not_an_integer")
    made = int(value) if spec.integer else value
    if abs(made) >= 2**53:
        raise ValueRefused("out_of_range")
    if (spec.min is not None and made < spec.min) or (spec.max is not None and made > spec.max):
        raise ValueRefused("out_of_range")
    return made


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueRefused("not_a_flag")


def _list(spec: ListSpec, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueRefused("not_a_list")
    if len(value) > spec.max_items:
        raise ValueRefused("too_many_items")
    if len(value) < spec.min_items:
        raise ValueRefused("too_few_items")
    return [check(spec.of, item) for item in value]


def _object(spec: ObjectSpec, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueRefused("not_an_object")
    if not value.keys() <= spec.parts.keys():
        raise ValueRefused("unknown_part")
    made: dict[str, Any] = {}
    for name, part in spec.parts.items():
        given = value.get(name)
        if given is None and part.required:
            raise ValueRefused("missing_part")
        # A form sends an optional part left blank as empty text: the same as not at all.
        blank = given is None or (given == "" and not part.required)
        made[name] = None if blank else check(part.value, given)
    return made
