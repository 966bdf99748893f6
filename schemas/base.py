"""The two kinds of model: strict for what comes from outside, tolerant for our own (D9)."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from schemas.errors import Reason, Refused

MAX_BODY = 256 * 1024
"""Bytes of a message from outside that are parsed at all; the contract's largest is about 40 KB."""

# NUL and other controls (but newline and tab), direction overrides, line separators, surrogates.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Outside(BaseModel):
    """What others send us: unknown keys are errors, nothing is coerced, nothing can be changed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False
    )


class Ours(BaseModel):
    """What we wrote ourselves: unknown keys are ignored, so a newer version may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


OutsideModel = TypeVar("OutsideModel", bound=Outside)


def clean(text: str) -> str:
    """The text in NFC; refuses NUL, controls, direction overrides and lone surrogates."""
    if found := _FORBIDDEN.search(text):
        raise ValueError("control_character" if found[0] < " " else "forbidden_character")
    return unicodedata.normalize("NFC", text)


def single_line(text: str) -> str:
    """Refuses what could start another header or line, and what says nothing."""
    if "\n" in text or "\t" in text:
        raise ValueError("line_break")
    if not (said := text.strip()):
        raise ValueError("blank")
    return said


def _plausible(moment: datetime) -> datetime:
    # Times at the ends of the calendar have no deadline, and no form in UTC.
    if not 2000 <= moment.year < 2100:
        raise ValueError("implausible_time")
    return moment


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
Moment = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""A time with its offset, of this century: the clocks that start from it can be computed."""


def parse(model: type[OutsideModel], body: bytes) -> OutsideModel:
    """The message that these bytes hold, or `Refused` with the schema paths that are wrong.

    The JSON is read twice on purpose: pydantic keeps the last of duplicate keys, so that two
    readers of one message could see two different messages; `json` is told to refuse them.
    """
    read_object(body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise Refused(*_reasons(error)) from None


def read_object(body: bytes) -> dict[str, Any]:
    """The one JSON object that these bytes hold, each key once; `Refused` for anything else."""
    if not body:
        raise Refused(Reason("$", "empty"))
    if len(body) > MAX_BODY:
        raise Refused(Reason("$", "too_large"))
    try:
        value = json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise Refused(Reason("$", "too_deep")) from None
    except ValueError:
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


def _reasons(error: ValidationError) -> list[Reason]:
    """Schema paths and codes; unknown keys are not named, since a key can be a value too."""
    reasons = []
    for item in error.errors(include_url=False, include_context=True, include_input=False):
        kind = item["type"]
        location = item["loc"][:-1] if kind == "extra_forbidden" else item["loc"]
        if kind == "value_error":
            kind = str(item.get("ctx", {}).get("error", kind))
        reasons.append(Reason(".".join(["$", *(str(part) for part in location)]), kind))
    return list(dict.fromkeys(reasons))
