"""Worker processes as they are scaled: so many of each stage, more and fewer while they work."""

from __future__ import annotations

import asyncio

from tests.town import Town
from tests.town.processes import WorkerEnded, WorkerProcess
from workers.pipeline import STATIONS

OWN = ("registration", "verification", "correction", "propagation", "completion", "mailing")
"""The stages of a correction, which have processes of their own."""
OTHERS = tuple(name for name in STATIONS if name not in OWN)
"""All others, the clock among them, share one."""
GROUPS = (*((name,) for name in OWN), OTHERS)
RESTARTS = 5


class Crew:
    """The same number of processes for each group of stages."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._rows: list[list[WorkerProcess]] = []

    async def scale(self, count: int) -> None:
        """To so many of each: started, or ended by SIGTERM, which must drain and exit 0."""
        while len(self._rows) < count:
            row = await asyncio.gather(*(self._started(*stages) for stages in GROUPS))
            self._rows.append(list(row))
        # The oldest go first, as in a rolling update.
        less = len(self._rows) - count
        leaving, self._rows = self._rows[:less], self._rows[less:]
        left = [worker for row in leaving for worker in row]
        for worker, status in zip(left, await asyncio.gather(*map(_end, left)), strict=True):
            assert status == 0, f"it ended with {status}: {worker.said()}"
            assert '"worker_stopped"' in worker.said()
            self._town.workers.remove(worker)

    async def _started(self, *stages: str) -> WorkerProcess:
        """A worker that finds no server says so and ends; containers are then started again."""
        for _ in range(RESTARTS):
            try:
                return await self._town.work(*stages)
            except WorkerEnded as ended:
                if "does not answer" not in str(ended):
                    raise
        return await self._town.work(*stages)


async def _end(worker: WorkerProcess) -> int:
    assert worker.alive, f"it had ended by itself: {worker.said()}"
    return await worker.stop()
