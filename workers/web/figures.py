"""Figures for Prometheus, and a port of their own for whoever watches a process.

They name no person, but they are not the public's either: how many ask, and what stands still, is
the company's own to know. So the pages' port answers only who has the token, and a port that is for
watching is not to be reached from outside.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from schemas.errors import SettingsError
from workers.web.health import Health
from workers.web.parts import Figures
from workers.web.server import serve

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SCHEME = "bearer"


def of_public_port(figures: Figures | None, token: str) -> list[Route]:
    """The address on the pages' port; nothing without a token, as if there were none."""
    if figures is None or not token:
        return []

    async def metrics(request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != _SCHEME or not secrets.compare_digest(given.encode(), token.encode()):
            raise HTTPException(404)
        return await _page(figures)

    return [Route("/metrics", metrics, methods=["GET"])]


def figures_app(figures: Figures, ready: Callable[[], Awaitable[Mapping[str, bool]]]) -> Starlette:
    """`/metrics`, `/healthz` and `/readyz`, and nothing else."""
    health = Health(ready)

    async def metrics(_: Request) -> Response:
        return await _page(figures)

    return Starlette(
        routes=[
            Route("/metrics", metrics, methods=["GET"]),
            Route("/healthz", health.alive, methods=["GET"]),
            Route("/readyz", health.ready, methods=["GET"]),
        ]
    )


@asynccontextmanager
async def watched(app: Starlette, host: str, port: int | None) -> AsyncIterator[None]:
    """Serve it meanwhile; nothing where there is no port. `SettingsError` if it is taken."""
    if port is None:
        yield
        return
    stop, listening = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(app, host, port, stop, listening=lambda _: listening.set()))
    up = asyncio.create_task(listening.wait())
    await asyncio.wait((serving, up), return_when=asyncio.FIRST_COMPLETED)
    up.cancel()
    if serving.done():
        await serving
    try:
        yield
    finally:
        stop.set()
        await serving


async def _page(figures: Figures) -> Response:
    try:
        return Response(await figures.text(), media_type=None, headers={"content-type": _TYPE})
    except SettingsError as missing:
        return PlainTextResponse(f"{missing}\n", 501)
