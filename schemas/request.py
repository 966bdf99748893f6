"""The request: one document, the state machine and the outbox of one person's demand (D1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from schemas.base import Ours
from schemas.deadlines import ProfileName
from schemas.evidence import ErasureSummary
from schemas.lifecycle import Entry, OutMessage, Status, Step
from schemas.notice import Notice, NoticeStatus
from schemas.package import RecordCount
from schemas.review import Extension, Refusal, Review
from schemas.submission import Channel, Kind, Relation, Submission

REQUEST_SCHEMA = "dsr.request/1"
DISPUTE_NOTHING = frozenset({"access", "objection"})
"""Kinds of request that restrict no field while they are open."""
BY_RULE = "retention"
"""The channel, and the way of proof, of a deletion that nobody asked for (`schemas.expired`)."""
SECOND_SCAN = "-again"
"""What the second scan after a deletion adds to its request's id."""


class SubjectRef(Ours):
    """Who a request is about, as the company's database names the person (personal data)."""

    type: str
    """The subject type of the data map, for example `member`."""
    key: str
    """The key in text; the data map's `key_type` says what it is in the database."""


Route = Literal["mail", "call", "letter"]
"""How a word reaches a person: by itself, or as a task of somebody who calls or posts."""
ROUTES: Mapping[str, Route] = {"mail": "mail", "phone": "call", "post": "letter"}
"""The route that a kind of contact is reached by."""


class Contact(Ours):
    """A way to reach the person that was on file when the request came in."""

    kind: str
    value: str
    since: datetime | None = None

    @property
    def route(self) -> Route:
        """How somebody is reached there."""
        return ROUTES[self.kind]


class Note(Ours):
    """What somebody of the desk wrote down."""

    by: str
    at: datetime
    text: str
    exhibit: str | None = None
    """The evidence that it describes."""


class Particulars(Ours):
    """The personal part of a request; stored only sealed under the request's own key (D4)."""

    submission: Submission
    values: dict[str, Any] = Field(default_factory=dict)
    """Per field, the new value in the data map's canonical form."""
    subject: SubjectRef | None = None
    contact: Contact | None = None
    contacts: tuple[Contact, ...] = ()
    """Everything on file by which a deletion is announced."""
    lapses_at: datetime | None = None
    """When the right of the guardian who asks ends, by the child's record."""
    known_as: dict[str, str] = Field(default_factory=dict)
    """Per recipient, what it knows the person by, once the record is about to go."""
    notes: tuple[Note, ...] = ()
    answer: str = ""
    """What the desk wrote to somebody who asked."""

    def taken_in_by(self, name: str) -> bool:
        """Whether this account typed the request in: who files nothing through alone."""
        operator = self.submission.operator
        return operator is not None and operator.casefold() == name.casefold()


class Challenge(Ours):
    """A one-time code that was sent to the contact on file. The code itself is never stored."""

    number: int
    issued_at: datetime
    ends_at: datetime
    tries: tuple[str, ...] = ()
    """Distinct ids of the proofs that tried it, wrong ones only."""
    dead: bool = False
    route: Route = "mail"
    confirmed_by: str | None = None
    """Who called the number on file and heard yes; another one has to approve it."""

    def tried(self, proof_id: str) -> Challenge:
        """This challenge after one more wrong try."""
        return self.model_copy(update={"tries": (*self.tries, proof_id)})


class ProofRecord(Ours):
    """Which proof opened the way (I6): used once, bound to what was asked."""

    id: str
    route: str
    number: int
    at: datetime
    digest: str


class Mail(Ours):
    """One word of this request to a person. `marks` counts the times we were about to send it (I8).

    By another `route` than mail it waits as a task until somebody says that it is done.
    """

    message_id: str
    created_at: datetime
    marks: int = 0
    attempts: int = 0
    status: Literal["pending", "sent", "undeliverable"] = "pending"
    code: str | None = None
    route: Route = "mail"
    printed_at: datetime | None = None
    """When its letter was last printed."""
    second: bool = False
    """It goes to a contact on file beside the one that proved: a yes from there ends the wait."""
    notices: dict[str, NoticeStatus] = Field(default_factory=dict)
    """What recipients had answered when it was opened: its copies must be identical."""


