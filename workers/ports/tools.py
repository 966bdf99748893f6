"""What a stage may ask for.

Reads are coalesced: the handlers of one group run at the same time, and what they read with the
same method goes to the database as one query (D8). So a stage is written for one request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from schemas.datamap import DataMap
from schemas.deadlines import Clocks
from schemas.evidence import DestructionCertificate, MapVersion
from schemas.guardianship import Guardianship
from schemas.issuers import Asserted
from schemas.lifecycle import Status
from schemas.messages import Message
from schemas.notice import Notice, NoticeStatus
from schemas.request import Contact, Mail, Particulars, Request, SubjectRef
from workers.ports.outcome import Done, Outcome

SHORTEST_LEASE, LONGEST_LEASE = timedelta(seconds=10), timedelta(seconds=45)


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

    async def guardianship(self, subject: SubjectRef) -> Guardianship | None:
        """Who may act for this person and how long, by the record; None where it cannot say."""

    async def contacts(self, subject: SubjectRef) -> tuple[Contact, ...]:
        """On file now, best first; none where nobody is on record any more."""

    async def has_ended(self, subject: SubjectRef, rule: str, now: datetime) -> bool:
        """Whether the purpose of the person's data has ended, by this retention rule of the map."""

    async def is_held(self, identifiers: Mapping[str, str], subject: SubjectRef) -> bool:
        """Whether they also lead to somebody else of the subject's own type."""

    async def recipients(
        self, subject: SubjectRef, fields: tuple[str, ...]
    ) -> Mapping[str, tuple[str, ...]]:
        """Per recipient, those of the fields that the disclosure ledger says it received."""

    async def known_as(self, subject: SubjectRef, request: str) -> Mapping[str, str]:
        """Per recipient, what it knows the person by, as the record says now."""


@dataclass(frozen=True, slots=True)
class WaitingNotice:
    """A notice of another request about the same person that still waits to be told."""

    request: str
    created_at: datetime
    """When that request came in."""
    recipient: str
    notice: Notice

    def is_older_than(self, request: Request) -> bool:
        """Whether that request came before this one."""
        return (self.created_at, self.request) < (request.created_at, request.id)


class Requests(Protocol):
    """What a stage may ask about other requests."""

    async def waiting_notices(self, subject: str) -> Sequence[WaitingNotice]:
        """All notices of corrections about this pseudonym that wait to be told."""

    async def escalated_since(self, recipient: str, since: datetime, but: str) -> bool:
        """Whether the department was told of this recipient since then, by another request."""

    async def challenges_since(self, subject: str, since: datetime) -> int:
        """How many challenges went to this pseudonym's contact since then, over all requests."""

    async def digests_since(self, subject: str, since: datetime) -> int:
        """How often it was told since then that more requests wait."""

    async def confirmations_since(self, subject: str, since: datetime) -> int:
        """How many new addresses were written to since then for this pseudonym."""

    async def asked_since(self, sender: str, since: datetime) -> int:
        """How many requests this sender has made since then."""

    async def open_like(self, likeness: str) -> str | None:
        """Tracking code of the oldest request of this content that nothing was done for yet."""

    async def status_of(self, tracking: str) -> Status | None:
        """Where the request of this tracking code stands."""


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


class Assertions(Protocol):
    """What the configured logins say of who is signed in."""

    def verify(self, token: str, now: datetime) -> Asserted:
        """What a token says that is genuine, for us and in time; else `AssertionRefused`."""


class Evidence(Protocol):
    """What certificates are made with."""

    @property
    def datamap(self) -> MapVersion:
        """The map that says where personal data is."""

    def sign(self, document: DestructionCertificate) -> dict[str, Any]:
        """The signed document, as it is kept and handed out."""

    def current_epoch(self) -> int:
        """The key epoch whose end brings the second moment of what is destroyed now."""

    async def is_destroyed(self, epoch: int) -> bool:
        """Whether the key of that epoch is gone, and with it what backups still hold."""


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
    requests_a_day: int
    """From one sender; what goes beyond waits for a day."""
    cooling_off: timedelta
    """How long a proven deletion, or access, can still be stopped."""
    cooling_off_young: timedelta
    """The same where the contact that proved it is young."""
    contact_is_young: timedelta
    """Younger than that, or of an unknown age."""
    second_scan: timedelta
    letter_window: timedelta
    """The time to prove of whoever asked by post, or gave no e-mail address."""
    task_within: timedelta
    """In which a call is to be made, or a letter posted; after that it is late."""
    package_kept: timedelta
    """How long a package exists that a person can fetch."""
    package_downloads: int
    """How often at most."""
    clocks: Clocks
    """Until when a request must be done, by which law."""
    approval_delay: timedelta
    """How long the approval of a desk of one waits, where two people are asked for."""
    reads_replies: bool = False
    """Whether a code that is mailed back proves: a mailbox is read."""

    @property
    def lease(self) -> timedelta:
        """How long an attempt that leaves the house is nobody else's.

        As long as one call may take, also where the patience with a step is shorter.
        """
        return min(LONGEST_LEASE, max(SHORTEST_LEASE, self.step_timeout))


Rests = Callable[[str], timedelta]
"""For how long this recipient is left alone, as far as this process knows; zero: call it."""


def never_rests(recipient: str) -> timedelta:  # noqa: ARG001
    """Whoever sends nothing knows of no silence."""
    return timedelta(0)


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
    evidence: Evidence
    assertions: Assertions
    rests: Rests = never_rests

    def mail(
        self, request_id: str, name: str, *, notices: Mapping[str, NoticeStatus] | None = None
    ) -> Mail:
        """A mail of this request that is opened now; its Message-ID follows from its name."""
        return Mail(
            message_id=f"<{request_id}.{name}@{self.policy.mail_domain}>",
            created_at=self.now,
            notices=dict(notices or {}),
        )


def waiting_token(subject: str, day: datetime, tools: Tools) -> str:
    """The token of a digest's link: of one person, and of the day on which it was told."""
    return tools.tokens.link(subject, day.astimezone(UTC).toordinal(), "waiting", "")


def confirmation_code(request: Request, tools: Tools) -> str:
    """The eight digits that a new address gets: none of those of the request's challenges."""
    assert request.confirmation is not None, "it is sent once the confirmation is open"
    number = request.confirmation.number
    return tools.tokens.code(request.id, number, f"confirmation {request.digest}")


def stop_code(request: Request, tools: Tools) -> str:
    """The eight digits that stop what is about to be done: none of those of the challenges."""
    return tools.tokens.code(request.id, request.link_number, f"stop {request.digest}")


class Handle(Protocol):
    """The `handle` of every stage."""

    async def __call__(self, message: Message, request: Request | None, tools: Tools) -> Outcome:
        """Decide what one message means for one request."""


class Conclude(Protocol):
    """The `conclude` of a stage with effects."""

    def __call__(self, message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
        """Decide what the results of the effects mean; asked again when the request moved on."""
