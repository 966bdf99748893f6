"""The pages behind the links of mails, and what every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from schemas.errors import SettingsError
from schemas.lifecycle import Status
from tests.web_house import TRACKING, Site, challenged_request, open_site
from tests.web_links import TOKEN
from workers.web import serve

PROOF = f"/proof/{TRACKING}/{TOKEN}"
DISOWN = f"/disown/{TRACKING}/{TOKEN}"
WRONG = "w" * 22
STRANGE = [
    f"/{TRACKING}/{WRONG}",
    f"/DSR-ACEF-HJKA/{TOKEN}",
    f"/x/{TOKEN}",
    f"/{TRACKING}/{'q' * 5000}",
    f"/{TRACKING}/%00",
    f"/%7B%22$gt%22:%22%22%7D/{TOKEN}",
]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", challenged_request()) as opened:
        yield opened


def status(site: Site) -> Status:
    (request,) = site.requests.requests.values()
    return request.status


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("link", [PROOF, DISOWN])
async def test_a_link_opened_by_a_scanner_does_nothing(site: Site, method: str, link: str) -> None:
    await site.client.request(method, link)
    assert site.intake.proofs == []
    assert site.requests.commits == 0


async def test_the_button_publishes_the_links_token_as_a_proof(site: Site) -> None:
    answer = await site.client.post(PROOF)
    assert answer.status_code == 200
    (proof,) = site.intake.proofs
    assert (proof["tracking"], proof["code"], proof["channel"]) == (TRACKING, TOKEN, "web")


async def test_the_answer_to_a_button_offers_no_address_that_would_ask_again(site: Site) -> None:
    asked, received = await site.client.get(PROOF), await site.client.post(PROOF)
    assert 'href="?lang=' in asked.text
    assert "lang=" not in received.text.partition("<body>")[2]
    assert "<form" not in received.text


async def test_every_press_of_the_button_is_a_proof_of_its_own(site: Site) -> None:
    await site.client.post(PROOF)
    await site.client.post(PROOF)
    assert len({proof["proof_id"] for proof in site.intake.proofs}) == 2


async def test_the_disown_button_blocks_the_request(site: Site) -> None:
    await site.client.post(DISOWN)
    assert status(site) is Status.IN_REVIEW


@pytest.mark.parametrize("link", STRANGE)
async def test_a_made_up_disown_link_changes_nothing_and_looks_the_same(
    site: Site, link: str
) -> None:
    strange = await site.client.post(f"/disown{link}")
    assert status(site) is Status.AWAITING_PROOF
    right = await site.client.post(DISOWN)
    assert strange.status_code == right.status_code == 200
    assert _without_tracking(strange.text) == _without_tracking(right.text)


@pytest.mark.parametrize("link", STRANGE)
async def test_a_made_up_proof_link_looks_the_same(site: Site, link: str) -> None:
    for method in ("GET", "POST"):
        right = await site.client.request(method, PROOF)
        strange = await site.client.request(method, f"/proof{link}")
        assert strange.status_code == right.status_code == 200
        assert _without_tracking(strange.text) == _without_tracking(right.text)
        assert strange.headers.keys() == right.headers.keys()


async def test_a_link_works_however_its_tracking_code_was_typed(site: Site) -> None:
    await site.client.post(f"/proof/dsr-acefhjk2/{TOKEN}")
    (proof,) = site.intake.proofs
    assert proof["tracking"] == TRACKING


async def test_a_broker_that_is_away_is_said_plainly(site: Site) -> None:
    site.intake.away = True
    answer = await site.client.post(PROOF, headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert "was not recorded" in answer.text
    assert "content-security-policy" in answer.headers


async def test_a_database_that_is_away_is_said_plainly(site: Site) -> None:
    site.requests.away = True
    answer = await site.client.post(DISOWN)
    assert answer.status_code == 503


async def test_a_bug_shows_a_page_and_none_of_its_text(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("kim.minji@example.kr")

    monkeypatch.setattr(site.intake, "proof", broken)
    answer = await site.client.post(PROOF)
    assert answer.status_code == 500
    assert "kim.minji" not in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "ko"),
        ("", "en-GB,en;q=0.9,ko;q=0.8", "en"),
        ("", "fr-FR, ko;q=0.5", "ko"),
        ("", "fr", "ko"),
        ("", "en;q=0, ko", "ko"),
        ("", "en;q=x;;,,", "ko"),
        ("?lang=en", "ko", "en"),
        ("?lang=xx", "en", "en"),
        ("?lang=%3Cscript%3E", "", "ko"),
    ],
)
async def test_a_page_speaks_the_readers_language(
    site: Site, query: str, accepted: str, language: str
) -> None:
    answer = await site.client.get(PROOF + query, headers={"accept-language": accepted})
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["content-language"] == language


@pytest.mark.parametrize("path", [PROOF, DISOWN, "/nowhere", "/healthz", "/static/site.css"])
async def test_every_answer_carries_the_security_headers(site: Site, path: str) -> None:
    headers = (await site.client.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["cache-control"] == (
        "public, max-age=3600" if path.startswith("/static") else "no-store"
    )
    assert "set-cookie" not in headers


async def test_a_foreign_host_changes_no_link(site: Site) -> None:
    usual = await site.client.get(PROOF)
    foreign = await site.client.get(
        PROOF, headers={"host": "evil.example", "x-forwarded-host": "evil.example"}
    )
    assert foreign.text == usual.text
    assert "evil" not in foreign.text


async def test_links_keep_the_path_of_the_public_address(tmp_path: Path) -> None:
    async with open_site(tmp_path / "s", public_url="https://shop.example/privacy") as site:
        answer = await site.client.get("/proof/x/y")
        assert 'href="/privacy/static/site.css"' in answer.text


async def test_a_page_repeats_nothing_that_is_not_a_tracking_code(site: Site) -> None:
    answer = await site.client.get(f"/proof/%3Cscript%3Ealert(1)%3C%2Fscript%3E/{TOKEN}")
    assert "script" not in answer.text
    spoken = await site.client.get(f"/proof/call-010-1234/{TOKEN}")
    assert "010-1234" not in spoken.text


async def test_pages_use_nothing_that_their_policy_forbids(site: Site) -> None:
    class Finder(HTMLParser):
        found: list[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag in {"script", "style", "img", "iframe"}:
                self.found.append(tag)
            self.found += [name for name, _ in attrs if name == "style" or name.startswith("on")]

    finder = Finder()
    finder.found = []
    finder.feed((await site.client.get(PROOF)).text)
    assert finder.found == []


async def test_a_page_that_does_not_exist_says_so(site: Site) -> None:
    answer = await site.client.get("/proof/DSR-ACEF", headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert "no page at this address" in answer.text


async def test_ready_names_the_server_that_is_missing(site: Site) -> None:
    assert (await site.client.get("/readyz")).json() == {
        "status": "ready",
        "servers": {"mongo": True, "broker": True},
    }
    site.servers["broker"] = False
    answer = await site.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["servers"] == {"mongo": True, "broker": False}
    assert (await site.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic right"])
@pytest.mark.parametrize("token", ["", "right"])
async def test_figures_are_nobodys_who_has_not_the_token(
    tmp_path: Path, given: str | None, token: str
) -> None:
    async with open_site(tmp_path / "secrets", figures_token=token) as site:
        headers = {} if given is None else {"authorization": given}
        answer = await site.client.get("/metrics", headers=headers)
        nowhere = await site.client.get("/nowhere")
        assert answer.status_code == 404
        assert answer.text == nowhere.text


async def test_figures_are_read_with_the_token(tmp_path: Path) -> None:
    async with open_site(tmp_path / "secrets", figures_token="right") as site:
        answer = await site.client.get("/metrics", headers={"authorization": "Bearer right"})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert answer.headers["cache-control"] == "no-store"


async def test_serving_ends_when_it_is_told_to(site: Site) -> None:
    stop, port = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(site.app, "127.0.0.1", 0, stop, listening=port.set_result))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{await port}") as client:
        answer = await client.get("/healthz")
        assert answer.status_code == 200
        assert "server" not in answer.headers
        with pytest.raises(SettingsError, match=f"port {port.result()}"):
            await serve(site.app, "127.0.0.1", port.result(), stop)
    stop.set()
    await asyncio.wait_for(serving, 5)


def _without_tracking(html: str) -> str:
    return "\n".join(line for line in html.splitlines() if "tracking" not in line)
