"""The page of a recipient's notices, opened by whoever else has the link, or none."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from schemas.notice import NoticeStatus
from tests.third_parties import ADDRESS, PAGE_TOKEN, Behind, datamap
from tests.web_house import NOTICE, OTHER_NOTICE, Site, open_site, told_request
from tests.web_links import PACKAGE_CODE

PAGE = f"/recipients/carrier/{PAGE_TOKEN}"
WRONG = "w" * 22
CODE = PACKAGE_CODE


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
async def site(tmp_path: Path, behind: Behind) -> AsyncIterator[Site]:
    async with open_site(
        tmp_path / "secrets", told_request(), the_map=datamap(), third_parties=behind.build
    ) as opened:
        yield opened


async def opened(site: Site) -> str:
    """The page, and the session that it carries."""
    await site.client.post(PAGE)
    await asyncio.sleep(0)
    page = await site.client.post(PAGE, data={"code": CODE})
    found = re.search(r'name="session" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


async def settle(site: Site, session: str, **other: str) -> httpx.Response:
    form = {"session": session, "notice": NOTICE, "status": "applied", **other}
    return await site.client.post(PAGE, data=form)


async def test_the_code_goes_to_the_address_on_the_map_and_opens_the_list(
    site: Site, behind: Behind
) -> None:
    session = await opened(site)
    assert behind.post.sent == [(ADDRESS, CODE)]
    await settle(site, session)
    assert site.notice("carrier").status is NoticeStatus.APPLIED


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_link_opened_by_a_scanner_sends_no_code(
    site: Site, behind: Behind, method: str
) -> None:
    await site.client.request(method, PAGE)
    assert (behind.post.sent, site.requests.commits) == ([], 0)


@pytest.mark.parametrize(
    "path", [f"/recipients/carrier/{WRONG}", f"/recipients/nobody/{PAGE_TOKEN}"]
)
@pytest.mark.parametrize("form", [{}, {"code": CODE}, {"session": "x", "status": "applied"}])
async def test_a_wrong_link_looks_like_a_right_one_and_does_nothing(
    site: Site, behind: Behind, path: str, form: dict[str, str]
) -> None:
    wrong = await site.client.post(path, data=form)
    assert (behind.post.sent, site.requests.commits) == ([], 0)
    right = await site.client.post(PAGE, data={**form, **({"code": "0"} if "code" in form else {})})
    assert (wrong.status_code, wrong.text) == (right.status_code, right.text)


async def test_the_sixth_guess_is_not_looked_at(site: Site) -> None:
    await site.client.post(PAGE)
    for _ in range(5):
        await site.client.post(PAGE, data={"code": "00000000"})
    page = await site.client.post(PAGE, data={"code": CODE})
    assert "session" not in page.text


async def test_a_code_opens_once(site: Site) -> None:
    await opened(site)
    again = await site.client.post(PAGE, data={"code": CODE})
    assert "session" not in again.text


async def test_another_recipients_notice_is_not_settled(site: Site) -> None:
    await settle(site, await opened(site), notice=OTHER_NOTICE)
    assert site.notice("insurer").status is NoticeStatus.DELIVERED
    assert site.notice("carrier").status is NoticeStatus.DELIVERED


@pytest.mark.parametrize("status", ["overdue", "pending", "", "APPLIED", "applied\x00"])
async def test_a_status_that_is_none_settles_nothing(site: Site, status: str) -> None:
    await settle(site, await opened(site), status=status)
    assert site.notice("carrier").status is NoticeStatus.DELIVERED


async def test_a_made_up_session_settles_nothing(site: Site) -> None:
    await opened(site)
    page = await settle(site, "x" * 22)
    assert site.notice("carrier").status is NoticeStatus.DELIVERED
    assert "receiver" not in page.text


async def test_another_code_ends_the_session_before_it(site: Site) -> None:
    session = await opened(site)
    await site.client.post(PAGE)
    await asyncio.sleep(0)
    await settle(site, session)
    assert site.notice("carrier").status is NoticeStatus.DELIVERED


async def test_a_value_that_is_markup_is_shown_as_text(site: Site) -> None:
    await site.client.post(PAGE)
    page = await site.client.post(PAGE, data={"code": CODE})
    assert "&lt;b&gt;김민지&lt;/b&gt;" in page.text and "<b>김민지" not in page.text


async def test_a_disputed_value_is_not_shown(site: Site, behind: Behind) -> None:
    behind.disputed = True
    await site.client.post(PAGE)
    page = await site.client.post(PAGE, data={"code": CODE})
    assert "cannot be shown" in page.text or "보여 드릴 수 없습니다" in page.text
    assert "김민지" not in page.text


async def test_a_form_of_a_megabyte_is_not_read(site: Site, behind: Behind) -> None:
    page = await site.client.post(PAGE, content=b"code=" + b"1" * 1_000_000)
    assert page.status_code == 413
    assert behind.doors.tries == 0


async def test_a_reason_is_kept_with_a_refusal_and_never_shown_on_a_page(site: Site) -> None:
    session = await opened(site)
    page = await settle(site, session, status="refused", reason="<b>moved</b>" + "가" * 480)
    assert site.notice("carrier").status is NoticeStatus.REFUSED
    assert "moved" not in page.text
    (request,) = site.requests.requests.values()
    assert b"<b>moved</b>" in request.sealed


@pytest.mark.parametrize("reason", ["x" * 501, "a\x00b", "\u202e"])
async def test_a_reason_that_is_no_text_settles_nothing(site: Site, reason: str) -> None:
    await settle(site, await opened(site), status="refused", reason=reason)
    assert site.notice("carrier").status is NoticeStatus.DELIVERED
