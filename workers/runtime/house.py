"""Everything that the runtime works with, built once by `workers.wiring`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from schemas.lifecycle import Advance, Debtor
from schemas.request import Request
from workers.ports import Committed, Outbound, Parked, Publisher, SubjectStore, Tools
from workers.ports.notary import Notary
from workers.ports.retention import Retention
from workers.ports.telemetry import Meter, NoMeter, NoTracer, Tracer
from workers.runtime import log
from workers.runtime.beside import Beside
from workers.runtime.decode import IntakeRules
from workers.runtime.paid import Paid


class RequestStore(Protocol):
    """Loads and commits requests, in groups."""

    def now(self) -> datetime:
        """The database's time."""

    async def sync(self) -> None:
        """Ask the database for its time again."""

    async def load(self, ids: Iterable[str]) -> dict[str, Request]:
        """Those that exist, by id."""

    async def load_by_tracking(self, codes: Iterable[str]) -> dict[str, Request]:
        """Those that exist, by tracking code."""

    async def load_by_notice(self, notice: str) -> Request | None:
        """The request that a notice belongs to."""

    async def commit(self, advances: Sequence[Advance]) -> list[Committed]:
        """Write a group; per advance whether it stands."""

    async def strike(self, ids: Iterable[str], stamps: Iterable[str]) -> None:
        """Strike off what these commits owed for these requests."""

    async def due(self, limit: int) -> list[str]:
        """Ids of requests with a step whose time has come, the longest overdue first."""

    async def owing(self, older_than: timedelta, limit: int, skip: int) -> list[Debtor]:
        """Requests with messages that were left unsent, the oldest first."""


@dataclass(slots=True)
class House:
    """The parts, and the work that outlives its group."""

    requests: RequestStore
    subjects: SubjectStore
    outbound: Outbound
    publisher: Publisher
    answers: Publisher
    """Sends the answers to channels, which go to addresses that others chose."""
    parked: Parked
    rules: IntakeRules
    tools: Tools
    retention: Retention | None = None
    """None: nothing is swept by the clock."""
    notary: Notary | None = None
    """None: no log is kept."""
    sweep_every: timedelta = timedelta(days=1)
    meter: Meter = field(default_factory=NoMeter)
    tracer: Tracer = field(default_factory=NoTracer)
    background: set[asyncio.Task[None]] = field(default_factory=set)
    beside: Beside = field(default_factory=Beside)
    paid: Paid = field(default_factory=Paid)
    strike_after: float = 2.0
    """Seconds for which that is gathered; less than the relay's patience."""
    passed_over: int = 0
    """Requests whose messages the relay could not send, as it goes through them."""
    settling: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing more is to be gathered: what waits for company goes now."""

    def tools_now(self) -> Tools:
        """The tools, with the time as the database has it."""
        return replace(self.tools, now=self.requests.now(), monotonic=time.monotonic())

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Let it finish beside the groups; `settle` waits for it."""
        task = asyncio.create_task(work)
        self.background.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.background.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.failure("later_failed", error)

    async def settle(self, timeout: float) -> None:
        """Wait for what still runs beside the groups, but not for ever."""
        until = time.monotonic() + timeout
        self.settling.set()
        # What ends may begin something else: a result that is recorded is struck off.
        while self.background and (left := until - time.monotonic()) > 0:
            await asyncio.wait(self.background, timeout=left)
        self.settling.clear()
