"""Serves an application until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from schemas.errors import SettingsError
from workers.web.connection import Connection

AT_ONCE = 512
"""Connections beyond which new requests are answered 503."""
GRACE = 20
"""Seconds that answers in hand have at the end."""


async def serve(
    app: ASGIApp,
    host: str,
    port: int,
    stop: asyncio.Event,
    *,
    listening: Callable[[int], None] | None = None,
) -> None:
    """Serve until `stop` is set, then finish what is in hand. Signals stay with the caller.

    `listening` is told the port (which the system chooses for 0) once connections are taken.
    """
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        # Addresses hold tokens: no access log, and nothing that a header claims is believed.
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=AT_ONCE,
        h11_max_incomplete_event_size=16 * 1024,
        timeout_graceful_shutdown=GRACE,
    )
    with _bound(host, port) as listener:
        if listening is not None:
            listening(listener.getsockname()[1])
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.should_exit = True
            stopping.cancel()
            await serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: the process has other work to end too."""
        yield


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket, so that connections wait from now on; uvicorn would exit on a failure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host} port {port}: another program has it, or it is not ours"
        ) from error
