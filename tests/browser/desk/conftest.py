"""Debian's Chromium before the desk; every page that a test leaves is looked at by axe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.browser.conftest import served
from tests.desk_site import DeskSite
from tests.ending import ending

SERIOUS = {"serious", "critical"}
Visitor = Callable[[str], Awaitable[Page]]


@pytest.fixture(scope="session")
async def address(desk: DeskSite) -> AsyncIterator[str]:
    """Where the desk is served."""
    async with ending(served(desk.app)) as url:
        yield f"{url}/desk"


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
