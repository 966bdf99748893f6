"""Acknowledgements that come again, out of order, or too early."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.notice import NoticeStatus
from tests.web_house import OTHER_NOTICE, Site, open_site, told_request


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", told_request()) as opened:
        yield opened


@pytest.mark.parametrize("status", ["acknowledged", "applied", "refused"])
async def test_a_repeated_acknowledgement_has_no_effect_and_the_same_answer(
    site: Site, status: str
) -> None:
    body = f'{{"status":"{status}"}}'.encode()
    first = await site.acknowledge(body)
    commits = site.requests.commits
    again = [await site.acknowledge(body) for _ in range(4)]
    assert first.status_code == 200
    assert first.json() == {"status": status}
    assert {answer.content for answer in again} == {first.content}
    assert site.requests.commits == commits == 1


async def test_acknowledged_after_applied_takes_nothing_back(site: Site) -> None:
    await site.acknowledge(b'{"status":"applied"}')
    answer = await site.acknowledge(b'{"status":"acknowledged"}')
    assert answer.json() == {"status": "applied"}
    assert site.notice().status is NoticeStatus.APPLIED


async def test_refused_after_applied_takes_nothing_back(site: Site) -> None:
    await site.acknowledge(b'{"status":"applied"}')
    await site.acknowledge(b'{"status":"refused"}')
    assert site.notice().status is NoticeStatus.APPLIED


async def test_an_acknowledgement_before_the_notice_went_out_is_held(tmp_path: Path) -> None:
    """The attempt is marked, its own answer not yet recorded: the recipient's word stands."""
    request = told_request()
    pending = request.notices["carrier"].model_copy(update={"status": NoticeStatus.PENDING})
    request = request.model_copy(update={"notices": {**request.notices, "carrier": pending}})
    async with open_site(tmp_path / "secrets", request) as site:
        answer = await site.acknowledge(b'{"status":"applied"}')
        assert (answer.status_code, answer.json()) == (200, {"status": "applied"})
        assert site.notice().status is NoticeStatus.APPLIED


async def test_the_last_one_lets_completion_begin(site: Site) -> None:
    await site.acknowledge()
    (request,) = site.requests.requests.values()
    assert "mail:completion" not in request.steps
    await site.acknowledge(notice=OTHER_NOTICE, recipient="insurer")
    (request,) = site.requests.requests.values()
    assert "mail:completion" in request.steps
    assert not [step for step in request.steps if step.startswith("answer:")]


async def test_a_database_that_is_away_is_no_answer(site: Site) -> None:
    site.requests.away = True
    answer = await site.acknowledge()
    assert (answer.status_code, answer.json()) == (503, {"error": "unavailable"})
    assert answer.headers["retry-after"] == "60"
    site.requests.away = False
    assert (await site.acknowledge()).status_code == 200