class FieldResult(Ours):
    """What was done about one field."""

    result: Literal[
        "corrected", "unchanged", "in_review", "deleted", "refused",
        "provided", "masked", "withheld", "absent", "restricted", "withdrawn",
    ]  # fmt: skip
    places: int = 0
    """Documents in which the value stood and was replaced, or was found for a package."""
    reason: str | None = None
    """Why it was refused."""


class Escalation(Ours):
    """The department was told of a recipient that does not settle."""

    recipient: str
    at: datetime


class Lifting(Ours):
    """A restriction that the person has lifted."""

    at: datetime
    told_before: dict[str, Notice] | None = None
    """The notices of the restriction itself, once those of the lifting have taken their place."""


class LiftCode(Ours):
    """The code and link with which a standing restriction is lifted: they follow from the number.

    1 are those of the completion; later ones went to the person's own contact.
    """

    number: int = 1
    sent_at: datetime | None = None
    tries: tuple[str, ...] = ()
    """Distinct ids of the withdrawals that tried the code, wrong ones only."""
    dead: bool = False
    """Too many: the code is none any more. Its link stays."""


class Erasure(Ours):
    """How far a deletion, or the second scan after it, has got."""

    checkpoint: dict[str, Any] | None = None
    summary: ErasureSummary = ErasureSummary()


class Package(Ours):
    """What a person is handed who asked to see it; the content is sealed, in a store of its own."""

    id: str
    made_at: datetime
    destroy_after: datetime
    records: tuple[RecordCount, ...] = ()
    challenge: Challenge | None = None
    """The newest code to fetch it with; each is good for one download."""
    downloads: tuple[datetime, ...] = ()
    blocked: bool = False
    """The contact on file said that it is not the one who wants it."""


