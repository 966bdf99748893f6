"""What the runtime tells of its work to whoever measures it: figures, and traces.

Nothing here fails or waits, and without the extra `telemetry` both are silent. What is told are
names of this house's own (stages, kinds, statuses, recipients of the data map) and numbers, in
traces also tracking codes; never a value, an address, or what an exception said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.lifecycle import Entry
from schemas.messages import Message
from schemas.request import Request
from workers.ports.broker import Envelope
from workers.ports.outcome import OutboundEffect, OutboundResult

SENT_AT = "dsr-sent-at"
"""Header of a message: when it was published, in seconds since 1970."""
TRACEPARENT = "traceparent"
"""Header of a message to `dsr.intake`: the trace that it belongs to (W3C Trace Context)."""


class Meter(Protocol):
    """Counts, and takes times in seconds."""

    @property
    def on(self) -> bool:
        """Whether anybody looks."""

    def took(self, stage: str, items: int, waited: Iterable[float]) -> None:
        """A group was taken off its queue; how long each of its messages had waited there."""

    def did(self, stage: str, items: int, seconds: float) -> None:
        """All of a group is done and acked, so long after it was taken."""

    def parked(self, stage: str) -> None:
        """A message was parked."""

    def stands(self, request: Request, happened: Iterable[str]) -> None:
        """A transition stands; the events that it tells, such as `request.applied`."""

    def changed(self, stage: str, seconds: float) -> None:
        """A group's effects on the company's data took so long."""

    def left(self, effect: OutboundEffect, result: OutboundResult, seconds: float) -> None:
        """Something left the house, or did not."""


class Span(Protocol):
    """One item on its way through one stage. Times are nanoseconds since 1970."""

    @property
    def context(self) -> str | None:
        """Its `traceparent`; a new request keeps it, and all that is done for it joins it."""

    def stands(self, request: Request, entries: Sequence[Entry]) -> None:
        """Its transition stands."""

    def changed(self, began: int) -> None:
        """The company's data was changed for it, between then and now."""

    def left(self, effect: OutboundEffect, result: OutboundResult, began: int) -> None:
        """Something left the house for it, between then and now."""

    def end(self, failure: str = "") -> None:
        """It is done here, or failed with this code; what is slow to leave may still follow."""


class Tracer(Protocol):
    """Follows requests from stage to stage."""

    @property
    def on(self) -> bool:
        """Whether anybody looks."""

    def begin(
        self,
        stage: str,
        message: Message,
        request: Request | None,
        envelope: Envelope | None,
        group: int,
    ) -> Span:
        """An item is about to be handled, in a group of so many."""

    def publishing(self, routing_key: str) -> Span:
        """A channel is about to publish to `dsr.intake`."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, as the stores say; counts stop at a bound, times are in seconds."""

    open: Mapping[tuple[str, str], int]
    """Open requests by status and kind."""
    at_risk: Mapping[str, int]
    """By kind: open, and near the deadline."""
    late: Mapping[str, int]
    """By kind: open, and past the deadline."""
    disowned: int
    """Requests that wait for a person since their contact on file says: not me."""
    unreachable: int
    """Open requests with a mail that could not be delivered to anybody."""
    notices: Mapping[tuple[str, str], int]
    """Notices without a last word, by recipient and status."""
    disabled: Sequence[str]
    """Recipients that want no more notices."""
    tasks: Mapping[str, int]
    """Requests that wait for a call or a letter."""
    parked: int
    parked_overdue: int
    outbox_age: float
    """Of the oldest message that a transition owes the broker."""
    step_overdue: float
    """Of the step that has been due for the longest."""
    log_behind: float
    """Of the oldest transition that the signed log lacks."""


@dataclass(frozen=True, slots=True)
class Epochs:
    """The key folder's epochs: the current one, how many, and seconds since it was made."""

    current: int
    count: int
    age: float


def _nothing(*_told: Any, **_named: Any) -> None:
    """Nobody looks."""


class NoSpan:
    """Nobody follows this item."""

    context: str | None = None
    stands = changed = left = end = _nothing


NO_SPAN = NoSpan()


class NoMeter:
    """Nobody counts."""

    on = False
    took = did = parked = stands = changed = left = _nothing


class NoTracer:
    """Nobody follows."""

    on = False

    def begin(
        self,
        stage: str,  # noqa: ARG002 - the port's
        message: Message,  # noqa: ARG002 - the same
        request: Request | None,  # noqa: ARG002 - the same
        envelope: Envelope | None,  # noqa: ARG002 - the same
        group: int,  # noqa: ARG002 - the same
    ) -> Span:
        """Nothing."""
        return NO_SPAN

    def publishing(self, routing_key: str) -> Span:  # noqa: ARG002 - the port's
        """Nothing."""
        return NO_SPAN
