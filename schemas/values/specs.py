"""What a value of a field may be: one small model per kind, as the data map declares it.

`value: email` is short for `value: {kind: email}`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from schemas.path import Path

Scalar = str | int | float | bool | None
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class Spec(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class TextSpec(Spec):
    """One line of text; `multiline` lets newlines and tabs in."""

    kind: Literal["text"] = "text"
    max: int = Field(default=200, ge=1, le=4000)
    min: int = Field(default=1, ge=0)
    multiline: bool = False
    pattern: str | None = None
    normalise: Literal["none", "trim", "collapse", "lower"] = "collapse"

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError("not a regular expression") from error
        return pattern


class EmailSpec(Spec):
    """One address, exactly; `lower` also folds the part before the @."""

    kind: Literal["email"] = "email"
    normalise: Literal["keep", "lower"] = "lower"


class PhoneSpec(Spec):
    """A Korean number in any spelling, or any other with its country code.

    `normalise` is the spelling that is written: `010-1234-5678`, `+821012345678`, `01012345678`.
    """

    kind: Literal["phone"] = "phone"
    normalise: Literal["national", "e164", "digits"] = "national"


class DateSpec(Spec):
    """A calendar date, canonical `YYYY-MM-DD`.

    `zone` is the one in which a stored BSON date means that day.
    """

    kind: Literal["date"] = "date"
    not_before: date = date(1850, 1, 1)
    not_after: date = date(2200, 1, 1)
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("not a known time zone") from error
        return zone


def _choices(value: Any) -> Any:
    return {str(item): item for item in value} if isinstance(value, list) else value


class ChoiceSpec(Spec):
    """One of the declared options: a list, or what is said -> what is stored."""

    kind: Literal["choice"] = "choice"
    options: Annotated[dict[str, str | int | bool], BeforeValidator(_choices), Field(min_length=1)]

    @model_validator(mode="after")
    def _unambiguous(self) -> ChoiceSpec:
        for said, stored in self.options.items():
            if isinstance(stored, str) and self.options.get(stored, stored) != stored:
                raise ValueError(f"option {said!r} is stored as another option's name")
        return self


class NumberSpec(Spec):
    """A number within bounds."""

    kind: Literal["number"] = "number"
    min: float | None = None
    max: float | None = None
    integer: bool = True


class FlagSpec(Spec):
    """True or false."""

    kind: Literal["flag"] = "flag"


class RegistrationNumberSpec(Spec):
    """A Korean resident registration number, canonical `YYMMDD-NNNNNNN`; no checksum is asked."""

    kind: Literal["rrn"] = "rrn"


def _short(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class ListSpec(Spec):
    """A list whose elements are all of one kind."""

    kind: Literal["list"] = "list"
    of: ValueSpec
    min_items: int = Field(default=0, ge=0)
    max_items: int = Field(default=50, ge=1, le=1000)


class PartSpec(Spec):
    """One part of an object: where it stands below the field's path, and what it may be."""

    path: Path
    value: ValueSpec
    required: bool = True


def _parts(value: Any) -> Any:
    """Let `road: text` stand for `road: {path: road, value: text}`."""
    if not isinstance(value, dict):
        return value
    return {
        name: {"path": name, "value": part}
        if isinstance(part, str)
        else ({"path": name} | part if isinstance(part, dict) else part)
        for name, part in value.items()
    }


class ObjectSpec(Spec):
    """An object of exactly the declared parts; nothing else in it is read or written."""

    kind: Literal["object"] = "object"
    parts: Annotated[dict[Slug, PartSpec], BeforeValidator(_parts), Field(min_length=1)]


ValueSpec = Annotated[
    Annotated[
        TextSpec
        | EmailSpec
        | PhoneSpec
        | DateSpec
        | ChoiceSpec
        | NumberSpec
        | FlagSpec
        | RegistrationNumberSpec
        | ListSpec
        | ObjectSpec,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_short),
]

ListSpec.model_rebuild()
PartSpec.model_rebuild()
ObjectSpec.model_rebuild()