class Request(Ours):
    """What every stage gets: identifiers and states only, the personal part sealed."""

    id: str = Field(alias="_id")
    """The submission's id: the idempotency key."""
    schema_: str = Field(default=REQUEST_SCHEMA, alias="schema")
    version: int = 1
    tracking: str
    kind: Kind
    channel: Channel | Literal["retention"]
    rule: str | None = None
    """The data map's rule by which a purpose has ended; None: somebody asked."""
    relation: Relation = "self"
    """In what right it was asked."""
    language: str
    status: Status = Status.RECEIVED
    digest: str
    """Keyed digest of the submission's content: the same id with other content is refused."""
    likeness: str | None = None
    """Keyed digest of the content without id and times: two of them are the same wish."""
    duplicate_of: str | None = None
    """Tracking code of an older open request of the same content, which is acted on instead."""
    sender: str | None = None
    """Keyed name of the address that the request brought."""
    loud: bool = False
    """That address had asked very often by then: this one waits for a day."""
    fields: tuple[str, ...] = ()
    """Names of the data map's fields that this request is about; of an objection its purposes."""
    subject: str | None = None
    """The person's pseudonym once somebody matched."""
    subject_type: str | None = None
    """The data map's type of that person."""
    sealed: bytes
    """`Particulars`, sealed."""
    particulars_destroyed_at: datetime | None = None
    """When their key was destroyed because their time was up: nothing opens them any more."""
    received_at: datetime
    deadline: datetime
    profile: ProfileName = "korea"
    """The law whose clock it runs by (`schemas.deadlines`)."""
    target: datetime | None = None
    """When it should be done: the company's own date, before the law's."""
    created_at: datetime
    updated_at: datetime
    challenge: Challenge | None = None
    challenges: tuple[datetime, ...] = ()
    """When challenges went out: three a day at most."""
    digests: tuple[datetime, ...] = ()
    """When the contact was told that more requests wait for a code: once a day at most."""
    summoned: bool = False
    """The contact asked for the code of this one: it is sent, however many went out today."""
    viewing: Challenge | None = None
    """The newest code to see where it stands; to the address that the request brought."""
    viewings: tuple[datetime, ...] = ()
    """When one went out: three a day at most."""
    pin: Challenge | None = None
    """The newest PIN to see where it stands, of whoever asked without an e-mail address."""
    proof: ProofRecord | None = None
    asserted: ProofRecord | None = None
    """The assertion that is about to be the proof."""
    jti: str | None = None
    """Keyed name of that assertion; a unique index lets each prove one request only."""
    confirmation: Challenge | None = None
    """The code that went to a new mail address."""
    confirmations: tuple[datetime, ...] = ()
    """When one went out: as many a day as challenges, since anybody's address can be typed in."""
    confirmed: ProofRecord | None = None
    heard_by: str | None = None
    """Who called a second contact and heard yes; another one has to approve it."""
    seconded: ProofRecord | None = None
    """A second contact on file has said yes: nothing waits any longer."""
    stop_tries: tuple[str, ...] = ()
    """Distinct ids of withdrawals that tried the code that stops what waits, wrong ones only."""
    review: Review | None = None
    """Why it came to the desk; stays when it has left it."""
    refused: dict[str, str] = Field(default_factory=dict)
    """Per field that the desk did not grant, why not."""
    refusal: Refusal | None = None
    extension: Extension | None = None
    begins_at: datetime | None = None
    """When a deletion, or a change of the mail address, begins that can be stopped until then."""
    began_at: datetime | None = None
    """When a correction, or an objection, that goes in parts had its first one done."""
    applied_at: datetime | None = None
    results: dict[str, FieldResult] = Field(default_factory=dict)
    lift: LiftCode | None = None
    """How a restriction is lifted that stands."""
    lifting: Lifting | None = None
    erasure: Erasure | None = None
    second_scan: Erasure | None = None
    certificate: dict[str, Any] | None = None
    """The signed destruction certificate, as it is handed out."""
    package: Package | None = None
    """What an access request came to."""
    notices: dict[str, Notice] = Field(default_factory=dict)
    sending: tuple[str, ...] = ()
    """`<subject>|<recipient>` of notices being sent right now; a unique index makes it a lock."""
    notice_ids: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    """Recipients that have not said their last word."""
    escalations: tuple[Escalation, ...] = ()
    """When the department was told of a recipient."""
    mails: dict[str, Mail] = Field(default_factory=dict)
    steps: dict[str, Step] = Field(default_factory=dict)
    tasks: tuple[str, ...] = ()
    """Those of the open steps that wait for a call or a letter."""
    next_due: datetime | None = None
    outbox: tuple[OutMessage, ...] = ()
    """What this owes the broker still, or owed a moment ago."""
    trace: str | None = None
    """The `traceparent` that it came with; None where nobody followed it then."""

    @property
    def granted(self) -> tuple[str, ...]:
        """The fields that it is about, without those that were refused."""
        return tuple(name for name in self.fields if name not in self.refused)

    @property
    def link_number(self) -> int:
        """What links in its mails are derived from: the newest challenge, where there is one."""
        return self.challenge.number if self.challenge else 0

    def is_open(self, step: str) -> bool:
        """Whether a command that names this step still has something to do."""
        return step in self.steps


class RequestRecord(Request):
    """The whole document, for the desk, the audit and the relay."""

    history: tuple[Entry, ...] = ()


def refused_results(request: Request) -> dict[str, FieldResult]:
    """What became of the fields that the desk did not grant."""
    return {
        name: FieldResult(result="refused", reason=reason)
        for name, reason in request.refused.items()
    }


def to_document(request: Request, names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The stored form of a request, or of the named fields of it."""
    include = set(names) if names is not None else None
    return request.model_dump(by_alias=True, include=include)
