"""A worker that kills itself between two steps of its work: at a point that is named by its way.

A point is what has to have happened, in this order, such as `after keep, after keep`; the process
sends itself SIGKILL at the last of it, so nothing is finished and nobody is told.
"""

from __future__ import annotations

import inspect
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.forked import Forked, fork
from tests.town.processes import clean_environment
from workers.adapters.amqp_subscription import QueueSubscription
from workers.adapters.audit_log import AuditLog, Pending
from workers.adapters.erasure import erasure, reading, steps, writing
from workers.adapters.erasure.markers import Markers
from workers.adapters.request_store import RequestStore
from workers.adapters.subject_data.sessions import Transaction
from workers.adapters.subject_effects import SubjectEffects
from workers.adapters.vault import Tombstones

STEPS: Final[Mapping[str, tuple[Any, str]]] = {
    "take up": (erasure, "take_up"),
    "controls": (steps, "write_controls"),
    "marker": (Markers, "place"),
    "tombstone": (Tombstones, "add"),
    "keep": (steps.Steps, "keep"),
    "carry out": (steps, "carry_out"),
    "write": (writing, "_write"),
    "destroy keys": (steps.Steps, "destroy_keys"),
    "digests": (erasure, "by_digest"),
    "finish": (Markers, "finish"),
    "close": (steps.Steps, "close"),
    "apply": (SubjectEffects, "apply"),
    "commit": (RequestStore, "commit"),
    "ack": (QueueSubscription, "ack"),
    "log": (AuditLog, "append"),
    "log row": (Transaction, "write"),
    "logged": (Pending, "done"),
}
"""What is watched; a commit is told with what it writes: `commit deleted`."""

FEW: Final = 8
"""Documents in a batch where a subject is to have several."""


async def start(
    settings: Mapping[str, str],
    log: Path,
    point: str | None = None,
    *,
    stage: str = "deletion",
    batches: bool = False,
) -> Forked:
    """A worker of this stage; without a point it is an ordinary one."""
    environment = clean_environment(settings)
    prepare = partial(_prepare, point, batches=batches)
    return await fork("worker", stage, environment=environment, log=log, first=prepare)


def _prepare(point: str | None, *, batches: bool) -> None:
    if batches:
        reading.BATCH, reading._SHARE = FEW, 0  # type: ignore[misc]  # noqa: SLF001
        erasure.SLICE = 0.02  # type: ignore[misc]
    if point is not None:
        _watch(point.split(", "))


def _watch(way: Sequence[str]) -> None:
    left = list(way)

    def happened(moment: str) -> None:
        if left and moment == left[0]:
            del left[0]
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    for name, (owner, attribute) in STEPS.items():
        setattr(owner, attribute, _watched(name, getattr(owner, attribute), happened))


def _watched(
    name: str, function: Callable[..., Any], happened: Callable[[str], None]
) -> Callable[..., Any]:
    async def watched(*arguments: Any, **named: Any) -> Any:
        told = list(_told(name, arguments))
        for each in told:
            happened(f"before {each}")
        result = function(*arguments, **named)
        if inspect.isawaitable(result):
            result = await result
        for each in told:
            happened(f"after {each}")
        return result

    def watched_at_once(*arguments: Any) -> Any:
        happened(f"before {name}")
        return function(*arguments)

    return watched if inspect.iscoroutinefunction(function) else watched_at_once


def _told(name: str, arguments: Sequence[Any]) -> Iterator[str]:
    if name != "commit":
        yield name
        return
    _, advances = arguments
    yield from dict.fromkeys(f"commit {a.entries[0].what.partition(':')[0]}" for a in advances)
