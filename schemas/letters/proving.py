"""What is said until somebody has proven a request, and when nobody does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from schemas.letters.common import (
    CodeFacts,
    Purpose,
    RequestFacts,
    StopFacts,
    check_code,
    check_links,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementFacts(RequestFacts):
    """Received. Goes to whatever address the request brought, so it says nothing about anybody."""

    purpose: ClassVar[Purpose] = "acknowledgement"
    deadline: datetime
    """The end of the statutory time, in the zone whose days count; midnight ends the day before."""
    nothing_arrived_link: str
    same_as: str | None = None
    """Tracking code of the older request of the same content."""

    def __post_init__(self) -> None:
        """A link of another form could add lines to the mail."""
        check_links(self.nothing_arrived_link)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeFacts(CodeFacts):
    """Prove that it was you. Goes to the contact on file only."""

    purpose: ClassVar[Purpose] = "challenge"
    by_reply: bool = False
    """Whether the code may be mailed back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolingFacts(StopFacts):
    """A proven deletion, or a proven wish to see what is held, that waits for a while."""

    purpose: ClassVar[Purpose] = "cooling"
    begins_at: datetime


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
        check_code(self.code)
        check_links(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressNoticeFacts(StopFacts):
    """The mail address is about to change."""

    purpose: ClassVar[Purpose] = "notice"
    begins_at: datetime


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
        check_links(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianFacts(RequestFacts):
    """A child hears what its guardian has asked for. Goes to the child's own contact only."""

    purpose: ClassVar[Purpose] = "guardian"
    proven_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryFacts(RequestFacts):
    """Nobody proved in time. Goes to whatever address the request brought."""

    purpose: ClassVar[Purpose] = "expiry"
    expired_at: datetime
    same_as: str | None = None
    """Tracking code of the older request of the same content, which was acted on instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingFacts(RequestFacts):
    """A code to see where a request stands. Goes to the address that the request brought."""

    purpose: ClassVar[Purpose] = "viewing"
    code: str
    """Eight digits."""
    link: str
    ends_at: datetime

    def __post_init__(self) -> None:
        """A code or link of another form could add lines to the mail, or miss its own line."""
        check_code(self.code)
        check_links(self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFacts(RequestFacts):
    """Taken back, or stopped. Goes to contacts on file only."""

    purpose: ClassVar[Purpose] = "withdrawal"
    withdrawn_at: datetime
    was_restricted: bool
    """Data was not used meanwhile, and is now."""
