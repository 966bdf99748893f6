"""Every public page, looked at by axe, on a phone and on a desk: no serious violation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import served
from tests.cast import datamap
from tests.hostile.test_web_limits import Full
from tests.integration.test_web_asking import ADDRESS, MINJI
from tests.web_house import TRACKING, Site, challenged_request, open_site
from tests.web_links import PACKAGE_CODE, TOKEN

LINKS = ("proof", "disown", "stop", "nothing-arrived", "lift", "confirm", "waiting", "stop-change")
SIZES = {"phone": (390, 844), "desk": (1280, 900)}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "s", challenged_request(), the_map=datamap()) as opened:
        yield opened


async def look(page: Page) -> list[str]:
    """What axe finds that shuts somebody out; and whether the page is wider than the screen."""
    found = await Axe().run(page)
    serious = [
        f"{await page.title()}: {violation['id']} {violation['nodes'][0]['html'][:120]}"
        for violation in found.response["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
    wide = await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*serious, *([f"{await page.title()}: wider than the screen"] if wide else [])]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("size", "language"), [("phone", "ko"), pytest.param("desk", "en", marks=pytest.mark.soak)]
)
async def test_no_public_page_shuts_anybody_out(
    site: Site, browser: Browser, size: str, language: str
) -> None:
    width, height = SIZES[size]
    async with served(site.app) as address:
        context = await browser.new_context(
            base_url=address, locale=language, viewport={"width": width, "height": height}
        )
        page = await context.new_page()
        found = []
        addresses = [
            *("/", "/?for=child", "/request/correction", "/request/deletion"),
            *("/request/inquiry?for=child", "/verify", "/status", "/nowhere"),
            *(f"/{name}/{TRACKING}/{TOKEN}" for name in (*LINKS, "package")),
        ]
        for one in addresses:
            await page.goto(one)
            found += await look(page)

        fields = ("home_address", "gender", "hobbies", "anniversaries")
        await page.goto("/request/correction?" + "&".join(f"field={name}" for name in fields))
        await page.locator("main form button").click()
        found += await look(page)
        await page.goto("/request/correction?field=home_address")
        for name, value in {**MINJI, **ADDRESS}.items():
            await page.locator(f'[name="{name}"]').fill(value)
        await page.locator("main form button").click()
        found += await look(page)
        await page.locator("main form button").first.click()
        found += await look(page)

        await page.goto("/status")
        await page.locator("[name=tracking]").fill(TRACKING)
        await page.locator("main form button").click()
        found += await look(page)
        await page.locator("[name=code]").fill(PACKAGE_CODE)
        await page.locator("main form button").click()
        found += await look(page)
        await context.close()
    assert found == []


async def test_whoever_comes_too_often_can_read_when_to_come_again(
    tmp_path: Path, browser: Browser
) -> None:
    async with (
        open_site(tmp_path / "s", challenged_request(), the_map=datamap(), rates=Full()) as site,
        served(site.app) as address,
    ):
        page = await browser.new_page(locale="ko", viewport={"width": 390, "height": 844})
        await page.goto(f"{address}/verify")
        await page.locator("[name=tracking]").fill(TRACKING)
        await page.locator("[name=code]").fill("12345678")
        await page.locator("main form button").click()
        await expect(page.get_by_role("heading", name="잠시 기다려 주십시오")).to_be_visible()
        assert await look(page) == []
        await page.close()


async def test_the_form_is_walked_with_the_keyboard_alone(site: Site, browser: Browser) -> None:
    async with served(site.app) as address:
        context = await browser.new_context(base_url=address, locale="en")
        page = await context.new_page()
        await page.goto("/")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await page.keyboard.press("Enter")
        reached = []
        for _ in range(12):
            await page.keyboard.press("Tab")
            reached.append(await page.evaluate("document.activeElement.getAttribute('href')"))
        assert "/request/correction" in reached
        assert "/request/inquiry" in reached
        await context.close()
