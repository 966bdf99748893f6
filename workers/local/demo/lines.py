"""The intake channels' processes: one for each channel, which its errands share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from workers.local.demo.house import House
from workers.local.demo.programs import end
from workers.local.processes import StackError


class Line:
    """One channel's process: takes a message at a time, and says what the workers answered."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self._name = name
        self._process = process
        self._free = asyncio.Lock()

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Hand over a submission or a proof, and give the answer."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None and process.stderr
        async with self._free:
            process.stdin.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
            await process.stdin.drain()
            line = await process.stdout.readline()
            if not line:
                words = (await process.stderr.read()).decode(errors="replace").split()
                raise StackError(f"the channel {self._name} ended: {' '.join(words)[-300:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def lines(house: House, channels: Iterable[str]) -> AsyncIterator[dict[str, Line]]:
    """All of them, each under its own broker user; ended at the end."""
    async with AsyncExitStack() as exits:
        made: dict[str, Line] = {}
        for name in channels:
            settings = house.users.of_channel(name)
            process = await house.programs.talk(["-m", "workers.local.demo.channel"], settings)
            exits.push_async_callback(end, process)
            made[name] = Line(name, process)
        yield made
