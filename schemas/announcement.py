"""An announcement: a change that every member has to be told of, as its file states it."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from schemas.base import Line, Outside, clean
from schemas.canonical import canonical
from schemas.errors import AnnouncementError


def _date(value: Any) -> Any:
    """A day as people write it in a file; YAML's own dates are not read (`0212` stays text)."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("write it as 2027-01-31") from None


def _filled(text: str) -> str:
    if not (said := text.strip()):
        raise ValueError("is blank")
    return said


Body = Annotated[
    str, StringConstraints(max_length=20_000), AfterValidator(clean), AfterValidator(_filled)
]


class Words(Outside):
    """What it says in one language; the body is plain text, a blank line between paragraphs."""

    subject: Annotated[Line, StringConstraints(max_length=200)]
    body: Body


class Announcement(Outside):
    """The file of `dsr announce`. Its id names it for ever: nobody gets the same id twice."""

    schema_: Literal["dsr.announcement/1"] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=48)]
    effective: Annotated[date, BeforeValidator(_date)]
    """The first day on which the change holds."""
    ko: Words
    en: Words

    def words(self, language: str) -> Words:
        """In that language; an unknown one falls back to Korean."""
        return self.en if language == "en" else self.ko

    @property
    def fingerprint(self) -> str:
        """Of all that it says: whoever gets it later gets the same words."""
        return sha256(canonical(self.model_dump(mode="json"))).hexdigest()


def parse(content: Any, *, source: str) -> Announcement:
    """From the file's content, or an `AnnouncementError` that names the first wrong key."""
    try:
        return Announcement.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the whole file"
        raise AnnouncementError(
            f"{source}, {where}: {first['msg'].removeprefix('Value error, ')}"
        ) from None
