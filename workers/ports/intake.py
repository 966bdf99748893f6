"""What a channel asks for: a line to the broker, and room for what the broker cannot take now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

Answer = asyncio.Future[dict[str, Any]]
"""What registration or verification says of a message; it may never come."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to `dsr.intake` as it leaves: the same bytes each time that it is tried."""

    routing_key: str
    message_id: str
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class IntakeLine(Protocol):
    """One channel's line to the broker."""

    async def publish(self, outgoing: Outgoing) -> Answer:
        """Returns once the broker has it; `Unreachable` if it has not, or cannot route it."""


class Spool(Protocol):
    """Messages on the disk of the channel, in the order in which they came; durable."""

    def add(self, outgoing: Outgoing) -> None:
        """Durable when it returns; `SpoolFull` where there is no room."""

    def waiting(self) -> Sequence[str]:
        """Names of what waits, the oldest first."""

    def read(self, name: str) -> Outgoing:
        """One of them; `SpoolBroken` where it cannot be read."""

    def set_aside(self, name: str) -> None:
        """It waits no longer, and is kept under a name that nothing else has."""

    def remove(self, name: str) -> None:
        """The broker has it."""

    def only_sender(self) -> AbstractContextManager[bool]:
        """Hold the right to send on; False where another process holds it."""
