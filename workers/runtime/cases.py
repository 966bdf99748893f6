"""One message on its way through a stage, and what the runtime asks about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.errors import Reason
from schemas.messages import (
    AskDownload,
    AskViewing,
    Bounced,
    Decide,
    Disown,
    Do,
    Download,
    GoOn,
    Lift,
    Message,
    OfPerson,
    Stop,
    Summon,
    Tick,
    View,
)
from schemas.request import Request
from schemas.submission import Proof, Submission, Withdrawal
from workers.ports import EffectResult, Envelope, Outcome, Reply, SubjectEffect
from workers.ports.telemetry import NO_SPAN, Span

NAMED_BY_CODE = (
    *(Proof, Withdrawal, Disown, Stop, GoOn, Lift, Summon),
    *(AskViewing, View, AskDownload, Download, Decide, OfPerson),
)
"""Messages that say which request they mean by its tracking code."""


@dataclass(slots=True)
class Item:
    """One message, and the envelope that it came in (None: the desk, the web, the clock)."""

    message: Message | None
    """None where the envelope could not be understood; then `reasons` say why."""
    envelope: Envelope | None = None
    reply: Reply | None = None
    reasons: Sequence[Reason] = ()
    """Why it was refused; set instead of a reply."""


@dataclass(slots=True)
class Case:
    """An item on its way through one round."""

    item: Item
    message: Message
    request: Request | None
    outcome: Outcome = field(default_factory=Outcome)
    done: tuple[tuple[Any, EffectResult], ...] = ()
    recorded: bool = False
    """What its effects came to needs no more writing."""
    span: Span = NO_SPAN


def request_id(message: Message) -> str | None:
    """The request that a message names by its id."""
    match message:
        case Do() | Tick() | Bounced():
            return message.request
        case Submission():
            return message.submission_id
    return None


def tracking_code(message: Message) -> str | None:
    """The tracking code by which a message names its request."""
    return message.tracking if isinstance(message, NAMED_BY_CODE) else None


def stale(message: Message, request: Request | None) -> bool:
    """Whether there is nothing left to do: the step is no longer open."""
    if isinstance(message, Do):
        return request is None or not request.is_open(message.step)
    return isinstance(message, Tick) and request is None


def under_way(message: Message, request: Request | None, now: datetime) -> bool:
    """Whether an earlier command of this step is being carried out just now."""
    if not isinstance(message, Do) or request is None:
        return False
    return request.steps[message.step].is_under_way(now)


def is_inside(outcome: Outcome) -> bool:
    """Whether its effect is one on the company's data, not one that leaves the house."""
    return bool(outcome.effects) and isinstance(outcome.effects[0], SubjectEffect)


def one_per_person(cases: list[Case]) -> tuple[list[Case], list[Item]]:
    """Duplicates fold into one; a second item about a person waits for the next round."""
    taken: set[str] = set()
    commands: set[Message] = set()
    now: list[Case] = []
    later: list[Item] = []
    for case in cases:
        message = case.message
        if isinstance(message, Do):
            if message in commands:
                continue
            commands.add(message)
        names = {name for name in (request_id(message), tracking_code(message)) if name}
        if case.request is not None:
            names |= {case.request.id, case.request.subject or case.request.id}
        if names & taken:
            later.append(case.item)
        else:
            taken |= names
            now.append(case)
    return now, later
