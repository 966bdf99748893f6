"""The page behind the acknowledgement's link: "nothing arrived"."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.lifecycle import Status
from schemas.review import Why
from tests.web_house import TRACKING, Site, challenged_request, open_site
from tests.web_links import TOKEN

LINK = f"/nothing-arrived/{TRACKING}/{TOKEN}"


@pytest.fixture
async def waiting(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", challenged_request()) as opened:
        yield opened


async def test_opening_the_link_does_nothing_and_its_button_has_a_person_look(
    waiting: Site,
) -> None:
    shown = await waiting.client.get(LINK)
    assert shown.status_code == 200
    assert "<form" in shown.text
    (request,) = waiting.requests.requests.values()
    assert request.status is Status.AWAITING_PROOF
    pressed = await waiting.client.post(LINK)
    assert pressed.status_code == 200
    (request,) = waiting.requests.requests.values()
    assert request.status is Status.IN_REVIEW
    assert request.review is not None and request.review.why == (Why.NOTHING_ARRIVED,)


@pytest.mark.parametrize(
    "link",
    [
        f"/nothing-arrived/{TRACKING}/{'w' * 22}",
        f"/nothing-arrived/DSR-ACEF-HJKA/{TOKEN}",
        f"/nothing-arrived/{TRACKING}/short",
        f"/nothing-arrived/x/{TOKEN}",
    ],
)
async def test_a_link_that_was_made_up_is_answered_alike_and_changes_nothing(
    waiting: Site, link: str
) -> None:
    made_up = await waiting.client.post(link)
    assert waiting.requests.commits == 0
    right = await waiting.client.post(LINK)
    assert made_up.status_code == right.status_code == 200
    assert made_up.text.replace(TRACKING, "") == right.text.replace(TRACKING, "") or (
        TRACKING not in link
    )
    assert "<h1" in made_up.text


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_the_page_speaks_both_languages(waiting: Site, language: str) -> None:
    page = await waiting.client.get(f"{LINK}?lang={language}")
    assert {"ko": "아무것도 받지 못했습니다", "en": "Nothing has arrived"}[language] in page.text
