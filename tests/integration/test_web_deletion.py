"""The pages of a deletion: the link that stops it, and the certificate of it."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.evidence import content
from schemas.lifecycle import Status, Step
from schemas.request import Mail, Request
from tests.evidence import certificate
from tests.web_house import NOW, TRACKING, Site, challenged_request, open_site
from tests.web_links import CERTIFICATE_TOKEN, GO_ON_TOKEN, STOP_TOKEN, TOKEN
from workers.adapters import signing
from workers.adapters.vault import KeyFolder
from workers.web.waiting import NO_SOONER

SIGNER = signing.Signer(KeyFolder(bytes(32), {1: b"\x01" * 32}))
STOP = f"/stop/{TRACKING}/{STOP_TOKEN}"
CERTIFICATE = f"/certificate/{TRACKING}/{CERTIFICATE_TOKEN}"
MADE_UP = [
    f"/{TRACKING}/{'w' * 22}",
    f"/{TRACKING}/{TOKEN}",
    f"/DSR-ACEF-HJKA/{STOP_TOKEN}",
    f"/DSR-ACEF-HJKA/{CERTIFICATE_TOKEN}",
    f"/x/{TOKEN}",
    f"/{TRACKING}/{'q' * 5000}",
    f"/{TRACKING}/%00",
    f"/%7B%22$gt%22:%22%22%7D/{TOKEN}",
]


def cooling_request() -> Request:
    """Her deletion: proven, announced, and to begin tomorrow."""
    return challenged_request().model_copy(
        update={
            "kind": "deletion",
            "fields": (),
            "status": Status.VERIFIED,
            "begins_at": NOW + timedelta(days=1),
            "steps": {"deletion": Step(due=NOW + timedelta(days=1))},
        }
    )


def deleted_request() -> Request:
    """Her deletion, done and certified."""
    signed = SIGNER.sign(certificate(tracking=TRACKING))
    return cooling_request().model_copy(
        update={"status": Status.COMPLETED, "steps": {}, "certificate": content(signed)}
    )


@pytest.fixture
async def cooling(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", cooling_request()) as opened:
        yield opened


@pytest.fixture
async def deleted(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", deleted_request()) as opened:
        yield opened


def only(site: Site) -> Request:
    (request,) = site.requests.requests.values()
    return request


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_stop_link_opened_by_a_scanner_stops_nothing(cooling: Site, method: str) -> None:
    await cooling.client.request(method, STOP)
    assert cooling.requests.commits == 0
    assert only(cooling).status is Status.VERIFIED


@pytest.mark.parametrize(("language", "button"), [("ko", "멈춥니다"), ("en", "Stop it")])
async def test_a_stop_link_shows_what_its_button_would_do(
    cooling: Site, language: str, button: str
) -> None:
    answer = await cooling.client.get(f"{STOP}?lang={language}")
    assert answer.status_code == 200
    assert f'<button type="submit">{button}</button>' in answer.text
    assert TRACKING in answer.text


async def test_the_stop_button_takes_the_deletion_back_and_frees_the_data(cooling: Site) -> None:
    await cooling.client.post(STOP)
    assert only(cooling).status is Status.WITHDRAWN
    assert "deletion" not in only(cooling).steps
    (control,) = cooling.subjects.controls.values()
    assert control.kinds == {only(cooling).id: "release"}


@pytest.fixture
async def second(tmp_path: Path) -> AsyncIterator[Site]:
    """Her other mailbox has heard of it, and may say yes."""
    mail = Mail(message_id="<c@x>", created_at=NOW, status="sent", second=True)
    told = cooling_request().model_copy(update={"mails": {"cooling-2": mail}})
    async with open_site(tmp_path / "secrets", told) as opened:
        yield opened


@pytest.mark.parametrize(("language", "button"), [("ko", "네, 바로"), ("en", "Yes, begin at once")])
async def test_the_link_to_a_second_contact_shows_what_its_button_would_do(
    second: Site, language: str, button: str
) -> None:
    answer = await second.client.get(f"/go-on/{TRACKING}/{GO_ON_TOKEN}?lang={language}")
    assert answer.status_code == 200
    assert f'<button type="submit">{button}' in answer.text
    assert second.requests.commits == 0


async def test_the_button_for_a_second_contact_ends_the_wait_and_a_made_up_one_does_not(
    second: Site,
) -> None:
    strange = await second.client.post(f"/go-on/{TRACKING}/{TOKEN}")
    assert only(second).seconded is None
    answer = await second.client.post(f"/go-on/{TRACKING}/{GO_ON_TOKEN}")
    assert only(second).seconded is not None
    assert (answer.status_code, answer.text) == (
        strange.status_code,
        strange.text.replace(TOKEN, GO_ON_TOKEN),
    )


async def test_a_deletion_that_is_done_cannot_be_stopped_any_more(deleted: Site) -> None:
    before = only(deleted)
    answer = await deleted.client.post(STOP)
    assert answer.status_code == 200
    assert only(deleted) == before


@pytest.mark.parametrize("link", MADE_UP)
async def test_a_made_up_stop_link_stops_nothing_and_looks_the_same(
    cooling: Site, link: str
) -> None:
    for method in ("GET", "POST"):
        strange = await cooling.client.request(method, f"/stop{link}")
        assert only(cooling).status is Status.VERIFIED
        right = await cooling.client.request(method, STOP)
        assert strange.status_code == right.status_code == 200
        assert _without_tracking(strange.text) == _without_tracking(right.text)
        assert strange.headers.keys() == right.headers.keys()


async def test_a_stop_that_could_not_be_recorded_is_said_plainly(cooling: Site) -> None:
    cooling.requests.away = True
    answer = await cooling.client.post(STOP, headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert "was not recorded" in answer.text


@pytest.mark.parametrize(
    ("language", "title"),
    [("ko", "개인정보 파기 증명서"), ("en", "Certificate of destruction of personal data")],
)
async def test_a_certificate_is_shown_in_the_readers_language(
    deleted: Site, language: str, title: str
) -> None:
    answer = await deleted.client.get(CERTIFICATE, headers={"accept-language": language})
    assert answer.status_code == 200
    assert f"<h1>{title}</h1>" in answer.text
    assert answer.headers["content-language"] == language
    assert TRACKING in answer.text


async def test_a_certificates_page_may_use_its_own_style_and_nothing_else(deleted: Site) -> None:
    answer = await deleted.client.get(CERTIFICATE)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    other = await deleted.client.get(STOP)
    assert "style-src 'self';" in other.headers["content-security-policy"]


async def test_a_certificates_answers_carry_the_other_security_headers(deleted: Site) -> None:
    for link in (CERTIFICATE, f"{CERTIFICATE}?format=json"):
        headers = (await deleted.client.get(link)).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


async def test_the_signed_file_is_downloaded_and_stands_the_check(deleted: Site) -> None:
    answer = await deleted.client.get(f"{CERTIFICATE}?format=json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="certificate.json"'
    assert answer.json() == only(deleted).certificate
    assert signing.verify(answer.content, SIGNER.public_key).tracking == TRACKING


@pytest.mark.parametrize("query", ["", "?format=json"])
@pytest.mark.parametrize("link", MADE_UP)
async def test_a_made_up_certificate_link_is_an_address_that_does_not_exist(
    deleted: Site, link: str, query: str
) -> None:
    nowhere = await deleted.client.get("/nowhere")
    began = time.monotonic()
    strange = await deleted.client.get(f"/certificate{link}{query}")
    assert time.monotonic() - began >= NO_SOONER
    assert strange.status_code == 404
    assert strange.text == nowhere.text
    assert strange.headers == nowhere.headers


@pytest.mark.parametrize("request_", [cooling_request(), challenged_request()])
async def test_there_is_no_certificate_before_there_is_one(
    tmp_path: Path, request_: Request
) -> None:
    async with open_site(tmp_path / "secrets", request_) as site:
        began = time.monotonic()
        answer = await site.client.get(CERTIFICATE)
        assert time.monotonic() - began >= NO_SOONER
        assert answer.status_code == 404
        assert answer.text == (await site.client.get("/nowhere")).text


async def test_a_certificate_that_cannot_be_looked_up_now_is_said_plainly(deleted: Site) -> None:
    deleted.requests.away = True
    answer = await deleted.client.get(CERTIFICATE, headers={"accept-language": "en"})
    assert answer.status_code == 503
    assert "open it again in a few minutes" in answer.text


def _without_tracking(html: str) -> str:
    return "\n".join(line for line in html.splitlines() if "tracking" not in line)
