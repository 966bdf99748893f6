"""The broker as the runtime sees it: envelopes in, publications out, messages parked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.errors import Reason


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message as the broker handed it over."""

    queue: str
    exchange: str
    routing_key: str
    body: bytes
    content_type: str | None
    message_id: str | None
    correlation_id: str | None
    reply_to: str | None
    user_id: str | None
    redelivered: bool
    tag: int
    """Names it to the channel that it came by."""
    sent_at: float | None = None
    """Seconds since 1970; by the clock of whoever published it."""
    traceparent: str | None = None
    """As it came: anything may stand in it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of a signature (`webhook-…`), where it has them."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to publish, persistent, with a confirm."""

    exchange: str
    routing_key: str
    body: bytes
    mandatory: bool
    message_id: str | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] | None = None


class Publisher(Protocol):
    """Publishes with confirms."""

    async def publish(self, publication: Publication) -> None:
        """Returns once the broker has it; `Unreachable` if not, or if it could not be routed."""


class Subscription(Protocol):
    """A consumer on one queue; it reconnects by itself, and what is unacked then comes again."""

    async def next(self) -> Envelope:
        """The next message."""

    def waiting(self) -> Envelope | None:
        """A message that is here already, or None."""

    def ack(self, envelopes: Sequence[Envelope]) -> None:
        """Done with these; fire and forget, so a duplicate may follow."""

    def give_back(self, envelopes: Sequence[Envelope]) -> None:
        """Not for us now: after a while they come again, to us or to another; fire and forget."""

    async def stop(self) -> None:
        """Take no more; what was not acked goes back to the queue when the link closes."""


class Broker(Protocol):
    """Consuming and publishing, each over a connection of its own."""

    @property
    def publisher(self) -> Publisher:
        """The one that everything of this process publishes with."""

    def subscribe(self, queue: str, prefetch: int, lost: Callable[[], None] = ...) -> Subscription:
        """Start to take messages from a queue; `lost` is called each time that it was lost."""


class IntakeOpener(Protocol):
    """Opens what channels sealed to the intake key."""

    def unseal(self, token: bytes) -> bytes:
        """The body inside a compact JWE; `Refused` if it is not one of ours."""


class Parked(Protocol):
    """Messages that can never be handled as they are: kept, with the reasons."""

    async def park(self, envelope: Envelope, reasons: Sequence[Reason]) -> None:
        """One majority write before the ack; the same message parks once."""
