"""Debian's Chromium, driven from outside, with scripts switched off as people may have them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright
from starlette.types import ASGIApp

from tests.ending import ending
from workers.web import serve

CHROMIUM = "/usr/bin/chromium"


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve it on a free port; gives the address."""
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(app, "127.0.0.1", 0, stop, listening=port.set_result))
    try:
        yield f"http://127.0.0.1:{await port}"
    finally:
        stop.set()
        await serving


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser that is running."""
    assert shutil.which(CHROMIUM), "browser tests need Chromium: run `apt-get install chromium`"
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        await opened.close()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests; each opens a context of its own."""
    async with ending(chromium()) as opened:
        yield opened
