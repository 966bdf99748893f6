"""A worker's own line to one server, through this process: it alone can be cut off from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

How = Literal["refused", "silent"]
"""Connections break and new ones are refused; or they stand, and nothing comes through."""
_LARGEST = 64 * 1024


class Line:
    """Passes on bytes, both ways, until it is cut; and again once it is mended."""

    def __init__(self, to: int) -> None:
        """`to` is the server's port on this machine."""
        self.port = 0
        self._to = to
        self._flows = asyncio.Event()
        self._listening: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    async def mend(self) -> None:
        """As if nothing had been."""
        if self._listening is None:
            self._listening = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
            self.port = self._listening.sockets[0].getsockname()[1]
        self._flows.set()

    def cut(self, how: How) -> None:
        """From now on nobody gets through."""
        self._flows.clear()
        if how == "refused":
            self._close()

    async def end(self) -> None:
        """Nothing of it is left."""
        self._close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def _close(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass_on(source, sink))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while part := await source.read(_LARGEST):
                await self._flows.wait()
                sink.write(part)
                await sink.drain()
            await self._flows.wait()
        except OSError:
            pass
        finally:
            self._writers.discard(sink)
            sink.close()


@asynccontextmanager
async def line_to(port: int) -> AsyncIterator[Line]:
    """One that is whole; whoever connects to its port has the server at its other end."""
    line = Line(port)
    await line.mend()
    try:
        yield line
    finally:
        await line.end()
