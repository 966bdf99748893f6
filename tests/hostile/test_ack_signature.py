"""Acknowledgements that nobody of ours signed, or not now: 401, and nothing is learnt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.notice import NoticeStatus
from tests.web_house import NOTICE, Site, open_site, told_request
from workers.adapters.recipients.signatures import sign
from workers.adapters.tokens import create_secret

ABSENT = "01935f3e-0000-7000-8000-0000000000ff"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "secrets", told_request()) as opened:
        yield opened


@pytest.mark.parametrize(
    "spoilt",
    [
        {"webhook-signature": "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,not base64!"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-timestamp": "never"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-timestamp": ""},
        {"webhook-id": ABSENT},
        {"webhook-id": ""},
    ],
)
async def test_a_wrong_signature(site: Site, spoilt: dict[str, str]) -> None:
    answer = await site.acknowledge(headers=spoilt)
    assert answer.status_code == 401
    assert answer.json() == {"error": "signature"}
    assert site.notice().status is NoticeStatus.DELIVERED


async def test_no_signature_at_all(site: Site) -> None:
    answer = await site.client.post(f"/notices/{NOTICE}/ack", json={"status": "applied"})
    assert answer.status_code == 401
    assert site.notice().status is NoticeStatus.DELIVERED


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_six_minutes_off(site: Site, minutes: int) -> None:
    answer = await site.acknowledge(at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert answer.status_code == 401
    assert site.notice().status is NoticeStatus.DELIVERED


@pytest.mark.parametrize("minutes", [-4, 4])
async def test_four_minutes_off_are_forgiven(site: Site, minutes: int) -> None:
    answer = await site.acknowledge(at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert answer.status_code == 200


async def test_the_secret_of_the_other_direction(site: Site) -> None:
    ours = create_secret(site.secrets, "carrier", "out")
    answer = await site.acknowledge(headers=sign(ours, NOTICE, '{"status":"applied"}'))
    assert answer.status_code == 401
    assert site.notice().status is NoticeStatus.DELIVERED


async def test_a_body_that_was_changed_on_the_way(site: Site) -> None:
    secret = create_secret(site.secrets, "carrier", "in")
    answer = await site.acknowledge(
        b'{"status":"refused"}', headers=sign(secret, NOTICE, '{"status":"applied"}')
    )
    assert answer.status_code == 401
    assert site.notice().status is NoticeStatus.DELIVERED


async def test_a_body_that_is_not_text(site: Site) -> None:
    answer = await site.acknowledge(b"\xff\xfe{}")
    assert answer.status_code == 401


async def test_an_unsigned_question_about_a_notice_never_reaches_the_database(site: Site) -> None:
    site.requests.away = True
    there = await site.acknowledge(headers={"webhook-signature": "v1,AAAA"})
    absent = await site.acknowledge(notice=ABSENT, headers={"webhook-signature": "v1,AAAA"})
    assert there.status_code == absent.status_code == 401
    assert there.content == absent.content


async def test_a_recipient_without_a_secret_accepts_nothing(site: Site) -> None:
    signed = sign("whsec_" + "A" * 40, NOTICE, '{"status":"applied"}')
    for name in ("carrier", "insurer"):
        (site.secrets / f"{name}.in").unlink()
    answer = await site.client.post(
        f"/notices/{NOTICE}/ack",
        content=b'{"status":"applied"}',
        headers={"content-type": "application/json", **signed},
    )
    assert answer.status_code == 401
