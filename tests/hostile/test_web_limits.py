"""An address that comes too often: 429 at every button, before anything is read or looked up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cast import datamap
from tests.hostile.test_web_form import posted
from tests.third_parties import Behind
from tests.web_house import TRACKING, Site, challenged_request, open_site
from tests.web_links import TOKEN


class Full:
    """No more of anything, from anywhere."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def admit(self, kind: str, address: str) -> float | None:
        self.asked.append((kind, address))
        return 61.5


@pytest.fixture
def full() -> Full:
    return Full()


@pytest.fixture
async def site(tmp_path: Path, full: Full) -> AsyncIterator[Site]:
    async with open_site(
        tmp_path / "secrets",
        challenged_request(),
        the_map=datamap(),
        third_parties=Behind().build,
        rates=full,
    ) as opened:
        # Whoever is stopped asks no server anything.
        opened.requests.away = True
        yield opened


@pytest.mark.parametrize(
    ("language", "said"), [("ko", "잠시 기다려 주십시오"), ("en", "Please wait a moment")]
)
async def test_every_button_says_when_to_come_again(site: Site, language: str, said: str) -> None:
    pages = set()
    for address in posted(site):
        answer = await site.client.post(f"{address}?lang={language}", data={"code": "1"})
        assert (address, answer.status_code) == (address, 429)
        assert answer.headers["retry-after"] == "62"
        assert said in answer.text
        pages.add(answer.text)
    assert len(pages) == 1
    assert site.requests.commits == 0
    assert site.intake.proofs == site.intake.submissions == []


async def test_a_certificate_is_looked_up_no_more(site: Site) -> None:
    for code in (TRACKING, "DSR-ACEF-HJKA"):
        answer = await site.client.get(f"/certificate/{code}/{TOKEN}")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "62")


async def test_what_is_only_shown_is_shown(site: Site, full: Full) -> None:
    for path in ("/", "/request/access", "/verify", "/status", f"/proof/{TRACKING}/{TOKEN}"):
        assert (await site.client.get(path)).status_code == 200
    assert full.asked == []


async def test_a_person_is_not_what_is_counted(site: Site, full: Full) -> None:
    """Nobody uses up what is somebody else's by naming them."""
    for code in (TRACKING, "DSR-ACEF-HJKA"):
        await site.client.post("/status", data={"tracking": code})
    await site.client.post("/send", headers={"x-forwarded-for": "198.51.100.1"})
    assert full.asked == [("status", "127.0.0.1"), ("status", "127.0.0.1"), ("forms", "127.0.0.1")]
