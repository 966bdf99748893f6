"""Debian's Chromium before the desk; every page that a test leaves is looked at by axe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from tests.desk_site import DeskSite
from workers.web import serve

CHROMIUM = Path("/usr/bin/chromium")
THERE = CHROMIUM.exists()
SERIOUS = {"serious", "critical"}
Visitor = Callable[[str], Awaitable[Page]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all; each visitor has a profile of their own."""
    if not THERE:
        pytest.skip("there is no /usr/bin/chromium: install Debian's package chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture(scope="session")
async def address(desk: DeskSite) -> AsyncIterator[str]:
    """Where the desk is served."""
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(desk.app, "127.0.0.1", 0, stop, listening=port.set_result))
    yield f"http://127.0.0.1:{await port}/desk"
    stop.set()
    await serving


@pytest.fixture
async def visitor(desk: DeskSite, browser: Browser, address: str) -> AsyncIterator[Visitor]:
    """Opens the desk for somebody who is signed in, in English."""
    async with AsyncExitStack() as exits:

        async def visit(name: str) -> Page:
            context = await browser.new_context(locale="en-GB", java_script_enabled=True)
            exits.push_async_callback(context.close)
            token = await desk.parts.sessions.open(name, complete=True)
            await context.add_cookies([{"name": "desk", "value": token, "url": address}])
            page = await context.new_page()
            page.set_default_timeout(15_000)
            await page.goto(f"{address}/")
            return page

        yield visit


async def violations(page: Page) -> list[str]:
    """What axe finds here that keeps somebody out."""
    found = await Axe().run(page)
    return [
        f"{one['id']}: {one['nodes'][0]['html']}"
        for one in found.response["violations"]
        if one["impact"] in SERIOUS
    ]
