"""What a person has to decide, why it came to the desk, and what was decided by whom.

A name of an account is staff data and stands in clear; a text that somebody typed does not: it is
sealed with the particulars. Codes are those of `refusals` and `delays`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from schemas.base import Ours


class Why(StrEnum):
    """Why a request needs a person. The value is stored and shown."""

    EVIDENCE_FIELD = "evidence_field"
    """A field that no code proves, such as a name or a date of birth."""
    GUARDIAN_UNCLEAR = "guardian_unclear"
    """The guardian is not on the child's record, or the right may have ended."""
    NOTHING_ARRIVED = "nothing_arrived"
    """The requester says that no code arrived; said alike whether or not somebody matched."""
    DISOWNED = "disowned"
    """The contact on file says that it did not ask for this."""
    YOUNG_CONTACT = "young_contact"
    """An address that proves alone has not been on file for long."""
    UNCONFIRMED = "unconfirmed"
    """The desk approved a new mail address, and nobody there has confirmed it in time."""
    INQUIRY = "inquiry"
    """A question or a complaint: a person answers."""
    SUBJECT_GONE = "subject_gone"
    """Proven or approved, but nobody is on record any more, or another request was faster."""


class Approval(Ours):
    """One account's yes. `refused`: the fields that it does not grant, and why not."""

    by: str
    at: datetime
    refused: dict[str, str] = Field(default_factory=dict)


class Refusal(Ours):
    """The request was refused."""

    reason: str
    by: str
    at: datetime


class Extension(Ours):
    """The deadline was put off, once."""

    until: datetime
    reason: str
    by: str
    at: datetime


class Pause(Ours):
    """The desk waits for an answer of the requester; the legal clock stands still meanwhile."""

    missing: tuple[str, ...]
    by: str
    at: datetime
    alarm: datetime
    """When the deadline's next alarm would have come."""
    ended_at: datetime | None = None


class Exhibit(Ours):
    """Evidence: a file that was handed in (`size` in bytes), or what somebody was shown."""

    id: str
    by: str
    at: datetime
    size: int | None = None


class Review(Ours):
    """A request at the desk; stays when it has left it.

    Without a `why` it has not come there: something was handed in with it.
    """

    why: tuple[Why, ...]
    opened_at: datetime
    approvals: tuple[Approval, ...] = ()
    effective_at: datetime | None = None
    """When the newest approval of a desk of one takes effect, unless somebody stops it."""
    pauses: tuple[Pause, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    exhibits_destroyed_at: datetime | None = None

    @property
    def pause(self) -> Pause | None:
        """The one that lasts."""
        last = self.pauses[-1] if self.pauses else None
        return last if last is not None and last.ended_at is None else None


def at_desk(before: Review | None, why: tuple[Why, ...], now: datetime) -> Review:
    """It comes to the desk, with what was handed in before."""
    there = before is not None and before.exhibits_destroyed_at is None
    return Review(why=why, opened_at=now, exhibits=before.exhibits if before and there else ())


class Role(StrEnum):
    """What an account of the desk may do. Each may what those before it may."""

    AGENT = "agent"
    """Reads, and adds what a person handed in."""
    REVIEWER = "reviewer"
    """Decides."""
    OFFICER = "officer"
    """The privacy officer: decides, and answers for the desk."""


DECIDERS = frozenset({Role.REVIEWER, Role.OFFICER})


def may(role: Role, least: Role) -> bool:
    """Whether this role may do what takes at least that one."""
    ranks = list(Role)
    return ranks.index(role) >= ranks.index(least)


class Purpose(StrEnum):
    """Why somebody of the desk looks at particulars in clear; it goes on record."""

    IDENTITY = "identity"
    EVIDENCE = "evidence"
    ANSWER = "answer"
    COMPLAINT = "complaint"
    AUDIT = "audit"


class Closing(StrEnum):
    """How an inquiry ended."""

    ANSWERED = "answered"
    FORWARDED = "forwarded"
    NOTHING_TO_DO = "nothing_to_do"


@dataclass(frozen=True, slots=True)
class Approve:
    """Yes; to each field that is not named with a reason of the list against it."""

    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refuse:
    """No, for a reason of the list."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desk writes to somebody who asked."""

    text: str = field(repr=False)
    closing: Closing = Closing.ANSWERED


@dataclass(frozen=True, slots=True)
class Extend:
    """The decision takes longer than the law's usual time, for a reason of the list."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskFor:
    """Something is missing: the requester is asked for it, and the clock stands still."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resume:
    """The answer is there, or does not come: the clock goes on."""


@dataclass(frozen=True, slots=True)
class AddExhibit:
    """Evidence came in: a file that was stored under `id`, or what somebody was shown."""

    id: str
    size: int | None = None
    seen: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AddNote:
    """A note for whoever looks at this next."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """Whom it is about, by identifiers that the desk has found out."""

    identifiers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reveal:
    """Somebody looks at the particulars in clear."""

    purpose: Purpose


Decision = (
    Approve | Refuse | Answer | Extend | AskFor | Resume | AddExhibit | AddNote | Match | Reveal
)
FOR_AGENTS = (AddExhibit, AddNote)
"""What needs no decider."""


@dataclass(frozen=True, slots=True)
class Staff:
    """An account that has proven itself. `alone`: no other active account could decide."""

    name: str
    role: Role
    alone: bool = False
    own: str | None = None
    """Pseudonym of the person whose account it is, where that person is on record."""
