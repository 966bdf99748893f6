"""From the form to the end, as people walk it: real servers, real workers, a real browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.acceptance.conftest import town
from tests.browser.conftest import served
from tests.town import Town
from tests.town.newcomers import GUARDIAN, born, join, until
from tests.town.spool import ReceivedMail
from workers import web, wiring

__all__ = ["town"]

NEW = {"postcode": "04524", "road": "서울특별시 중구 세종대로 110", "detail": "7층 702호"}
PHONE = ViewportSize(width=390, height=844)


@asynccontextmanager
async def visitor(town: Town, browser: Browser) -> AsyncIterator[Page]:
    """Somebody with a Korean phone and no scripts, at the pages of this town."""
    async with (
        wiring.open_parts(town.settings) as parts,
        served(web.create_app(web.Parts.of(parts))) as address,
    ):
        context = await browser.new_context(
            base_url=address, locale="ko-KR", java_script_enabled=False, viewport=PHONE
        )
        try:
            page = await context.new_page()
            await page.goto("/")
            yield page
            assert await context.cookies() == []
        finally:
            await context.close()
            await parts.house.settle(10)


async def tracking_on(page: Page) -> str:
    return await page.locator(".tracking strong").inner_text()


async def mail_of(town: Town, tracking: str, purpose: str) -> ReceivedMail:
    def found() -> list[ReceivedMail]:
        mails = town.spool.all()
        return [m for m in mails if (m.tracking, m.purpose) == (tracking, purpose)]

    await town.until(lambda: bool(found()), f"{purpose} of {tracking}")
    return found()[0]


async def prove(page: Page, town: Town, tracking: str) -> ReceivedMail:
    challenge = await mail_of(town, tracking, "challenge-1")
    await page.get_by_role("link", name="코드 입력").click()
    await page.get_by_label("접수번호").fill(tracking)
    await page.get_by_label("여덟 자리 코드").fill(challenge.code)
    await page.get_by_role("button", name="네, 제가 한 요청입니다").click()
    return challenge


@pytest.mark.timeout(240)
async def test_a_member_corrects_an_address_and_sees_where_it_stands(
    town: Town, browser: Browser
) -> None:
    await town.work()
    member = await town.company["members"].find_one({"_id": 1})
    async with visitor(town, browser) as page:
        await page.get_by_role("link", name="개인정보 정정").click()
        await page.get_by_label("자택 주소").check()
        await page.get_by_role("button", name="다음").click()
        await page.get_by_label("우편번호").fill("45")
        await page.get_by_label("도로명 주소").fill(NEW["road"])
        await page.get_by_label("상세 주소").fill(NEW["detail"])
        await page.get_by_label(re.compile("^이름")).fill(member["name"])
        await page.get_by_label(re.compile("^이메일 주소")).fill(member["email"])
        await page.get_by_label(re.compile("^로그인 ID")).fill(member["login"]["id"])
        await page.get_by_role("button", name="다음: 내용 확인").click()
        # The postcode is too short: the page says so, and keeps the rest.
        assert await page.locator(".field.wrong").count() == 1
        await page.get_by_label("우편번호").fill(NEW["postcode"])
        await page.get_by_role("button", name="다음: 내용 확인").click()
        await page.get_by_role("button", name="요청 보내기").click()
        tracking = await tracking_on(page)
        await page.reload()
        assert await tracking_on(page) == tracking
        challenge = await prove(page, town, tracking)
        await until(town, challenge.request, "completed")
        changed = await town.company["members"].find_one({"_id": 1})
        assert changed["profile"]["address"] == NEW
        assert await town.ours["requests"].count_documents({}) == 1

        await page.goto("/status")
        await page.get_by_label("접수번호").fill(tracking)
        await page.get_by_role("button", name="다음", exact=True).click()
        code = (await mail_of(town, tracking, "viewing-1")).code
        await page.get_by_label("접수번호").fill(tracking)
        await page.get_by_label("여덟 자리 코드").fill(code)
        await page.get_by_role("button", name="처리 상황 보기").click()
        assert "모두 끝났습니다" in await page.locator(".timeline .now").inner_text()


@pytest.mark.timeout(240)
async def test_a_guardian_has_a_childs_data_deleted(town: Town, browser: Browser) -> None:
    await join(town, 1042, "seoyun", birth_date=born(11), guardian=GUARDIAN)
    await town.work()
    async with visitor(town, browser) as page:
        await page.get_by_role("link", name="자녀를 위한 요청").click()
        await page.get_by_role("link", name="개인정보 삭제").click()
        child = await town.company["members"].find_one({"_id": 1042})
        await page.locator("[name=requester_name]").fill(GUARDIAN["name"])
        await page.locator("[name=requester_email]").fill(GUARDIAN["email"])
        await page.locator("[name=child_name]").fill(child["name"])
        await page.locator("[name=child_login_id]").fill("seoyun")
        await page.get_by_role("button", name="다음: 내용 확인").click()
        await page.get_by_role("button", name="요청 보내기").click()
        challenge = await prove(page, town, await tracking_on(page))
        assert challenge.to == (GUARDIAN["email"],)
        await until(town, challenge.request, "completed")
    assert await town.company["members"].find_one({"_id": 1042}) is None
