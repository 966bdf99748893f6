"""The page of a package: a GET only shows it, and nothing that is not right can be told apart."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.lifecycle import Status
from schemas.request import Challenge, Package, Request
from tests.web_house import NOW, TRACKING, Site, challenged_request, open_site
from tests.web_links import PACKAGE_CODE, PACKAGE_TOKEN, TOKEN
from workers.web.waiting import NO_SOONER

LINK = f"/package/{TRACKING}/{PACKAGE_TOKEN}"
CONTENT = b"PK\x03\x04 all that there is"
MADE_UP = [
    f"/package/{TRACKING}/{TOKEN}",
    f"/package/DSR-ACEF-HJKA/{PACKAGE_TOKEN}",
    f"/package/x/{PACKAGE_TOKEN}",
    f"/package/{TRACKING}/%00",
]


def seen_request(**package: Any) -> Request:
    """Kim Minji's access request, done; a code was sent a moment ago."""
    fresh = Challenge(number=1, issued_at=NOW, ends_at=NOW + timedelta(hours=1))
    made = Package(id="p-1", made_at=NOW, destroy_after=NOW + timedelta(days=7), challenge=fresh)
    return challenged_request().model_copy(
        update={
            "kind": "access",
            "fields": (),
            "status": Status.COMPLETED,
            "package": made.model_copy(update=package),
            "steps": {},
        }
    )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path, seen_request()) as made:
        made.packages.content["p-1"] = CONTENT
        yield made


def the_request(site: Site) -> Request:
    (request,) = site.requests.requests.values()
    return request


async def test_a_get_shows_the_page_and_changes_nothing(site: Site) -> None:
    before = the_request(site)
    shown = await site.client.get(LINK)
    assert shown.status_code == 200
    assert shown.text.count("<form") == 2
    assert 'name="code"' in shown.text
    assert the_request(site) == before
    assert site.requests.commits == 0


async def test_a_made_up_link_looks_like_a_real_one(site: Site) -> None:
    real, made_up = [await site.client.get(link) for link in (LINK, MADE_UP[0])]
    assert real.text == made_up.text


async def test_the_button_has_a_code_sent_and_says_the_same_to_everybody(site: Site) -> None:
    answers = [await site.client.post(link) for link in (LINK, MADE_UP[0])]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    assert the_request(site).is_open("download")
    assert site.requests.commits == 1


async def test_the_right_code_gets_the_package_as_a_file_that_is_kept_nowhere(site: Site) -> None:
    answer = await site.client.post(LINK, data={"code": PACKAGE_CODE})
    assert answer.content == CONTENT
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="personal-data-{TRACKING}.zip"'
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    package = the_request(site).package
    assert package is not None
    assert package.downloads == (NOW,)


async def test_a_code_is_good_once(site: Site) -> None:
    await site.client.post(LINK, data={"code": PACKAGE_CODE})
    again = await site.client.post(LINK, data={"code": PACKAGE_CODE})
    assert again.headers["content-type"].startswith("text/html")


async def refused(site: Site, link: str, code: str) -> httpx.Response:
    started = time.monotonic()
    answer = await site.client.post(link, data={"code": code})
    assert time.monotonic() - started >= NO_SOONER
    assert CONTENT not in answer.content
    return answer


async def test_whatever_is_wrong_is_answered_alike(tmp_path: Path) -> None:
    fresh = seen_request().package
    assert fresh is not None and fresh.challenge is not None
    used_up = seen_request(downloads=(NOW,) * 5)
    over = seen_request(destroy_after=NOW)
    late = seen_request(
        challenge=fresh.challenge.model_copy(update={"ends_at": NOW - timedelta(1)})
    )
    blocked = seen_request(blocked=True)
    pages = set()
    for number, (request, link, code) in enumerate(
        [
            (seen_request(), LINK, "00000000"),
            (seen_request(), LINK, ""),
            (seen_request(), LINK, "9" * 500),
            (seen_request(), MADE_UP[0], PACKAGE_CODE),
            *((request, LINK, PACKAGE_CODE) for request in (used_up, over, late, blocked)),
        ]
    ):
        async with open_site(tmp_path / str(number), request) as site:
            site.packages.content["p-1"] = CONTENT
            answer = await refused(site, link, code)
            pages.add((answer.status_code, answer.text))
    async with open_site(tmp_path / "destroyed", seen_request()) as site:
        answer = await refused(site, LINK, PACKAGE_CODE)
        pages.add((answer.status_code, answer.text))
    assert len(pages) == 1


@pytest.mark.parametrize("link", MADE_UP)
async def test_no_other_link_leads_anywhere(site: Site, link: str) -> None:
    before = the_request(site)
    await refused(site, link, PACKAGE_CODE)
    await site.client.post(link)
    assert the_request(site) == before


async def test_while_the_database_is_away_nothing_is_lost(site: Site) -> None:
    site.requests.away = True
    answer = await site.client.post(LINK, data={"code": PACKAGE_CODE})
    assert answer.status_code == 503
    site.requests.away = False
    assert (await site.client.post(LINK, data={"code": PACKAGE_CODE})).content == CONTENT
