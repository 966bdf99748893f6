"""What a stage returns: a transition, effects, an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from schemas.evidence import ErasureSummary
from schemas.letters import LetterFacts
from schemas.lifecycle import Transition
from schemas.messages import Message
from schemas.notice import NoticeKind
from schemas.request import Request, SubjectRef

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the publisher hears, best effort: accepted or not, and for a submission its tracking."""

    accepted: bool
    tracking: str | None = None


@dataclass(frozen=True, slots=True)
class Restrict:
    """Hide the subject's fields from every `_usable` view until this request is done (D5).

    Does nothing if the request's slot is claimed already.
    """

    request: str
    subject: SubjectRef
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correct:
    """Set fields in every mapped place, claim the slot, lift the restriction: one transaction."""

    request: str
    subject: SubjectRef
    values: Mapping[str, Any]
    at: datetime | None = None
    """The database's time: since when a contact that changes is on file, where that is kept."""


@dataclass(frozen=True, slots=True)
class Release:
    """Claim the slot without a change, and lift whatever this request restricted."""

    request: str
    subject: SubjectRef


@dataclass(frozen=True, slots=True)
class Claim:
    """Claim the slot for what was made of the record without a change: a package that is ready."""

    request: str
    subject: SubjectRef


@dataclass(frozen=True, slots=True)
class Suspend:
    """Claim the slot, and keep the fields restricted until `Resume`: nothing else lifts it."""

    request: str
    subject: SubjectRef
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resume:
    """Lift what this request's `Suspend` restricted; what others restrict stays so."""

    request: str
    subject: SubjectRef


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """Withdraw the consent to purposes in every mapped place, and claim the slot.

    Identifiers that exist for these purposes alone go with it.
    """

    request: str
    subject: SubjectRef
    purposes: tuple[str, ...]
    at: datetime
    """What is written as the time of the change."""


@dataclass(frozen=True, slots=True)
class SubjectResult:
    """What a subject effect came to.

    `done`: now. `already`: an earlier delivery had done it. `lost`: another kind of effect claimed
    the slot first. `more`: a part is done, call again (a subject with very many copies). `gone`: no
    such subject. `refused`: the database's own validator or unique index refused the value.
    """

    outcome: Literal["done", "already", "lost", "more", "gone", "refused"]
    seq: int = 0
    """The subject's sequence number at this effect; grows by one with each applied request."""
    places: Mapping[str, int] | None = None
    """Per field or purpose, the documents in which its value was replaced."""


@dataclass(frozen=True, slots=True)
class Erase:
    """Delete the subject from the company's database, in steps; the same call goes on where it was.

    Claims the request's slot with its first step. It stands beside the other subject effects: it
    needs many commits, and its own adapter carries it out.
    """

    request: str
    subject: SubjectRef
    pseudonym: str
    fields: tuple[str, ...] | None = None
    """Only these fields, in every place; None: the whole subject."""
    checkpoint: Mapping[str, Any] | None = None
    """What the last call returned, or an older one: the database itself knows how far it got."""
    before: datetime | None = None
    """Binds only a person who is on record since before this time: a replay after a restore."""


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """What one call of an erasure came to.

    `more`: a part is done, call again. `done`: nothing of it is left. `gone`: there was no such
    subject, or the request's slot was claimed otherwise. `blocked`: `summary.findings` says what
    stands in the way and where; calling again tries again.
    """

    outcome: Literal["more", "done", "gone", "blocked"]
    checkpoint: Mapping[str, Any]
    """The step and the summary, safe as JSON and BSON, without personal data."""
    summary: ErasureSummary


@dataclass(frozen=True, slots=True)
class Collect:
    """Collect everything of the subject into a sealed package, and claim the request's slot.

    Reads only, many documents of them, and writes to our own store: an adapter of its own carries
    it out. A second call finds the package that the first one made.
    """

    request: str
    subject: SubjectRef
    pseudonym: str
    tracking: str
    language: str
    keep: timedelta
    """How long the package exists."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A package that is ready, as far as a request may know."""

    id: str
    made_at: datetime
    destroy_after: datetime
    records: Mapping[str, int]
    """Per collection."""
    values: Mapping[str, int]
    """Per field, the records that hold it; a field that may not leave counts as none."""


