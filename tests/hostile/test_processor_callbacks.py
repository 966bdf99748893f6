"""Callbacks of OpenDSR that are not what they seem: the list of acknowledgements, here as well."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.datamap import DataMap
from schemas.notice import NoticeStatus
from tests.third_parties import Behind, datamap
from tests.town.processor import CONTROLLER, DOMAIN, Processor, certificate
from tests.web_house import NOTICE, OTHER_NOTICE, PUBLIC_URL, Site, open_site, told_request
from workers.adapters.recipients.certificates import Processors

ABSENT = "01935f3e-0000-7000-8000-0000000000ff"
TRANSPORT = {"kind": "opendsr", "url": f"https://{DOMAIN}/v2", "controller_id": CONTROLLER}


@pytest.fixture(scope="module")
def processor() -> Processor:
    return Processor()


@pytest.fixture
def the_map() -> DataMap:
    return datamap(transport=TRANSPORT)


@pytest.fixture
async def site(tmp_path: Path, processor: Processor, the_map: DataMap) -> AsyncIterator[Site]:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    processor.write_certificate(secrets / "insurer.pem")
    behind = Behind(processors=Processors(the_map, secrets))
    async with open_site(
        secrets, told_request(), the_map=the_map, third_parties=behind.build
    ) as opened:
        yield opened


async def call(
    site: Site, processor: Processor, *, to: str = OTHER_NOTICE, **other: Any
) -> httpx.Response:
    body = json.dumps(
        {
            "controller_id": CONTROLLER,
            "expected_completion_time": "2026-12-01T00:00:00Z",
            "status_callback_url": f"{PUBLIC_URL}/opendsr/callbacks/{to}",
            "subject_request_id": to,
            "request_status": "completed",
            **other,
        }
    ).encode()
    return await send(site, body, processor.sign(body), to)


async def send(
    site: Site, body: bytes, headers: dict[str, str], to: str = OTHER_NOTICE
) -> httpx.Response:
    return await site.client.post(f"/opendsr/callbacks/{to}", content=body, headers=headers)


def standing(site: Site) -> NoticeStatus:
    return site.notice("insurer").status


async def test_a_callback_that_is_right_settles(site: Site, processor: Processor) -> None:
    assert (await call(site, processor)).status_code == 202
    assert standing(site) is NoticeStatus.APPLIED


async def test_a_wrong_signature(site: Site, processor: Processor) -> None:
    body = b'{"request_status": "completed"}'
    for headers in (
        {},
        Processor().sign(body),
        processor.sign(b"another body"),
        {**processor.sign(body), "X-OpenDSR-Signature": "%%%"},
        {**processor.sign(body), "X-OpenDSR-Processor-Domain": "evil.example"},
    ):
        assert (await send(site, body, headers)).status_code == 403
    assert (standing(site), site.requests.commits) == (NoticeStatus.DELIVERED, 0)


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)])
async def test_a_certificate_that_is_not_valid_now(
    site: Site, processor: Processor, days: tuple[int, int]
) -> None:
    old = certificate(processor.key, days=days).public_bytes(Encoding.PEM)
    (site.secrets / "insurer.pem").write_bytes(old)
    assert (await call(site, processor)).status_code == 403


async def test_a_certificate_of_another_domain(site: Site, processor: Processor) -> None:
    other = certificate(processor.key, "evil.example").public_bytes(Encoding.PEM)
    (site.secrets / "insurer.pem").write_bytes(other)
    assert (await call(site, processor)).status_code == 403


async def test_another_recipients_notice_unknown_or_made_for_another(
    site: Site, processor: Processor
) -> None:
    answers = [
        await call(site, processor, to=NOTICE),
        await call(site, processor, to=ABSENT),
        await call(site, processor, subject_request_id=NOTICE),
        await call(site, processor, status_callback_url=f"{PUBLIC_URL}/elsewhere"),
        await call(site, processor, controller_id="somebody-else"),
    ]
    assert {(one.status_code, one.text) for one in answers} == {(404, '{"error":"not_found"}')}
    assert site.requests.commits == 0


async def test_a_replay_takes_nothing_back(site: Site, processor: Processor) -> None:
    await call(site, processor, request_status="completed")
    for status in ("pending", "in_progress", "cancelled", "completed"):
        assert (await call(site, processor, request_status=status)).status_code == 202
    assert (standing(site), site.requests.commits) == (NoticeStatus.APPLIED, 1)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"not json", b'{"a":1,"a":2}', b"[" * 5000, b'{"request_status":"done"}']
)
async def test_content_that_is_no_status(site: Site, processor: Processor, body: bytes) -> None:
    assert (await send(site, body, processor.sign(body))).status_code == 400
    assert standing(site) is NoticeStatus.DELIVERED


async def test_more_than_sixteen_kilobytes(site: Site, processor: Processor) -> None:
    body = b" " * 20_000
    assert (await send(site, body, processor.sign(body))).status_code == 413


async def test_cancelled_is_a_refusal(site: Site, processor: Processor) -> None:
    await call(site, processor, request_status="cancelled")
    assert standing(site) is NoticeStatus.REFUSED
