"""The database's time, the only one that is compared (D6)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.adapters.mongo import Database, reaching

FIRST_TRIES = 3
"""Samples at the start, when there is nothing to hold them against."""
DRIFT = 0.001
"""Seconds by which two clocks may part in a second; real ones do by a tenth of that."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server's clock said at a moment of ours, give or take `doubt` seconds."""

    said: datetime
    at: float
    doubt: float

    @classmethod
    def of(cls, server: datetime, started: float, arrived: float) -> Sample:
        """From one question: half of the round trip is taken as the way back."""
        doubt = (arrived - started) / 2
        return cls(server + timedelta(seconds=doubt), arrived, doubt)

    def now(self, at: float) -> datetime:
        """What it says at another moment of ours."""
        return self.said + timedelta(seconds=at - self.at)

    def doubt_at(self, at: float) -> float:
        """How far off that may be."""
        return self.doubt + DRIFT * (at - self.at)

    def gives_way_to(self, newer: Sample) -> bool:
        """Whether the newer one knows better, or shows that the server's clock was set.

        An answer that took long (the primary was being elected) says little about when it was
        given: taken as it is, it would put this worker seconds ahead of its neighbours.
        """
        ours = self.doubt_at(newer.at)
        if newer.doubt <= ours:
            return True
        apart = abs((newer.said - self.now(newer.at)).total_seconds())
        return apart > newer.doubt + ours


class DatabaseClock:
    """The database's time, carried on by this machine's monotonic clock (D6).

    A wall clock that is set wrong here, or set back, changes nothing that is compared.
    """

    def __init__(self, db: Database) -> None:
        """Not usable before `sync`."""
        self._db = db
        self._sample: Sample | None = None

    async def sync(self) -> None:
        """Ask the server; what it says counts unless we know better."""
        for _ in range(1 if self._sample else FIRST_TRIES):
            started = time.monotonic()
            with reaching("MongoDB"):
                answer = await self._db.command("hello", codec_options=self._db.codec_options)
            sample = Sample.of(answer["localTime"], started, time.monotonic())
            if self._sample is None or self._sample.gives_way_to(sample):
                self._sample = sample

    def now(self) -> datetime:
        """The database's time, aware, in UTC, in whole milliseconds as it is stored."""
        assert self._sample is not None, "sync() comes first"
        now = self._sample.now(time.monotonic())
        return now.replace(microsecond=now.microsecond // 1000 * 1000)
