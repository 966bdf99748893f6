"""The receipt of a completed request, by the link of its completion mail."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.evidence import FieldDone, RecipientTold, content
from schemas.lifecycle import Status
from schemas.notice import NoticeStatus
from schemas.submission import Kind
from tests.evidence import SIGNER, receipt
from tests.web_house import TRACKING, MemoryReceipts, Site, challenged_request, open_site
from tests.web_links import CERTIFICATE_TOKEN, RECEIPT_TOKEN, TOKEN
from workers.adapters import signing
from workers.web.waiting import NO_SOONER

RECEIPT = f"/receipt/{TRACKING}/{RECEIPT_TOKEN}"
COMPLETED = challenged_request().model_copy(update={"status": Status.COMPLETED, "steps": {}})
ISSUED = content(
    SIGNER.sign(
        receipt(
            id=COMPLETED.id,
            tracking=TRACKING,
            fields=(FieldDone(field="name", result="corrected"),),
            recipients=(RecipientTold(recipient="carrier", status=NoticeStatus.APPLIED),),
        )
    )
)
MADE_UP = [
    f"/{TRACKING}/{'w' * 22}",
    f"/{TRACKING}/{TOKEN}",
    f"/{TRACKING}/{CERTIFICATE_TOKEN}",
    f"/DSR-ACEF-HJKA/{RECEIPT_TOKEN}",
    f"/x/{TOKEN}",
    f"/{TRACKING}/%00",
]


@pytest.fixture
async def issued(tmp_path: Path) -> AsyncIterator[Site]:
    kept = MemoryReceipts({COMPLETED.id: ISSUED})
    async with open_site(tmp_path / "secrets", COMPLETED, receipts=kept) as opened:
        yield opened


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ko", ["개인정보 요청 처리 확인서", "정정했습니다", "알렸고, 반영했다는 답을 받았습니다"]),
        ("en", ["Receipt of a completed request", "corrected", "it confirmed that it made"]),
    ],
)
async def test_it_is_shown_in_the_readers_language(
    issued: Site, language: str, said: list[str]
) -> None:
    answer = await issued.client.get(RECEIPT, headers={"accept-language": language})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert all(words in answer.text for words in (*said, TRACKING))


async def test_the_signed_file_is_downloaded_and_stands_the_check(issued: Site) -> None:
    answer = await issued.client.get(f"{RECEIPT}?format=json")
    assert answer.headers["content-disposition"] == 'attachment; filename="receipt.json"'
    assert signing.verify(answer.content, SIGNER.public_key).tracking == TRACKING


@pytest.mark.parametrize("kind", ["correction", "objection"])
@pytest.mark.parametrize("person", ["member", None])
async def test_it_is_shown_also_where_the_data_map_has_other_names_by_now(
    tmp_path: Path, kind: Kind, person: str | None
) -> None:
    gone = receipt(
        id=COMPLETED.id,
        tracking=TRACKING,
        kind=kind,
        fields=(FieldDone(field="shoe_size", result="unchanged"),),
        recipients=(RecipientTold(recipient="closed-down", status=NoticeStatus.APPLIED),),
    )
    request = COMPLETED.model_copy(update={"kind": kind, "subject_type": person})
    kept = MemoryReceipts({request.id: content(SIGNER.sign(gone))})
    async with open_site(tmp_path / "secrets", request, receipts=kept) as site:
        answer = await site.client.get(RECEIPT)
        assert answer.status_code == 200
        assert all(name in answer.text for name in ("shoe_size", "closed-down"))


async def test_until_it_is_issued_the_link_says_so(tmp_path: Path) -> None:
    async with open_site(tmp_path / "secrets", COMPLETED) as site:
        answer = await site.client.get(RECEIPT, headers={"accept-language": "en"})
        assert answer.status_code == 202
        assert "within a minute after your request was completed" in answer.text


@pytest.mark.parametrize("query", ["", "?format=json"])
@pytest.mark.parametrize("link", MADE_UP)
async def test_a_made_up_link_is_an_address_that_does_not_exist(
    issued: Site, link: str, query: str
) -> None:
    nowhere = await issued.client.get("/nowhere")
    began = time.monotonic()
    strange = await issued.client.get(f"/receipt{link}{query}")
    assert time.monotonic() - began >= NO_SOONER
    assert (strange.status_code, strange.text) == (404, nowhere.text)
    assert strange.headers == nowhere.headers
