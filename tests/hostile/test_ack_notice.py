"""Acknowledgements for a notice that is not the sender's: 404, one body whatever the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.notice import NoticeStatus
from tests.web_house import NOTICE, OTHER_NOTICE, Site, open_site, told_request

ABSENT = "01935f3e-0000-7000-8000-0000000000ff"
ONE_BODY = {"error": "not_found"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", told_request()) as opened:
        yield opened


async def test_another_recipients_notice(site: Site) -> None:
    answer = await site.acknowledge(notice=NOTICE, recipient="insurer")
    assert (answer.status_code, answer.json()) == (404, ONE_BODY)
    assert site.notice("carrier").status is NoticeStatus.DELIVERED
    assert site.notice("insurer").status is NoticeStatus.DELIVERED


@pytest.mark.parametrize("name", [ABSENT, NOTICE.upper(), "1", "%00", "..%2f", "%7B%22$gt%22:1%7D"])
async def test_an_unknown_notice(site: Site, name: str) -> None:
    answer = await site.acknowledge(notice=name)
    assert answer.status_code in {401, 404}
    assert answer.status_code == 401 or answer.json() == ONE_BODY
    assert site.requests.commits == 0


async def test_an_acknowledgement_made_for_another_notice(site: Site) -> None:
    answer = await site.acknowledge(notice=NOTICE, signed_for=OTHER_NOTICE)
    assert (answer.status_code, answer.json()) == (404, ONE_BODY)
    assert site.notice().status is NoticeStatus.DELIVERED


async def test_the_three_cannot_be_told_apart(site: Site) -> None:
    answers = [
        await site.acknowledge(notice=NOTICE, recipient="insurer"),
        await site.acknowledge(notice=ABSENT),
        await site.acknowledge(notice=NOTICE, signed_for=OTHER_NOTICE),
    ]
    assert len({(a.status_code, a.content, tuple(a.headers.items())) for a in answers}) == 1
