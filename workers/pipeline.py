"""The pipeline on one screen: which stage does what, and what it listens to.

Queue names, bindings and consumers are computed from this table; nothing else names a queue.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.base import Outside
from schemas.submission import Proof, Submission, Withdrawal
from workers.ports import Conclude, Handle
from workers.stages import (
    access,
    completion,
    correction,
    deletion,
    mailing,
    objection,
    propagation,
    registration,
    restriction,
    review,
    upkeep,
    verification,
)


@dataclass(frozen=True, slots=True)
class Station:
    """One stage as the runtime runs it.

    `intake` maps the first word of a routing key on `dsr.intake` to what its messages hold.
    `acks`: it takes what recipients say on `dsr.acks`.
    `joins`: its commands are done in the group that opens them, since it waits for nobody (D8).
    `listens`: False for the stage that is woken by the clock, not by messages.
    """

    name: str
    handle: Handle
    conclude: Conclude | None = None
    intake: tuple[tuple[str, type[Outside]], ...] = ()
    acks: bool = False
    joins: bool = False
    listens: bool = True


PIPELINE: tuple[Station, ...] = (
    Station("registration", registration.handle, intake=(("submission", Submission),)),
    Station(
        "verification",
        verification.handle,
        verification.conclude,
        intake=(("proof", Proof), ("withdrawal", Withdrawal)),
    ),
    Station("review", review.handle, review.conclude),
    Station("correction", correction.handle, correction.conclude),
    Station("access", access.handle, access.conclude),
    Station("deletion", deletion.handle, deletion.conclude),
    Station("restriction", restriction.handle, restriction.conclude),
    Station("objection", objection.handle, objection.conclude),
    Station("propagation", propagation.handle, propagation.conclude, acks=True),
    Station("completion", completion.handle, joins=True),
    Station("mailing", mailing.handle, mailing.conclude),
    Station("upkeep", upkeep.handle, listens=False),
)

STATIONS = {station.name: station for station in PIPELINE}
