"""What people of the desk decide and report; their accounts have proven themselves before.

`by` is the bare name of the account: whether two people said so is told by these.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.review import Decision, Staff


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
