"""An application on a free port of this machine, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from workers.web import serve


@asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[int]:
    """Gives the port."""
    stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(app, "127.0.0.1", port, stop, listening=listening.set_result)
    )
    try:
        yield await listening
    finally:
        stop.set()
        await serving
