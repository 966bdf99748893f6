"""What every embedded server can do: start, stop, and be killed or paused for a fault test."""

from __future__ import annotations

import asyncio
import signal
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from workers.local import processes
from workers.local.ports import Ports
from workers.local.processes import StackError

_START = 90
"""Seconds it may take to start; a broker needs four, many times that on a machine that is busy."""
_LOOK_AGAIN = 0.03
"""Seconds between two looks at a server that is starting."""
_LOOKS = 10
"""Of so many one is at its processes: it takes a walk through all of this machine."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Which server of several that belong together: one node of a cluster, or the only one."""

    names: tuple[str, ...]
    number: int = 0

    @property
    def name(self) -> str:
        """Its own."""
        return self.names[self.number]

    @property
    def alone(self) -> bool:
        """Whether there are no others."""
        return len(self.names) == 1


class Server(ABC):
    """One server in its folder. All its processes carry its mark; its ports survive restarts."""

    name: str
    variable: ClassVar[str]
    """The setting that names a server of one's own instead."""
    port_names: tuple[str, ...]
    """The ports that its main process listens on; the first has its own name."""
    patience: ClassVar[float] = 20
    """Seconds it may take to stop before it is killed."""

    def __init__(self, folder: Path, ports: Ports, name: str) -> None:
        self.name = name
        self.port_names = (name,)
        self.folder = folder.resolve() / name
        self._ports = ports
        self.launched = False
        """Whether the last `start` had to start it."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @property
    def address(self) -> str:
        """Where it alone answers; no password."""
        return self.url

    @abstractmethod
    def _launch(self) -> None:
        """Starts its process."""

    @abstractmethod
    async def _ready(self) -> bool:
        """Whether it does its work by now; may do what is left to get it there."""

    @property
    def mark(self) -> str:
        """What its processes carry."""
        return str(self.folder)

    @property
    def helpers(self) -> tuple[str, ...]:
        """The marks of what it shares with others of its kind, to be ended after all of them."""
        return ()

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / "output.log"

    def running(self) -> bool:
        """Whether a process of it lives."""
        return bool(processes.find(self.mark))

    async def start(self) -> None:
        """Start it where it does not run, on the ports it had; returns once it does its work."""
        self.launched = False
        if self.running() and self.name in self._ports:
            self.resume()
            if await self._until_ready():
                return  # else it was just about to end, killed a moment ago
        # What runs here without a known port is left from a folder that was deleted under it.
        await self.kill()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._ports.released(*self.port_names)
        self.launched = True
        self._launch()
        if not await self._until_ready():
            raise StackError(f"{self.name} ended while it was starting: {self._what_now()}")

    async def stop(self) -> None:
        """Ends it in good order, with all that belongs to it."""
        await processes.stop(self.mark, self.patience)

    async def kill(self) -> None:
        """SIGKILL, as a crash would; `start` brings it back on the same ports."""
        await processes.kill(self.mark)

    def pause(self) -> None:
        """SIGSTOP: connections stand and nothing answers."""
        processes.send(self.mark, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        processes.send(self.mark, signal.SIGCONT)

    async def _until_ready(self) -> bool:
        """True once it does its work, False where it ended before."""
        try:
            async with asyncio.timeout(_START):
                look = 0
                while not await self._ready():
                    if look % _LOOKS == 0 and not self.running():
                        return False
                    look += 1
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            raise StackError(
                f"{self.name} did not get ready within {_START} s: {self._what_now()}"
            ) from None
        return True

    def _what_now(self) -> str:
        return f"see {self.log}, or set {self.variable} to a server of your own"


async def answers(port: int, say: bytes, expect: bytes) -> bool:
    """Whether a server on this port of 127.0.0.1 answers `say` with what begins with `expect`."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(say)
                return await reader.readexactly(len(expect)) == expect
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
