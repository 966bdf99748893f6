"""The page that lifts a restriction: a scanner that opens it lifts nothing, its button does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.lifecycle import Status
from schemas.request import FieldResult, Request
from tests.cast import MINJI
from tests.fakes import Record
from tests.web_house import NOW, TRACKING, Site, challenged_request, open_site
from tests.web_links import LIFT_TOKEN, STOP_TOKEN, TOKEN
from workers.ports import Suspend

LIFT = f"/lift/{TRACKING}/{LIFT_TOKEN}"
MADE_UP = [
    f"/{TRACKING}/{TOKEN}",
    f"/{TRACKING}/{STOP_TOKEN}",
    f"/DSR-ACEF-HJKA/{LIFT_TOKEN}",
    f"/x/{LIFT_TOKEN}",
    f"/{TRACKING}/%00",
]


def standing_request() -> Request:
    """Her restriction of the address, completed."""
    return challenged_request().model_copy(
        update={
            "kind": "restriction",
            "fields": ("address",),
            "status": Status.COMPLETED,
            "applied_at": NOW,
            "results": {"address": FieldResult(result="restricted")},
            "steps": {},
        }
    )


@pytest.fixture
async def standing(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", standing_request()) as opened:
        opened.subjects.records[MINJI.key] = Record(MINJI, {}, (), {"address": "여기"})
        effect = Suspend(standing_request().id, MINJI, ("address",))
        await opened.subjects.apply([effect])
        yield opened


def only(site: Site) -> Request:
    (request,) = site.requests.requests.values()
    return request


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_link_opened_by_a_scanner_lifts_nothing(standing: Site, method: str) -> None:
    await standing.client.request(method, LIFT)
    assert standing.requests.commits == 0
    assert standing.subjects.usable(MINJI.key) == {}


@pytest.mark.parametrize(
    ("language", "button"), [("ko", "처리정지를 풉니다"), ("en", "Lift the restriction")]
)
async def test_the_page_shows_what_its_button_would_do(
    standing: Site, language: str, button: str
) -> None:
    answer = await standing.client.get(f"{LIFT}?lang={language}")
    assert answer.status_code == 200
    assert f'<button type="submit">{button}</button>' in answer.text
    assert TRACKING in answer.text


async def test_the_button_lifts_it(standing: Site) -> None:
    answer = await standing.client.post(LIFT)
    assert answer.status_code == 200
    assert only(standing).lifting is not None
    assert standing.subjects.usable(MINJI.key) == {"address": "여기"}


@pytest.mark.parametrize("link", MADE_UP)
async def test_a_made_up_link_lifts_nothing_and_looks_the_same(standing: Site, link: str) -> None:
    strange = await standing.client.post(f"/lift{link}")
    assert only(standing).lifting is None
    right = await standing.client.post(LIFT)
    assert strange.status_code == right.status_code == 200
    assert strange.headers.keys() == right.headers.keys()


async def test_what_could_not_be_recorded_is_said_plainly(standing: Site) -> None:
    standing.requests.away = True
    answer = await standing.client.post(LIFT, headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert "was not recorded" in answer.text
