"""What channels publish to `dsr.intake`: a Submission, a Proof, a Withdrawal."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from schemas import tracking
from schemas.base import Line, Moment, Outside, Prose, Slug, Uuid, clean

Channel = Literal["web", "email", "phone", "post"]
Kind = Literal["access", "correction", "deletion", "restriction", "objection", "inquiry"]
Relation = Literal["self", "guardian", "agent"]

Email = Annotated[
    str,
    StringConstraints(
        max_length=254, pattern=r"^[^\s@<>,;:\"\\()\[\]]{1,64}@[^\s@<>,;:\"\\()\[\]]{1,255}$"
    ),
    AfterValidator(clean),
]
Language = Line
MessageId = Annotated[str, StringConstraints(pattern=r"^<[!-;=?-~]{3,250}>$")]
BirthDate = Annotated[str, StringConstraints(pattern=r"^(19|20)\d\d-[01]\d-[0-3]\d$")]


class Requester(Outside):
    """Who asks."""

    relation: Relation
    name: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    postal_address: Line | None = None


class Subject(Outside):
    """Whom it is about: whatever identifies the person in the company's records."""

    login_id: Line | None = None
    name: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    birth_date: BirthDate | None = None

    def identifiers(self) -> dict[str, str]:
        """The identifiers that were given, by their name."""
        return self.model_dump(exclude_none=True)

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not any((self.login_id, self.name, self.email, self.phone)):
            raise ValueError("no_identifier")
        return self


class Change(Outside):
    """One corrected value. Its shape is checked by the data map, which knows the field."""

    field: Slug
    value: Any


class Submission(Outside):
    """One data-subject request, as a channel took it in (schema `dsr.submission/1`)."""

    schema_: Literal["dsr.submission/1"] = Field(alias="schema")
    submission_id: Uuid
    channel: Channel
    submitted_at: Moment
    received_at: Moment | None = None
    kind: Kind
    language: Language = "ko"
    requester: Requester
    subject: Subject
    changes: Annotated[tuple[Change, ...], Field(max_length=50)] = ()
    fields: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    statement: Prose = ""
    operator: Line | None = None
    in_reply_to: MessageId | None = None
    """Of a mail: its Message-ID, so that answers to whoever asked stand in its thread."""

    @property
    def clock_starts(self) -> Moment:
        """When the person asked: the legal clock starts here."""
        return self.received_at or self.submitted_at

    @model_validator(mode="after")
    def _kind_and_parts_agree(self) -> Self:
        if (self.kind == "correction") != bool(self.changes):
            raise ValueError("changes_belong_to_a_correction")
        if self.fields and self.kind not in {"deletion", "restriction", "objection"}:
            raise ValueError("fields_do_not_belong_to_this_kind")
        if self.in_reply_to is not None and self.channel != "email":
            raise ValueError("in_reply_to_belongs_to_a_mail")
        names = [change.field for change in self.changes]
        if len(set(names)) != len(names):
            raise ValueError("field_twice")
        return self

    def canonical(self) -> bytes:
        """The content in one spelling: two submissions are the same iff these bytes are.

        Channels compute it too (docs/assertions.md), so a change here breaks theirs.
        """
        content = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        # A value is what it was published as: in it, nothing that is null is left out.
        content["changes"] = [change.model_dump(mode="json") for change in self.changes]
        content["submitted_at"] = _instant(self.submitted_at)
        if self.received_at is not None:
            content["received_at"] = _instant(self.received_at)
        said = {name: value for name, value in content.items() if value not in ("", [])}
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def likeness(self) -> bytes:
        """The same, but for its id and its times: what somebody has who sends a form twice."""
        of_this_one = {
            "submission_id": "",
            "submitted_at": datetime(2000, 1, 1, tzinfo=UTC),
            "received_at": None,
            "in_reply_to": None,
        }
        return self.model_copy(update=of_this_one).canonical()

    def public_digest(self) -> str:
        """What an assertion names the content by; anybody can compute it, so it is never stored."""
        return urlsafe_b64encode(hashlib.sha256(self.canonical()).digest()).rstrip(b"=").decode()


def _instant(moment: datetime) -> str:
    """In UTC and milliseconds, as JavaScript's `toISOString` writes it."""
    at = moment.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


Code = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(clean)]


def _one_spelling(typed: str) -> str:
    """However it was typed; what is none stays as it is, and names no request."""
    try:
        return tracking.parse(typed)
    except ValueError:
        return typed


TrackingCode = Annotated[
    str, StringConstraints(min_length=8, max_length=40), AfterValidator(_one_spelling)
]


Assertion = Annotated[
    str,
    StringConstraints(max_length=8192, pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"),
]


class Proof(Outside):
    """What shows that the requester is the person.

    A code that only the contact on file got, or what a login says of who is signed in.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["code"]}, {"required": ["assertion"]}]}
    )

    schema_: Literal["dsr.proof/1"] = Field(alias="schema")
    proof_id: Uuid
    tracking: TrackingCode
    code: Code | None = None
    assertion: Assertion | None = None
    """A signed JWT in its compact form (docs/assertions.md)."""
    channel: Channel
    operator: Line | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.code is None) == (self.assertion is None):
            raise ValueError("one_of_code_and_assertion")
        return self


class Withdrawal(Outside):
    """The requester takes the request back; the code shows that it is the requester."""

    schema_: Literal["dsr.withdrawal/1"] = Field(alias="schema")
    withdrawal_id: Uuid
    tracking: TrackingCode
    code: Code
    channel: Channel
    operator: Line | None = None


def own_id(message: Submission | Proof | Withdrawal) -> str:
    """The id that the publisher gave."""
    match message:
        case Submission():
            return message.submission_id
        case Proof():
            return message.proof_id
    return message.withdrawal_id
