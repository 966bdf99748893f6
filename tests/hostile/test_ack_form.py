"""Acknowledgements in a form that is not the contract's."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.notice import NoticeStatus
from tests.web_house import NOTICE, Site, open_site, told_request


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", told_request()) as opened:
        yield opened


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/json; charset=euc-kr",
        "",
    ],
)
async def test_a_wrong_content_type(site: Site, kind: str) -> None:
    answer = await site.acknowledge(headers={"content-type": kind})
    assert answer.status_code == 415
    assert site.notice().status is NoticeStatus.DELIVERED


async def test_a_gzip_bomb(site: Site) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    answer = await site.acknowledge(bomb, headers={"content-encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize("announced", [True, False])
async def test_more_than_sixteen_kilobytes(site: Site, announced: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b" " * 1024

    headers = {"content-type": "application/json"}
    if announced:
        headers["content-length"] = str(10_000 * 1024)
    answer = await site.client.post(f"/notices/{NOTICE}/ack", content=pieces(), headers=headers)
    assert (answer.status_code, answer.json()) == (413, {"error": "too_large"})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"applied", 400),
        (b'{"status":"refused","status":"applied"}', 400),
        (b"[" * 5000, 400),
        (b'{"status":' + b'{"a":' * 2000 + b"1" + b"}" * 2001, 400),
        (b'["applied"]', 422),
        (b"null", 422),
        (b'{"status":"applied","by":"me"}', 422),
        (b'{"status":"delivered"}', 422),
        (b'{"status":"overdue"}', 422),
        (b'{"status":{"$gt":""}}', 422),
        (b'{"status":NaN}', 422),
        (b'{"status":"APPLIED"}', 422),
        (b'{"status":"refused","reason":"a\\u0000b"}', 422),
        (b'{"status":"refused","reason":"' + b"x" * 501 + b'"}', 422),
    ],
)
async def test_content_that_is_not_the_contracts(site: Site, body: bytes, status: int) -> None:
    answer = await site.acknowledge(body)
    assert (answer.status_code, answer.json()) == (status, {"error": "content"})
    assert site.notice().status is NoticeStatus.DELIVERED


async def test_a_get(site: Site) -> None:
    answer = await site.client.get(f"/notices/{NOTICE}/ack")
    assert answer.status_code == 405
    assert site.requests.commits == 0
