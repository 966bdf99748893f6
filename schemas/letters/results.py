"""What was done, field by field, who was told, and what can be fetched or lifted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from schemas.datamap.base import Label
from schemas.letters.common import (
    CodeFacts,
    Purpose,
    RequestFacts,
    Result,
    check_code,
    check_links,
)
from schemas.notice import NoticeStatus


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """What was done about one field."""

    label: Label
    result: Result
    reason: Label | None = None
    """Why it was refused, and on which legal ground."""
    legal_ground: Label | None = None


@dataclass(frozen=True, slots=True)
class RecipientOutcome:
    """Whom we told, and what it answered so far."""

    name: Label
    status: NoticeStatus


@dataclass(frozen=True, slots=True)
class KeptOutcome:
    """What a law keeps after a deletion, in a database of its own."""

    law: Label
    until: datetime
    """When the last of it is destroyed."""


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What can be fetched after an access request, and for how long."""

    link: str
    until: datetime
    downloads: int
    """How often at most."""
    records: tuple[tuple[str, int], ...]
    """Per collection of the company's database."""

    def __post_init__(self) -> None:
        """A link of another form could add lines to the mail."""
        check_links(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFacts(RequestFacts):
    """What was done, field by field, and who was told."""

    applied_at: datetime
    outcomes: tuple[FieldOutcome, ...]
    recipients: tuple[RecipientOutcome, ...] = ()
    kept: tuple[KeptOutcome, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InterimFacts(ResultFacts):
    """Done, but recipients have not answered yet. Goes to the contact on file only."""

    purpose: ClassVar[Purpose] = "interim"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionFacts(ResultFacts):
    """Done, and every recipient settled or escalated. Goes to the contact on file only."""

    purpose: ClassVar[Purpose] = "completion"
    receipt_link: str | None = None
    """Where the signed receipt can be fetched, once there is one."""
    package: PackageFacts | None = None
    """What an access request came to."""
    lift_link: str | None = None
    """Where a restriction that stands is lifted."""
    lift_code: str | None = None
    """Eight digits that lift it by any other channel; given together with the link."""

    def __post_init__(self) -> None:
        """A link or code of another form could add lines to the mail."""
        check_links(self.receipt_link, self.lift_link)
        check_code(self.lift_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowupFacts(RequestFacts):
    """The answer of a recipient that had kept us waiting. Goes to the contact on file only."""

    purpose: ClassVar[Purpose] = "followup"
    answered_at: datetime
    recipients: tuple[RecipientOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadFacts(CodeFacts):
    """A fresh code to fetch a package with. Goes to the contact on file only."""

    purpose: ClassVar[Purpose] = "download"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftFacts(RequestFacts):
    """How to lift a restriction that stands. Goes to the person's own contact on file only."""

    purpose: ClassVar[Purpose] = "lift"
    since: datetime
    code: str
    """Eight digits that lift it by any channel."""
    link: str

    def __post_init__(self) -> None:
        """A code or link of another form could add lines to the mail, or miss its own line."""
        check_code(self.code)
        check_links(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftedFacts(RequestFacts):
    """A restriction was lifted. Goes to the contact on file only."""

    purpose: ClassVar[Purpose] = "lifted"
    lifted_at: datetime
    told: tuple[Label, ...] = ()
    """Who had been told of the restriction, and now hears of its end."""
