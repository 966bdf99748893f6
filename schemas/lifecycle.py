"""Every status, what it means, and the one pure function that moves a request.

`TRANSITIONS` is the contract's table; `advance` is the only place where a request moves on. Nothing
else in the project assigns a status. Stores by themselves only strike off what was sent, mark that
the particulars are destroyed or what the log lacks, and migrate the stored form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import Field

from schemas.base import Ours

if TYPE_CHECKING:
    from schemas.request import Request


class Status(StrEnum):
    """Where a request stands. The value is public (CONTRACT: request status)."""

    RECEIVED = "received"
    """Registered, acknowledged, deadline running."""
    AWAITING_PROOF = "awaiting_proof"
    """A code went to the contact on file, or nobody matched: from outside it looks the same."""
    IN_REVIEW = "in_review"
    """A person must decide; what a proof restricted stays restricted."""
    VERIFIED = "verified"
    """Identity proven, the disputed fields are restricted."""
    APPLIED = "applied"
    """The change stands in the company's data; the restriction is lifted; recipients are told."""
    COMPLETED = "completed"
    """Applied, every recipient settled or escalated, the person told."""
    REFUSED = "refused"
    """Refused with a reason and its legal ground, the person told."""
    EXPIRED = "expired"
    """Nobody proved in time."""
    WITHDRAWN = "withdrawn"
    """Taken back by the requester."""

    @property
    def final(self) -> bool:
        """Whether nothing leaves this status."""
        return not TRANSITIONS[self]


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    # A deletion by a retention rule: nobody asked, so nobody has to prove anything.
    Status.RECEIVED: frozenset({Status.AWAITING_PROOF, Status.VERIFIED}),
    Status.AWAITING_PROOF: frozenset(
        {Status.VERIFIED, Status.IN_REVIEW, Status.EXPIRED, Status.WITHDRAWN}
    ),
    Status.IN_REVIEW: frozenset({Status.VERIFIED, Status.REFUSED, Status.WITHDRAWN}),
    # Back to the desk where the person is gone, another request was faster, or the child that a
    # guardian asked for has come of age.
    Status.VERIFIED: frozenset({Status.APPLIED, Status.WITHDRAWN, Status.IN_REVIEW}),
    Status.APPLIED: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.REFUSED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}


RETRACTABLE = frozenset({Status.AWAITING_PROOF, Status.IN_REVIEW, Status.VERIFIED})
"""Where a request can still be taken back, since nothing has been changed yet."""

TASKS = ("call:", "letter:")
"""What the names of steps begin with that a person does, outside of this program."""


class Step(Ours):
    """Something that is to happen to a request; open until a transition closes it (D1).

    At `due` upkeep sends the step's command (again): for work that is what mends a lost message,
    for a clock it is the clock.
    """

    due: datetime
    attempts: int = 0
    """Failures so far; they choose the next wait."""
    sends: int = 0
    """How often upkeep sent its command again; each doubles the next wait."""
    crashes: int = 0
    """How often its message came again unacked: it may have killed its worker."""
    error: str | None = None
    """The code of the last failure."""
    leased: bool = False
    """Somebody is at it until `due`; a command that upkeep sent again meanwhile is dropped."""

    def is_under_way(self, now: datetime) -> bool:
        """Whether an attempt that leaves the house has its lease still."""
        return self.leased and now < self.due


@dataclass(frozen=True, slots=True)
class Opening:
    """A step that a transition opens: work is sent at once, a clock only when it is due."""

    step: str
    due_in: timedelta
    send: bool = True
    attempts: int = 0
    sends: int = 0
    crashes: int = 0
    error: str | None = None
    leased: bool = False

    @classmethod
    def lease(cls, name: str, step: Step, time: timedelta) -> Opening:
        """An attempt begins: it is tried again by nobody else before this time is over."""
        return cls(
            name,
            time,
            send=False,
            attempts=step.attempts,
            sends=step.sends,
            crashes=step.crashes,
            error=step.error,
            leased=True,
        )


@dataclass(frozen=True, slots=True)
class Transition:
    """What a stage decided; becomes one conditional write.

    `what` is a code of the audit vocabulary. `to` is None where the status stands. `changes` maps
    fields of `Request` to their new values. `events` are routing keys on `dsr.events`.
    """

    what: str
    by: str
    to: Status | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    opens: tuple[Opening, ...] = ()
    closes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


class Entry(Ours):
    """One line of a request's history: the audit trail before the notary seals it."""

    at: datetime
    version: int
    what: str
    by: str
    status: Status


class OutMessage(Ours):
    """A message that a transition owes the broker: `work` names a step, `event` a routing key."""

    kind: str
    name: str
    at: datetime
    group: str = ""
    """The commit that made it; what one commit owes is published and struck off together."""


class Debtor(Ours):
    """A request that owes messages: what the relay needs of it, which any version can read."""

    id: str = Field(alias="_id")
    tracking: str
    outbox: tuple[OutMessage, ...]


class IllegalTransition(Exception):
    """A stage asked for a status that the table does not allow: a bug, never an input."""


@dataclass(frozen=True, slots=True)
class Advance:
    """A transition worked out: the request as it will be, and what the write adds to the lists."""

    before: int
    request: Request
    changed: frozenset[str]
    entries: tuple[Entry, ...]
    owes: tuple[OutMessage, ...]
    paid_before: bool = False
    """Whatever stands in the outbox was published: the write strikes it off."""

    def then(self, later: Advance, joined: str) -> Advance:
        """Two transitions as one write; the step that joined them needs no message."""
        kept = tuple(out for out in self.owes if (out.kind, out.name) != ("work", joined))
        return Advance(
            before=self.before,
            request=later.request,
            changed=self.changed | later.changed,
            entries=self.entries + later.entries,
            owes=kept + later.owes,
        )

    def strikes(self, outbox: Iterable[OutMessage], paid: Collection[str]) -> Advance:
        """The same, knowing the outbox as it was read, and the commits whose debts are paid."""
        return replace(self, paid_before=all(out.group in paid for out in outbox))


def advance(request: Request, transition: Transition, now: datetime) -> Advance:
    """The request after the transition; pure, so it can be replayed on a mismatch."""
    status = transition.to or request.status
    if status is not request.status and status not in TRANSITIONS[request.status]:
        raise IllegalTransition(f"{request.status} -> {status} ({transition.what})")
    version = request.version + 1
    steps = {name: step for name, step in request.steps.items() if name not in transition.closes}
    for opening in transition.opens:
        steps[opening.step] = Step(
            due=now + opening.due_in,
            attempts=opening.attempts,
            sends=opening.sends,
            crashes=opening.crashes,
            error=opening.error,
            leased=opening.leased,
        )
    owed = [("work", o.step) for o in transition.opens if o.send]
    owed += [("event", name) for name in transition.events]
    if status is not request.status:
        owed.append(("event", f"request.{status}"))
    owes = tuple(OutMessage(kind=kind, name=name, at=now) for kind, name in owed)
    changes = {
        **transition.changes,
        "status": status,
        "version": version,
        "steps": steps,
        "next_due": min((step.due for step in steps.values()), default=None),
        "updated_at": now,
    }
    if (tasks := tuple(name for name in steps if name.startswith(TASKS))) != request.tasks:
        changes["tasks"] = tasks
    return Advance(
        before=request.version,
        request=request.model_copy(update={**changes, "outbox": request.outbox + owes}),
        changed=frozenset(changes),
        entries=(
            Entry(at=now, version=version, what=transition.what, by=transition.by, status=status),
        ),
        owes=owes,
    )
