"""What must stand on the broker, computed from the pipeline; names are derived, never typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.messages import ACKS, EVENTS, INTAKE, WORK
from schemas.steps import stage_of
from workers.pipeline import PIPELINE, Station

DEAD = "dsr.dead"

DELIVERY_LIMIT = 1_000_000
"""Never the retry policy: clean restarts count against it too, attempts are counted in MongoDB."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue and what is bound to it: (exchange, routing key)."""

    name: str
    bindings: tuple[tuple[str, str], ...] = ()
    arguments: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topology:
    """Topic exchanges and queues."""

    exchanges: tuple[str, ...]
    queues: tuple[Queue, ...]


def queue_name(station: Station) -> str:
    """The queue of a stage."""
    return f"dsr.{station.name}"


def work_key(step: str) -> str:
    """The routing key on `dsr.work` of the stage that does a step."""
    return stage_of(step)


def topology() -> Topology:
    """Everything that `dsr init` declares on the broker."""
    dead = Queue(DEAD, arguments={"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT})
    stages = (_stage_queue(station) for station in PIPELINE if station.listens)
    return Topology(exchanges=(INTAKE, WORK, EVENTS, ACKS), queues=(dead, *stages))


def recipient_queue(name: str) -> Queue:
    """A recipient's own: the queue has the name of the exchange, and gets all that goes there."""
    return Queue(
        name,
        bindings=((name, "notice.*"),),
        arguments={"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT},
    )


def _stage_queue(station: Station) -> Queue:
    return Queue(
        name=queue_name(station),
        bindings=(
            (WORK, station.name),
            *((INTAKE, f"{word}.*") for word, _ in station.intake),
            *(((ACKS, "ack.*"),) if station.acks else ()),
        ),
        arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": DEAD,
        },
    )