@dataclass(frozen=True, slots=True)
class CollectResult:
    """What one call came to.

    `ready`: there is a package and the slot is ours. `lost`: another kind of effect claimed the
    slot first. `gone`: no such subject. `more`: others of the group came first, call again.
    `put_off`: something of this subject stands in the way, `code` says what.
    """

    outcome: Literal["ready", "lost", "gone", "more", "put_off"]
    package: Collected | None = None
    code: str = ""


RecordEffect = Restrict | Correct | Release | Claim | Suspend | Resume | WithdrawConsent
"""Done in one transaction on the company's data."""


@dataclass(frozen=True, slots=True)
class DestroyExhibits:
    """Destroy what was handed in as evidence for this request; done again, it does nothing."""

    request: str


SubjectEffect = RecordEffect | Erase | Collect | DestroyExhibits


@dataclass(frozen=True, slots=True)
class SendMail:
    """One mail that is to leave the house now."""

    to: str
    language: str
    facts: LetterFacts
    message_id: str
    tracking: str
    date: datetime
    in_reply_to: str | None = None
    """The Message-ID of the mail that it answers."""


@dataclass(frozen=True, slots=True)
class SendNotice:
    """One notice that is to leave the house now, with the values as they stand now."""

    recipient: str
    notice_id: str
    request: str
    subject: SubjectRef
    fields: tuple[str, ...]
    lease: float
    """Monotonic time after which it must not be sent any more: another worker may have the lock."""
    deleted_as: str | None = None
    """The notice is of a deletion: what the recipient knew the person by."""
    about: NoticeKind = "correction"
    """With `objection`, `fields` are purposes."""
    tracking: str = ""
    asked_at: datetime = LONG_AGO
    """When the person asked."""
    since: datetime = LONG_AGO
    """When the recipient was to be told first."""


@dataclass(frozen=True, slots=True)
class AskStatus:
    """One recipient is asked now how far it has got with a notice that it has."""

    recipient: str
    notice_id: str
    lease: float
    """As of a notice."""


OutboundEffect = SendMail | SendNotice | AskStatus


@dataclass(frozen=True, slots=True)
class OutboundResult:
    """What became of something that left the house.

    Mail: `sent`, `put_off`, `refused`. Notice: `delivered`, `acknowledged`, `applied`, `refused`,
    `put_off`, and `overdue` where nothing more can be tried: a person has to see to it. `code` says
    why, without any value; `retry_after` is the receiver's own wish.
    """

    status: Literal["sent", "put_off", "refused", "delivered", "acknowledged", "applied", "overdue"]
    code: str = ""
    retry_after: timedelta | None = None
    seq: int = 0
    tried: bool = True
    """False: it is not the turn of this recipient yet, and nothing was tried."""
    said: str = field(default="", repr=False)
    """The recipient's own words, at most 500 characters: nothing but text, from outside."""


Effect = SubjectEffect | OutboundEffect
EffectResult = SubjectResult | ErasureResult | CollectResult | OutboundResult


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage decided; the runtime commits it, performs the effects, publishes and acks.

    With a subject effect, the effect is committed first and `conclude` then decides the transition.
    With outbound effects, `transition` is the attempt mark: it is committed before they leave, and
    `conclude` decides what their results mean. Neither is done when everything is None.
    """

    transition: Transition | None = None
    create: Request | None = None
    effects: tuple[Effect, ...] = ()
    reply: Reply | None = None
    also: tuple[Message, ...] = ()
    """What this stage is told of other requests once the transition stands. It may be lost with
    the worker: nothing must depend on it that a clock does not bring about as well."""


NOTHING = Outcome()

Done = Sequence[tuple[Effect, EffectResult]]
"""The effects of an outcome, each with what it came to."""
