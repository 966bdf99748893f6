"""What each mail says, as plain facts: a stage states them, the composer finds the words.

Facts are the same for every language: names and labels come as `Label`, everything else as a code
of the contract or a moment. None of them holds a text that a requester wrote, an old or a new
value, or whether an account exists: a mail can only say what stands here. (What the desk answers to
a question is the desk's own text.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from schemas.datamap.base import Label
from schemas.notice import NoticeStatus
from schemas.submission import Channel, Kind

Purpose = Literal[
    "acknowledgement",
    "challenge",
    "interim",
    "completion",
    "expiry",
    "refusal",
    "cooling",
    "withdrawal",
    "alarm",
    "confirmation",
    "notice",
    "digest",
    "approval",
    "extension",
    "pause",
    "answer",
]
Result = Literal["corrected", "unchanged", "in_review", "deleted", "refused"]

_CODE = re.compile(r"[0-9]{8}")
_LINK = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True, slots=True)
class ComplaintBody:
    """An authority that a person can turn to."""

    name: Label
    url: str
    phone: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """Who answers for the personal data, as every mail states it."""

    name: Label
    department: Label
    phone: str
    email: str
    postal_address: Label
    complaint_bodies: tuple[ComplaintBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """Which request a mail is about; common to all of them."""

    tracking: str
    kind: Kind
    channel: Channel
    received_at: datetime
    """When the person asked; aware."""
    fields: tuple[Label, ...] = ()
    """Labels of the data map; none means everything on file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementFacts(RequestFacts):
    """Received. Goes to whatever address the request brought, so it says nothing about anybody."""

    purpose: ClassVar[Purpose] = "acknowledgement"
    deadline: datetime
    """The end of the statutory time, in the zone whose days count; midnight ends the day before."""
    same_as: str | None = None
    """Tracking code of the older request of the same content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeFacts(RequestFacts):
    """Prove that it was you. Goes to the contact on file only."""

    purpose: ClassVar[Purpose] = "challenge"
    code: str
    """Eight digits."""
    link: str
    not_me_link: str
    ends_at: datetime

    def __post_init__(self) -> None:
        """A code or link of another form could add lines to the mail, or miss its own line."""
        if not _CODE.fullmatch(self.code):
            raise ValueError("a challenge's code is eight digits")
        if not (_LINK.fullmatch(self.link) and _LINK.fullmatch(self.not_me_link)):
            raise ValueError("a challenge's links are http(s) addresses without spaces")


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

    def __post_init__(self) -> None:
        """A link of another form could add lines to the mail."""
        if self.receipt_link is not None and not _LINK.fullmatch(self.receipt_link):
            raise ValueError("a receipt's link is an http(s) address without spaces")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolingFacts(RequestFacts):
    """A proven deletion, and how to stop it. Goes to every contact on file, and only there."""

    purpose: ClassVar[Purpose] = "cooling"
    begins_at: datetime
    stop_link: str

    def __post_init__(self) -> None:
        """A link of another form could add lines to the mail."""
        if not _LINK.fullmatch(self.stop_link):
            raise ValueError("a link is an http(s) address without spaces")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationFacts(RequestFacts):
    """Confirm this address. Goes to a new one, and says nothing of an account."""

    purpose: ClassVar[Purpose] = "confirmation"
    code: str
    """Eight digits."""
    link: str
    ends_at: datetime

    def __post_init__(self) -> None:
        """A code or link of another form could add lines to the mail, or miss its own line."""
        if not _CODE.fullmatch(self.code):
            raise ValueError("a confirmation's code is eight digits")
        if not _LINK.fullmatch(self.link):
            raise ValueError("a confirmation's link is an http(s) address without spaces")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressNoticeFacts(RequestFacts):
    """The mail address is about to change, and how to stop it. Goes to those on file only."""

    purpose: ClassVar[Purpose] = "notice"
    begins_at: datetime
    stop_link: str

    def __post_init__(self) -> None:
        """A link of another form could add lines to the mail."""
        if not _LINK.fullmatch(self.stop_link):
            raise ValueError("a link is an http(s) address without spaces")


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestFacts(RequestFacts):
    """More requests wait than codes are sent in a day. Proves nothing, and goes to contacts only.

    The request that it states is the first that waits.
    """

    purpose: ClassVar[Purpose] = "digest"
    codes: int
    """So many are sent in a day."""
    link: str

    def __post_init__(self) -> None:
        """A link of another form could add lines to the mail."""
        if not _LINK.fullmatch(self.link):
            raise ValueError("a link is an http(s) address without spaces")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryFacts(RequestFacts):
    """Nobody proved in time. Goes to whatever address the request brought."""

    purpose: ClassVar[Purpose] = "expiry"
    expired_at: datetime
    same_as: str | None = None
    """Tracking code of the older request of the same content, which was acted on instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFacts(RequestFacts):
    """Taken back, or stopped. Goes to contacts on file only."""

    purpose: ClassVar[Purpose] = "withdrawal"
    withdrawn_at: datetime
    was_restricted: bool
    """Data was not used meanwhile, and is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalFacts(RequestFacts):
    """Not done, with the reason of the list and the legal ground."""

    purpose: ClassVar[Purpose] = "refusal"
    refused_at: datetime
    reason: Label
    legal_ground: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFacts(RequestFacts):
    """Near its deadline, or past it. Goes to our own department, and names no particulars."""

    purpose: ClassVar[Purpose] = "alarm"
    deadline: datetime
    """As in an acknowledgement."""
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalFacts(RequestFacts):
    """One person alone approved it, and how to stop it. Goes to every contact on file only."""

    purpose: ClassVar[Purpose] = "approval"
    takes_effect_at: datetime
    stop_link: str

    def __post_init__(self) -> None:
        """A link of another form could add lines to the mail."""
        if not _LINK.fullmatch(self.stop_link):
            raise ValueError("a link is an http(s) address without spaces")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionFacts(RequestFacts):
    """It takes longer. Says nothing about anybody, since it may go to an unproven address."""

    purpose: ClassVar[Purpose] = "extension"
    deadline: datetime
    """The new end; midnight means the end of the day before it."""
    reason: Label
    legal_ground: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFacts(RequestFacts):
    """Something is missing. Says nothing about anybody, since it may go to an unproven address."""

    purpose: ClassVar[Purpose] = "pause"
    paused_at: datetime
    missing: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts(RequestFacts):
    """What the desk wrote to somebody who asked: the one mail with a text that a person typed."""

    purpose: ClassVar[Purpose] = "answer"
    answered_at: datetime
    answer: str


LetterFacts = (
    AcknowledgementFacts
    | ChallengeFacts
    | InterimFacts
    | CompletionFacts
    | CoolingFacts
    | ConfirmationFacts
    | AddressNoticeFacts
    | DigestFacts
    | ExpiryFacts
    | RefusalFacts
    | WithdrawalFacts
    | AlarmFacts
    | ApprovalFacts
    | ExtensionFacts
    | PauseFacts
    | AnswerFacts
)
