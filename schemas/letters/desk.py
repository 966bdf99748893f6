"""What the desk has decided, asks for, or is warned of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from schemas.datamap.base import Label
from schemas.letters.common import Purpose, RequestFacts, StopFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalFacts(RequestFacts):
    """Not done, with the reason of the list and the legal ground."""

    purpose: ClassVar[Purpose] = "refusal"
    refused_at: datetime
    reason: Label
    legal_ground: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFacts(RequestFacts):
    """Near its deadline, or past it. Goes to our own department, and names no particulars."""

    purpose: ClassVar[Purpose] = "alarm"
    deadline: datetime
    """As in an acknowledgement."""
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DisownedFacts(RequestFacts):
    """The contact on file says: not me. Goes to our own department, and names no particulars."""

    purpose: ClassVar[Purpose] = "disowned"
    disowned_at: datetime
    of_package: bool
    """Of a code for the package, which is blocked; else of the request, which waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationFacts(RequestFacts):
    """A recipient does not settle. Goes to our own department, and names no particulars."""

    purpose: ClassVar[Purpose] = "escalation"
    recipient: Label
    name: str
    """As the data map calls it."""
    gone: bool
    """It takes no notices any more; else it did not settle in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalFacts(StopFacts):
    """One person alone approved it."""

    purpose: ClassVar[Purpose] = "approval"
    takes_effect_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionFacts(RequestFacts):
    """It takes longer. Says nothing about anybody, since it may go to an unproven address."""

    purpose: ClassVar[Purpose] = "extension"
    deadline: datetime
    """The new end; midnight means the end of the day before it."""
    reason: Label
    legal_ground: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFacts(RequestFacts):
    """Something is missing. Says nothing about anybody, since it may go to an unproven address."""

    purpose: ClassVar[Purpose] = "pause"
    paused_at: datetime
    missing: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts(RequestFacts):
    """What the desk wrote to somebody who asked: the one mail with a text that a person typed."""

    purpose: ClassVar[Purpose] = "answer"
    answered_at: datetime
    answer: str
