"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse

PATIENCE = 2.0


class Health:
    """For whoever restarts processes, and for whoever sends them visitors."""

    def __init__(self, ask: Callable[[], Awaitable[Mapping[str, bool]]]) -> None:
        self._ask = ask

    async def alive(self, _: Request) -> JSONResponse:
        """Yes: nothing is asked that a restart of this process could not mend."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _: Request) -> JSONResponse:
        """200 if every server that is needed answers, else 503; each by its name."""
        try:
            async with asyncio.timeout(PATIENCE):
                servers = dict(await self._ask())
        except TimeoutError:
            servers = {}
        good = bool(servers) and all(servers.values())
        status = "ready" if good else "not_ready"
        return JSONResponse({"status": status, "servers": servers}, 200 if good else 503)
