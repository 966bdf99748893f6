"""What the runtime asks the adapters for: commits, effects, mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from workers.ports.outcome import (
    CollectResult,
    ErasureResult,
    OutboundEffect,
    OutboundResult,
    SubjectEffect,
    SubjectResult,
)


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

    async def apply(
        self, effects: Sequence[SubjectEffect]
    ) -> Sequence[SubjectResult | ErasureResult | CollectResult]:
        """One transaction for the group, all or nothing, retried inside, idempotent by slot.

        An `Erase` takes many: as many as fit into half a second. A `Collect` reads them all.
        """


class Outbound(Protocol):
    """Sends what leaves the house."""

    async def perform(self, effect: OutboundEffect) -> OutboundResult:
        """Send once and say what became of it; only a bug of ours raises, which the caller logs."""


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
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class MailResult:
    """What the mail server said; `code` is an SMTP code or a word such as `timeout`."""

    status: Literal["sent", "put_off", "refused"]
    code: str
