"""The page that says where a request stands: the same to everybody who has not the code."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas import tracking
from schemas.request import Challenge
from tests.web_house import NOW, TRACKING, Site, challenged_request, open_site, told_request
from tests.web_links import PACKAGE_CODE
from workers.web.waiting import NO_SOONER

UNKNOWN = tracking.new(lambda number: number - 1)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", challenged_request()) as opened:
        yield opened


def without(text: str, code: str) -> str:
    return text.replace(code, "")


async def test_a_get_does_nothing(site: Site) -> None:
    await site.client.get("/status")
    assert site.requests.commits == 0


async def test_a_known_and_an_unknown_request_are_answered_alike(site: Site) -> None:
    known, unknown = TRACKING, UNKNOWN
    for more in ({}, {"code": "00000000"}):
        answers = []
        for code in (known, unknown):
            started = time.monotonic()
            answers.append(await site.client.post("/status", data={"tracking": code, **more}))
            assert time.monotonic() - started >= NO_SOONER
        assert [answer.status_code for answer in answers] == [200, 200]
        assert without(answers[0].text, known) == without(answers[1].text, unknown)


async def test_the_contact_on_file_sees_it_and_can_take_it_back(site: Site) -> None:
    await site.client.post("/status", data={"tracking": TRACKING})
    async with asyncio.timeout(10):
        while not site.requests.commits:  # noqa: ASYNC110 - it is done apart, a moment later
            await asyncio.sleep(0.02)
    typed = {"tracking": TRACKING, "code": PACKAGE_CODE}
    page = await site.client.post("/status?lang=en", data=typed)
    assert "Where your request stands" in page.text
    found = re.search(r'name="pass" value="([^"]+)"', page.text)
    assert found is not None
    await site.client.post("/withdraw", data={"pass": found[1]})
    (withdrawal,) = site.intake.withdrawals
    assert (withdrawal["tracking"], withdrawal["code"]) == (TRACKING, PACKAGE_CODE)


async def test_a_pass_that_we_did_not_seal_takes_nothing_back(site: Site) -> None:
    for forged in ("", "x", "gAAAAA=="):
        answer = await site.client.post("/withdraw", data={"pass": forged})
        assert answer.status_code == 400
    assert site.intake.withdrawals == []


async def test_a_mistyped_tracking_code_is_said_beside_it(site: Site) -> None:
    answer = await site.client.post("/status?lang=en", data={"tracking": "DSR-ACEF-HJK3"})
    assert answer.status_code == 422
    assert 'id="tracking-error"' in answer.text
    assert 'value="DSR-ACEF-HJK3"' in answer.text


@pytest.mark.parametrize(
    ("language", "answered", "waits"),
    [
        ("en", "it confirmed that it made the change", "we are waiting for its answer"),
        ("ko", "반영했다는 답을 받았습니다", "답을 기다리고 있습니다"),
    ],
)
async def test_it_says_in_the_words_of_the_mail_what_each_recipient_answered(
    tmp_path: Path, language: str, answered: str, waits: str
) -> None:
    code = Challenge(number=1, issued_at=NOW, ends_at=NOW + timedelta(hours=1))
    request = told_request().model_copy(update={"applied_at": NOW, "viewing": code})
    async with open_site(tmp_path / "secrets", request) as site:
        await site.acknowledge()
        typed = {"tracking": TRACKING, "code": PACKAGE_CODE}
        page = await site.client.post(f"/status?lang={language}", data=typed)
        assert (page.text.count(answered), page.text.count(waits)) == (1, 1)
