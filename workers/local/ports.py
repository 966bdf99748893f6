"""Free ports on 127.0.0.1, kept in `stack.json` so that a server comes back where it was."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from contextlib import suppress
from pathlib import Path

from workers.local.processes import StackError

_RANGE = range(20_000, 32_000)
"""Below the range that the system hands to outgoing connections, which take any."""
_TRIES = 200
_MOMENT = 2
"""Seconds that a port may take to come free; after that it is somebody else's."""
_LOOK_AGAIN = 0.02


class Ports:
    """The ports of one folder's servers, by name."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __getitem__(self, name: str) -> int:
        """The port that was claimed for this name."""
        try:
            return self._read()[name]
        except KeyError:
            raise StackError(
                f"nothing was started in {self._file.parent} yet: run `dsr stack up` first"
            ) from None

    def __contains__(self, name: str) -> bool:
        return name in self._read()

    async def released(self, *names: str) -> None:
        """Wait a moment for these ports: a process that was killed is gone before its sockets."""
        ports = self._read()
        held = [ports[name] for name in names if name in ports]
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT):
                while not all(map(_free, held)):  # noqa: ASYNC110 - the kernel tells nobody
                    await asyncio.sleep(_LOOK_AGAIN)

    def claim(self, *names: str) -> None:
        """Keeps each name's port where it is still free, else gives it another."""
        ports = self._read()
        for name in names:
            if name not in ports or not _free(ports[name]):
                ports[name] = _another(taken=set(ports.values()))
        self._write(ports)

    def _read(self) -> dict[str, int]:
        try:
            ports: dict[str, int] = json.loads(self._file.read_bytes())["ports"]
        except FileNotFoundError:
            return {}
        return ports

    def _write(self, ports: dict[str, int]) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps({"ports": ports}, indent=2) + "\n")
        draft.replace(self._file)


def _another(taken: set[int]) -> int:
    for _ in range(_TRIES):
        port = random.choice(_RANGE)
        if port not in taken and _free(port):
            return port
    raise StackError(
        f"no free port was found between {_RANGE.start} and {_RANGE.stop} on 127.0.0.1"
    )


def _free(port: int) -> bool:
    """Whether a server could listen here; connections that are only fading away do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
