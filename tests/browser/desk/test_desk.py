"""The desk in a browser, as its people use it."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from schemas.errors import Reason
from schemas.review import Role
from tests.browser.conftest import served
from tests.browser.desk.conftest import Visitor, violations
from tests.desk_site import PAPER, PASSWORD, QUESTION, URL, DeskSite
from workers import web
from workers.adapters.staff import Client, SingleSignOn
from workers.ports import Envelope


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def test_an_agent_types_in_a_call_and_the_caller_reads_the_code_back(
    desk: DeskSite, visitor: Visitor
) -> None:
    member = desk.correction(hobbies=["등산", "바둑"]).member
    page = await visitor("park")
    await page.get_by_role("link", name="Phone and post").click()
    await page.get_by_label("It came by").select_option("phone")
    await page.get_by_label("Kind").select_option("correction")
    await page.get_by_label("Hobbies").check()
    await press(page, "Go on")
    assert await violations(page) == []
    await page.get_by_label("Received (time zone").fill("2026-11-28T10:30")
    await page.get_by_label("Login ID").fill(member["login"]["id"])
    await page.get_by_role("group", name="Who asks").get_by_label("Name").fill(member["name"])
    await page.get_by_label("Hobbies").fill("등산, 바둑")
    await press(page, "Take it in")
    await expect(page.get_by_role("heading", name="Taken in")).to_be_visible()
    assert await violations(page) == []
    tracking = await page.locator(".tracking strong").first.inner_text()
    record = await desk.record(tracking)
    await desk.town.until(lambda: bool(desk.town.spool.of(record.id, "challenge-1")), "the code")
    (mail,) = desk.town.spool.of(record.id, "challenge-1")
    await page.get_by_label("The code that the person reads out").fill("00000000")
    await press(page, "Check the code")
    await expect(page.get_by_role("alert")).to_contain_text("not right")
    await page.get_by_label("The code that the person reads out").fill(str(mail.code))
    await press(page, "Check the code")
    await expect(page.get_by_role("status")).to_contain_text("the request goes on")
    await desk.until(tracking, "completed")
    changed = await desk.town.company["members"].find_one({"_id": member["_id"]})
    assert "바둑" in json.dumps(changed, ensure_ascii=False, default=str)


async def test_a_request_that_nobody_proved_is_approved_by_two(
    desk: DeskSite, visitor: Visitor
) -> None:
    tracking = await desk.submitted(channel="phone", operator="park")
    await desk.until(tracking, "awaiting_proof")
    agent = await visitor("park")
    await agent.get_by_label("Tracking code").fill(tracking.lower())
    await press(agent, "Show")
    await press(agent, "No code has arrived")
    await agent.get_by_text("Attach evidence").click()
    await agent.get_by_label("Or what you were shown").fill("여권")
    await press(agent, "Attach")
    await expect(agent.get_by_role("status")).to_contain_text("sealed")
    await expect(agent.get_by_text("Approve, whole or in part")).to_have_count(0)
    for name, after in (("han", "in_review"), ("choi", "verified")):
        page = await visitor(name)
        await page.get_by_role("link", name=tracking).click()
        assert await violations(page) == []
        await press(page, "Preview the approval")
        await expect(page.get_by_role("heading", name="Before it takes effect")).to_be_visible()
        assert await violations(page) == []
        assert (await desk.record(tracking)).status == "in_review"
        await press(page, "Do it")
        await expect(page.get_by_role("status")).to_contain_text("It is recorded")
        if after == "in_review":
            assert (await desk.record(tracking)).status == "in_review"
    await desk.until(tracking, "completed")
    approved = [one.by for one in (await desk.record(tracking)).history if "approved" in one.what]
    assert approved == ["desk:han", "desk:choi"]


async def test_a_refusal_is_read_as_the_person_reads_it_before_it_leaves(
    desk: DeskSite, visitor: Visitor
) -> None:
    tracking = await desk.at_the_desk()
    page = await visitor("han")
    await page.get_by_role("link", name=tracking).click()
    await page.get_by_text("Refuse", exact=True).click()
    await page.get_by_label("Reason and legal ground").first.select_option("is_correct")
    await press(page, "Preview the refusal")
    shown = await page.locator("pre.mail").inner_text()
    assert "개인정보 보호법 제36조 제2항" in shown
    assert "refusal" not in (await desk.record(tracking)).mails
    await press(page, "Do it")
    await desk.until(tracking, "refused")
    record = await desk.record(tracking)
    await desk.town.until(lambda: bool(desk.town.spool.of(record.id, "refusal")), "the mail")
    await page.goto(page.url.partition("?")[0] + "/mails/refusal")
    assert "제36조 제2항" in await page.locator("pre.mail").inner_text()
    assert await violations(page) == []


async def test_no_mail_is_shown_with_its_code_or_its_links(
    desk: DeskSite, visitor: Visitor
) -> None:
    tracking = await desk.submitted()
    record = await desk.record(tracking)
    await desk.town.until(lambda: bool(desk.town.spool.of(record.id, "challenge-1")), "the code")
    (mail,) = desk.town.spool.of(record.id, "challenge-1")
    page = await visitor("choi")
    await page.get_by_role("link", name=tracking).click()
    await page.get_by_role("link", name="Code to the contact on file").click()
    content = await page.content()
    assert "••••••••" in content
    assert str(mail.code) not in content
    token = desk.parts.tokens.link(record.id, 1, "proof", record.digest)
    assert token not in content


async def test_a_parked_message_is_published_again_once_its_cause_is_mended(
    desk: DeskSite, visitor: Visitor
) -> None:
    wish = desk.correction(hobbies=["바둑"])
    body = json.dumps(wish.submission()).encode()
    # As an earlier version of ours parked it that did not know the field yet.
    reason = Reason("$.changes.hobbies", "unknown_field")
    await desk.parts.parked.park(_as_it_came(wish.id, body), [reason])
    page = await visitor("han")
    await page.get_by_role("link", name="Parked messages").click()
    assert await violations(page) == []
    await expect(page.get_by_text("unknown_field")).to_be_visible()
    await press(page, "Publish again")
    await expect(page.get_by_role("status")).to_contain_text("published again")
    await desk.town.until(lambda: _exists(desk, wish.id), "its request")


def _as_it_came(message_id: str, body: bytes) -> Envelope:
    return Envelope(
        queue="dsr.registration",
        exchange="dsr.intake",
        routing_key="submission.web",
        body=body,
        message_id=message_id,
        content_type="application/json",
        correlation_id=None,
        reply_to=None,
        user_id=None,
        redelivered=False,
        tag=1,
    )


async def _exists(desk: DeskSite, request: str) -> bool:
    return bool(await desk.parts.requests.load([request]))


async def test_somebody_signs_in_for_the_first_time(
    desk: DeskSite, browser: Browser, address: str
) -> None:
    name = await desk.account(Role.AGENT)
    context = await browser.new_context(locale="ko-KR", java_script_enabled=True)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{address}/")
    assert await violations(page) == []
    await page.get_by_label("계정").fill(name)
    await page.get_by_label("비밀번호").fill(PASSWORD)
    await press(page, "로그인")
    await expect(page.get_by_role("heading", name="2차 인증 설정")).to_be_visible()
    assert await violations(page) == []
    secret = (await page.locator("dd code").first.inner_text()).replace(" ", "")
    await page.get_by_label("앱에 보이는 번호").fill(pyotp.TOTP(secret).at(int(time.time())))
    await press(page, "확인")
    await expect(page.get_by_role("heading", name="목록")).to_be_visible()
    await press(page, "로그아웃")
    await expect(page.get_by_role("heading", name="창구 로그인")).to_be_visible()
    await context.close()


@pytest.mark.parametrize("arrival", ["/login", "/signed-in?error=access_denied"])
async def test_the_door_of_the_companys_own_login_shuts_nobody_out(
    desk: DeskSite, browser: Browser, arrival: str
) -> None:
    client = Client("https://login.company.test", "desk", "")
    sign_on = SingleSignOn(client, "sub", f"{URL}/desk/signed-in")
    app = web.create_app(web.Parts.of(replace(desk.parts, single_sign_on=sign_on)))
    async with served(app) as site:
        page = await browser.new_page(locale="ko", viewport={"width": 390, "height": 844})
        await page.goto(f"{site}/desk{arrival}")
        await expect(page.get_by_role("button", name="회사 계정으로 로그인")).to_be_visible()
        assert await violations(page) == []
        await page.close()
    sign_on.close()


async def test_what_paper_files_say_is_corrected_by_hand(desk: DeskSite, visitor: Visitor) -> None:
    tracking = await desk.at_paper()
    page = await visitor("park")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.get_by_role("link", name="To do at recipients").click()
    row = page.locator("tr").filter(has_text=tracking)
    await expect(row.get_by_role("button", name="Show it (recorded)")).to_be_in_viewport()
    await row.get_by_role("button", name="Show it (recorded)").click()
    await expect(page.get_by_text("Shelf, 3rd floor")).to_be_visible()
    await expect(page.get_by_text("Street: 세종대로 110")).to_be_visible()
    assert await violations(page) == []
    await press(page, "It is done there")
    await expect(page.get_by_role("status")).to_contain_text("It is recorded")
    assert (await desk.record(tracking)).notices[PAPER].status == "applied"


async def test_a_caller_without_mail_follows_the_request_with_a_pin(
    desk: DeskSite, visitor: Visitor, address: str
) -> None:
    page = await visitor("park")
    await page.goto(f"{address}/entry/form?channel=phone&kind=inquiry")
    await page.get_by_label("Received").fill("2026-11-28T10:30")
    about = page.get_by_role("group", name="Whom it is about")
    await about.get_by_label("Name").fill("김민지")
    asks = page.get_by_role("group", name="Who asks")
    await asks.get_by_label("Phone").fill("010-1111-2222")
    await page.get_by_label("What the person says").fill("무엇을 보관합니까?")
    await press(page, "Take it in")
    tracking = await page.locator(".tracking strong").first.inner_text()
    pin = await page.locator(".tracking strong").last.inner_text()
    assert await violations(page) == []
    caller = await visitor("lim")  # any browser: the status page knows nobody
    await caller.context.clear_cookies()
    await caller.goto(address.removesuffix("/desk") + "/status")
    await caller.get_by_label("Tracking code").fill(tracking)
    await press(caller, "Go on")
    await caller.get_by_label("Code or PIN of eight digits").fill(pin)
    await press(caller, "See where it stands")
    await expect(caller.get_by_text("Our staff look at it.")).to_be_visible(timeout=15_000)
    assert await violations(caller) == []


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.soak), 390])
async def test_every_page_can_be_read_by_everybody_at_any_width(
    desk: DeskSite, visitor: Visitor, address: str, width: int
) -> None:
    inquiry = await desk.at_the_desk(**QUESTION)
    page = await visitor("choi")
    await page.set_viewport_size({"width": width, "height": 800})
    for path in (
        *("/", f"/requests/{inquiry}", "/entry", "/tasks", "/notices", "/figures", "/parked"),
        *("/retention", "/audit", "/staff", "/own"),
    ):
        await page.goto(address + path)
        assert await violations(page) == [], path
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await page.evaluate(wider) <= 0, path
