"""The port behind which every way of telling a recipient stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workers.adapters.recipients.told import Told
from workers.ports import OutboundResult


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One notice that is to be told now."""

    notice_id: str
    told: Told
    public_url: str
    tracking: str
    asked_at: datetime
    """When the person asked."""
    since: datetime
    """When it was to be told first: copies of a mail have one date."""
    at: datetime
    """Now, by the database: a recipient takes a signature for five minutes, and this machine's
    clock may be wrong."""


class Transport(Protocol):
    """Tells one recipient. `PutOff` where that may work later."""

    async def send(self, outgoing: Outgoing, seconds: float) -> OutboundResult:
        """Tell it once."""

    async def ask(self, notice_id: str, seconds: float) -> OutboundResult:
        """Ask how far it has got; `delivered` where it has nothing new, or cannot be asked."""

    async def close(self) -> None:
        """Let go of connections."""


class NotAsked:
    """The half of a transport that answers by itself, and keeps no connection."""

    async def ask(self, notice_id: str, seconds: float) -> OutboundResult:  # noqa: ARG002
        """Nothing new."""
        return OutboundResult("delivered")

    async def close(self) -> None:
        """Nothing is held."""
