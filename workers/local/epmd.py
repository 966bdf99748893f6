"""Erlang's port mapper of a folder's own: the nodes of a cluster find each other through it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from workers.local import processes
from workers.local.ports import Ports
from workers.local.processes import StackError

_PORT = "rabbit_epmd"


class PortMapper:
    """One process, started before the first node: one started by a node would outlive it."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self._folder = folder
        self._ports = ports
        self._starting = asyncio.Lock()
        self.mark = str(folder / "epmd")

    @property
    def port(self) -> int:
        """Where nodes ask for each other."""
        return self._ports[_PORT]

    async def start(self) -> None:
        """Start it where it does not run."""
        async with self._starting:
            if _PORT not in self._ports:
                await processes.kill(self.mark)
            if processes.find(self.mark):
                return
            program = shutil.which("epmd")
            if program is None:
                raise StackError("epmd, a part of Erlang, is not on the PATH: install erlang-base")
            await self._ports.released(_PORT)
            self._ports.claim(_PORT)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            processes.spawn(
                [program, "-address", "127.0.0.1", "-port", str(self.port)],
                {"HOME": str(self._folder)},
                self._folder / "output.log",
                self.mark,
            )

    async def stop(self, patience: float) -> None:
        """End it."""
        await processes.stop(self.mark, patience)
