"""The two kinds of model: strict for what comes from outside, tolerant for our own (D9)."""

from __future__ import annotations

import json
import unicodedata
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from schemas.errors import Reason, Refused

MAX_BODY = 256 * 1024
"""Bytes of a message from outside that are parsed at all; the contract's largest is about 40 KB."""

MAX_DEPTH = 32
"""Levels of nesting that a message from outside may have."""

_FORBIDDEN = frozenset(range(0x202A, 0x202F)) | frozenset(range(0x2066, 0x206A)) | {0x2028, 0x2029}
_CONTROLS_ALLOWED = frozenset("\n\t")


class Outside(BaseModel):
    """What others send us: unknown keys are errors, nothing is coerced, nothing can be changed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False
    )


class Ours(BaseModel):
    """What we wrote ourselves: unknown keys are ignored, so a newer version may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def clean(text: str) -> str:
    """The text in NFC; refuses NUL, controls, direction overrides and lone surrogates."""
    for char in text:
        point = ord(char)
        if point < 0x20 and char not in _CONTROLS_ALLOWED:
            raise ValueError("control_character")
        if 0x7F <= point < 0xA0 or point in _FORBIDDEN or 0xD800 <= point <= 0xDFFF:
            raise ValueError("forbidden_character")
    return unicodedata.normalize("NFC", text)


def single_line(text: str) -> str:
    """Refuses what could start another header or line."""
    if "\n" in text or "\t" in text:
        raise ValueError("line_break")
    return text.strip()


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=320),
    AfterValidator(clean),
    AfterValidator(single_line),
]
Prose = Annotated[str, StringConstraints(max_length=4000), AfterValidator(clean)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Uuid = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        to_lower=True,
    ),
]
Moment = AwareDatetime


def parse_json(body: bytes) -> dict[str, Any]:
    """One JSON object, or `Refused`: no duplicate keys, no NaN, no bottomless nesting.

    pydantic alone keeps the last of duplicate keys, so two readers of one message could see two
    different messages; the object is therefore built here, once, and validated afterwards.
    """
    if not body:
        raise Refused(Reason("$", "empty"))
    if len(body) > MAX_BODY:
        raise Refused(Reason("$", "too_large"))
    if _depth(body) > MAX_DEPTH:
        raise Refused(Reason("$", "too_deep"))
    try:
        value = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except Refused:
        raise
    except (ValueError, RecursionError):
        raise Refused(Reason("$", "not_json")) from None
    if not isinstance(value, dict):
        raise Refused(Reason("$", "not_an_object"))
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Refused(Reason("$", "duplicate_key"))
    return made


def _no_constant(_name: str) -> NoReturn:
    raise Refused(Reason("$", "not_a_number"))


def _depth(body: bytes) -> int:
    """An upper bound of the nesting, counted on the bytes so that no parser recurses first."""
    depth = deepest = 0
    for byte in body:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest
