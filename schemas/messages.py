"""Every message between workers, in pipeline order. They carry identifiers, never personal data.

A message names steps (`schemas.steps`), not contents: whoever gets it loads the request and asks
whether the step is still open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from schemas.base import Ours
from schemas.notice import Notice, NoticeAnswer
from schemas.review import Decision, Staff
from schemas.submission import Proof, Submission, Withdrawal

INTAKE = "dsr.intake"
"""The exchange that channels publish to."""
JOSE = "application/jose"
"""The content type of what they seal."""
ACKS = "dsr.acks"
"""The exchange on which recipients that have a queue acknowledge, each under `ack.<its name>`."""
WORK = "dsr.work"
"""The exchange between workers; only the outbox publishes to it."""
EVENTS = "dsr.events"
"""The exchange that tells the outside what happened."""

WORK_SCHEMA = "dsr.work/1"
MAX_ITEMS = 64
"""Items in one message between workers, and messages in one group."""


@dataclass(frozen=True, slots=True)
class Do:
    """The command: do this step of this request."""

    request: str
    step: str


class WorkItem(Ours):
    """One command on the wire."""

    request: str
    step: str


class Work(Ours):
    """A message on `dsr.work`: up to 64 commands for one stage."""

    schema_: Literal["dsr.work/1"] = Field(default="dsr.work/1", alias="schema")
    items: tuple[WorkItem, ...] = Field(min_length=1)


class EventItem(Ours):
    """One thing that happened to one request."""

    request: str
    tracking: str
    at: str


class Events(Ours):
    """A message on `dsr.events`: what happened, to up to 64 requests."""

    schema_: Literal["dsr.events/1"] = Field(default="dsr.events/1", alias="schema")
    event: str
    items: tuple[EventItem, ...]


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """What a recipient told us about a notice, its signature already checked."""

    notice: str
    recipient: str
    answer: NoticeAnswer
    by: str = ""
    """Whoever said so for the recipient; empty: itself."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody is shown what a notice says: a person at the recipient, or of the desk."""

    notice: str
    recipient: str
    by: str


@dataclass(frozen=True, slots=True)
class ToldAlong:
    """A newer notice to the same recipient told what this one waited to tell."""

    notice: str
    recipient: str
    told: Notice
    """The newer one, as it stands now."""


@dataclass(frozen=True, slots=True)
class Said:
    """The reason that a recipient gave in its answer to our notice."""

    notice: str
    recipient: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendAgain:
    """The recipient takes notices again: it is sent this one, which it missed."""

    notice: str
    recipient: str
    by: str


OfNotice = Acknowledge | Shown | ToldAlong | Said | SendAgain
"""What names a notice, not a request."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Some step of this request is due."""

    request: str


@dataclass(frozen=True, slots=True)
class Disown:
    """The contact on file says: this wasn't me. The token is that of the link in the challenge."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class Stop:
    """From a link in a notice: somebody who reads a contact on file stops the deletion."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class GoOn:
    """From a link in a notice to a second contact: what waits is the person's own wish."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class Lift:
    """From a link in a completion: the person lifts a restriction."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class Summon:
    """From a link in a digest: the contact wants the code of this one of the waiting requests."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class AskViewing:
    """From the status page: somebody wants a code to see where this request stands."""

    tracking: str


@dataclass(frozen=True, slots=True)
class View:
    """From the status page, with that code, or with the PIN that the desk has given."""

    tracking: str
    code: str
    try_id: str
    """Tells one try from another."""


@dataclass(frozen=True, slots=True)
class AskDownload:
    """From the link of a package: somebody wants a fresh code, to the contact on file."""

    tracking: str
    token: str


@dataclass(frozen=True, slots=True)
class Download:
    """From the link of a package, with a code: somebody wants the package itself."""

    tracking: str
    token: str
    code: str
    try_id: str
    """Tells one try from another."""


@dataclass(frozen=True, slots=True)
class Bounced:
    """A report says that a mail of this request did not arrive; anybody can write such a report."""

    request: str
    mail: str
    """Its name, such as `challenge-1`."""
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Decide:
    """What a person of the desk decided, whose account is already proven."""

    tracking: str
    id: str
    """Of this decision: names the proof that an approval is."""
    by: Staff
    decision: Decision


@dataclass(frozen=True, slots=True)
class NothingArrived:
    """The requester says that no code came; by the link of the acknowledgement, or to an agent."""

    tracking: str
    token: str | None = None
    by: str | None = None
    """The agent to whom it was said."""


@dataclass(frozen=True, slots=True)
class SendLift:
    """Somebody wants to lift a restriction and has no link: one goes to the contact on file."""

    tracking: str
    by: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody called the number on file and heard that the request is the person's own.

    It proves once another person says the same; `proof_id` and `channel` are those of a proof.
    """

    tracking: str
    by: str
    proof_id: str
    channel: str = "phone"


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody who called a contact on file heard that it must not be done."""

    tracking: str
    by: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """Somebody is shown whom to call, or prints a letter; `task` is the name of the open step."""

    tracking: str
    task: str
    by: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A call was made or a letter posted; or it was given up, since nobody can be reached so."""

    tracking: str
    task: str
    by: str
    reached: bool = True


@dataclass(frozen=True, slots=True)
class GivePin:
    """Whoever asked without an e-mail address is told a PIN for the status page."""

    tracking: str
    by: str


OfPerson = NothingArrived | SendLift | Confirmed | Stopped | Revealed | Settled | GivePin
"""What people at the desk report."""

Message = (
    Do
    | Submission
    | Proof
    | Withdrawal
    | OfNotice
    | Disown
    | Stop
    | GoOn
    | Lift
    | Summon
    | Decide
    | AskViewing
    | View
    | AskDownload
    | Bounced
    | Download
    | Tick
    | OfPerson
)
"""What a stage can be handed."""
