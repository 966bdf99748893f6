"""What a stage may ask for, and what it returns. Stages see this module and `schemas`, no more.

Reads are coalesced: the handlers of one group run at the same time, and what they read with the
same method goes to the database as one query (D8). So a stage is written for one request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from schemas.datamap import DataMap
from schemas.errors import Reason
from schemas.letters import LetterFacts
from schemas.lifecycle import Transition
from schemas.messages import Message
from schemas.request import Contact, Particulars, Request, SubjectRef

# --- What a stage returns ------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Release:
    """Claim the slot without a change, and lift whatever this request restricted."""

    request: str
    subject: SubjectRef


SubjectEffect = Restrict | Correct | Release


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
    """Per field, the documents in which its value was replaced."""


@dataclass(frozen=True, slots=True)
class SendMail:
    """One mail that is to leave the house now."""

    to: str
    language: str
    facts: LetterFacts
    message_id: str
    tracking: str
    date: datetime


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


OutboundEffect = SendMail | SendNotice


@dataclass(frozen=True, slots=True)
class OutboundResult:
    """What became of something that left the house.

    Mail: `sent`, `put_off`, `refused`. Notice: `delivered`, `acknowledged`, `applied`, `refused`,
    `put_off`. `code` says why, without any value; `retry_after` is the receiver's own wish.
    """

    status: Literal["sent", "put_off", "refused", "delivered", "acknowledged", "applied"]
    code: str = ""
    retry_after: timedelta | None = None
    seq: int = 0


Effect = SubjectEffect | OutboundEffect
EffectResult = SubjectResult | OutboundResult


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


NOTHING = Outcome()


# --- What a stage may ask for --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the company's database, as far as a stage may know."""

    ref: SubjectRef
    pseudonym: str
    contacts: tuple[Contact, ...]
    """On file, best first: mail before phone before post, older before younger."""


class Subjects(Protocol):
    """Reads of the company's database."""

    async def find(self, identifiers: Mapping[str, str]) -> Person | None:
        """The one person to whom all identifiers lead, else None (nobody, several, mismatch)."""

    async def recipients(
        self, subject: SubjectRef, fields: tuple[str, ...]
    ) -> Mapping[str, tuple[str, ...]]:
        """Per recipient, those of the fields that the disclosure ledger says it received."""


class Requests(Protocol):
    """What a stage may ask about other requests."""

    async def challenges_since(self, subject: str, since: datetime) -> int:
        """How many challenges went to this pseudonym's contact since then, over all requests."""


class Sealer(Protocol):
    """The personal part of requests."""

    async def open(self, request: Request) -> Particulars:
        """The particulars of a request; `KeyGone` when they were destroyed."""

    async def seal(self, request_id: str, particulars: Particulars) -> bytes:
        """Sealed under the request's own key, which is made if it has none."""


class Tokens(Protocol):
    """Codes, links and digests: derived, so that two copies of a mail are identical."""

    def digest(self, canonical: bytes) -> str:
        """A keyed digest of a submission's content."""

    def code(self, request_id: str, number: int, bound: str) -> str:
        """The eight digits of a challenge."""

    def link(self, request_id: str, number: int, purpose: str, bound: str) -> str:
        """The 128-bit token of a link in a mail."""

    def matches(self, given: str, expected: str) -> bool:
        """Compares in constant time; spaces and hyphens that a person types do not count."""

    def tracking(self) -> str:
        """A fresh tracking code."""

    def new_id(self) -> str:
        """A fresh UUID."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The clocks and limits that a company sets (README: settings)."""

    public_url: str
    mail_domain: str
    default_language: str
    proof_window: timedelta
    grace: timedelta
    step_timeout: timedelta
    interim_after: timedelta
    max_tries: int
    challenges_a_day: int


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that a stage is handed beside the message and the request."""

    now: datetime
    """The database's time."""
    monotonic: float
    policy: Policy
    datamap: DataMap
    subjects: Subjects
    requests: Requests
    sealer: Sealer
    tokens: Tokens


Done = Sequence[tuple[Effect, EffectResult]]
"""The effects of an outcome, each with what it came to."""


class Handle(Protocol):
    """The `handle` of every stage."""

    async def __call__(self, message: Message, request: Request | None, tools: Tools) -> Outcome:
        """Decide what one message means for one request."""


class Conclude(Protocol):
    """The `conclude` of a stage with effects."""

    def __call__(self, message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
        """Decide what the results of the effects mean; asked again when the request moved on."""


# --- What the runtime asks the adapters for ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of one transition of a group.

    `stands`: written. `moved`: somebody was faster, reload and decide again. `locked`: another
    request is sending to the same recipient about the same person right now, or the id exists.
    """

    what: Literal["stands", "moved", "locked"]
    stamp: str


class SubjectStore(Protocol):
    """Writes to the company's database."""

    async def apply(self, effects: Sequence[SubjectEffect]) -> list[SubjectResult]:
        """One transaction for the group, all or nothing, retried inside, idempotent by slot."""


class Outbound(Protocol):
    """Sends what leaves the house; never raises."""

    async def perform(self, effect: OutboundEffect) -> OutboundResult:
        """Send once and say what became of it."""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail ready to be put into bytes."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    tracking: str
    date: datetime
    language: str


@dataclass(frozen=True, slots=True)
class MailResult:
    """What the mail server said; `code` is an SMTP code or a word such as `timeout`."""

    status: Literal["sent", "put_off", "refused"]
    code: str


# --- The broker ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message as the broker handed it over."""

    queue: str
    exchange: str
    routing_key: str
    body: bytes
    content_type: str | None
    message_id: str | None
    correlation_id: str | None
    reply_to: str | None
    user_id: str | None
    redelivered: bool
    tag: int
    """Names it to the channel that it came by."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to publish, persistent, with a confirm."""

    exchange: str
    routing_key: str
    body: bytes
    mandatory: bool
    message_id: str | None = None
    correlation_id: str | None = None
    content_type: str = "application/json"


class Publisher(Protocol):
    """Publishes with confirms."""

    async def publish(self, publication: Publication) -> None:
        """Returns once the broker has it; `Unreachable` if not, or if it could not be routed."""


class Subscription(Protocol):
    """A consumer on one queue; it reconnects by itself, and what is unacked then comes again."""

    async def next(self) -> Envelope:
        """The next message."""

    def waiting(self) -> Envelope | None:
        """A message that is here already, or None."""

    def ack(self, envelopes: Sequence[Envelope]) -> None:
        """Done with these; fire and forget, so a duplicate may follow."""

    async def stop(self) -> None:
        """Take no more; what was not acked goes back to the queue when the link closes."""


class Broker(Protocol):
    """Consuming and publishing, each over a connection of its own."""

    @property
    def publisher(self) -> Publisher:
        """The one that everything of this process publishes with."""

    def subscribe(self, queue: str, prefetch: int) -> Subscription:
        """Start to take messages from a queue."""


class IntakeOpener(Protocol):
    """Opens what channels sealed to the intake key."""

    def unseal(self, token: bytes) -> bytes:
        """The body inside a compact JWE; `Refused` if it is not one of ours."""


class Parked(Protocol):
    """Messages that can never be handled as they are: kept, with the reasons."""

    async def park(self, envelope: Envelope, reasons: Sequence[Reason]) -> None:
        """One majority write before the ack; the same message parks once."""
