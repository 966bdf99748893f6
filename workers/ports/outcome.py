"""What a stage returns: a transition, effects, an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from schemas.letters import LetterFacts
from schemas.lifecycle import Transition
from schemas.request import Request, SubjectRef


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

Done = Sequence[tuple[Effect, EffectResult]]
"""The effects of an outcome, each with what it came to."""
