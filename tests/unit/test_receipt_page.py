"""The page of a receipt: complete, in both languages, and nothing but itself."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from schemas.datamap.base import Label
from schemas.evidence import CompletionReceipt, FieldDone
from schemas.notice import NoticeStatus
from schemas.request import FieldResult
from schemas.submission import Kind
from tests.evidence import HOBBIES, SIGNER, receipt
from tests.unit.test_certificate_page import Page
from workers.documents import render_receipt
from workers.emails.vocabulary import RESULTS, notice_words

PARCEL = Label(ko="한빛택배", en="Hanbit Parcel")


def html(document: CompletionReceipt, language: str = "ko") -> str:
    return render_receipt(document, language, lambda _: HOBBIES.label, lambda _: PARCEL)


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        (
            "ko",
            [
                *("개인정보 요청 처리 확인서", "DSR-7K3M-Q9XA", "개인정보 정정", "취미"),
                *("정정했습니다", "한빛택배", "2026년 11월 24일", "서명된 기록"),
            ],
        ),
        (
            "en",
            [
                *("Receipt of a completed request", "DSR-7K3M-Q9XA", "Correction of personal"),
                *("Hobbies", "corrected", "Hanbit Parcel", "24 November 2026", "The signed log"),
            ],
        ),
    ],
)
def test_everything_that_was_signed_is_said(language: str, facts: list[str]) -> None:
    document = SIGNER.sign(receipt())
    assert document.signature is not None
    said = Page(html(document, language)).text()
    for fact in (*facts, document.signature.value, document.signature.kid, "receipt.json"):
        assert fact in said, fact
    for line in document.log.checkpoint.splitlines()[:3]:
        assert line in said


def test_every_result_that_a_request_can_have_has_words() -> None:
    known = set(get_args(FieldResult.model_fields["result"].annotation))
    for language in ("ko", "en"):
        assert known <= set(RESULTS[language])
    for result in known:
        document = receipt(fields=(FieldDone(field="hobbies", result=result),))
        assert RESULTS["en"][result] in Page(html(SIGNER.sign(document), "en")).text()


def test_where_nobody_was_told_it_says_so() -> None:
    document = SIGNER.sign(receipt(fields=(), recipients=()))
    said = Page(html(document, "en")).text()
    assert "There was nobody to tell." in said
    assert "What was done" not in said


@pytest.mark.parametrize(("kind", "done"), [("deletion", "deleted"), ("restriction", "restricted")])
def test_where_everything_on_file_was_meant_it_says_what_was_done(kind: Kind, done: str) -> None:
    document = SIGNER.sign(receipt(kind=kind, fields=()))
    said = Page(html(document, "en")).text()
    assert re.search(f"All personal data on file.{{,4}}{done}", said, re.DOTALL)


def test_what_the_data_map_has_no_longer_keeps_the_name_that_was_signed() -> None:
    def gone(name: str) -> Label:
        raise KeyError(name)

    page = render_receipt(SIGNER.sign(receipt()), "en", gone, gone)
    assert all(name in Page(page).text() for name in ("hobbies", "hanbit-delivery", "corrected"))


def test_what_a_newer_version_has_done_is_said_by_its_code() -> None:
    document = SIGNER.sign(receipt(fields=(FieldDone(field="hobbies", result="burnt"),)))
    assert "burnt" in Page(html(document)).text()


def test_recipients_of_an_objection_are_told_of_in_its_words() -> None:
    kinds: tuple[Kind, ...] = ("correction", "objection")
    for kind in kinds:
        said = Page(html(SIGNER.sign(receipt(kind=kind)), "en")).text()
        assert notice_words(kind, "en")[NoticeStatus.APPLIED] in said


def test_it_loads_and_runs_nothing_and_what_stands_in_it_stays_text() -> None:
    odd = "<script>alert(1)</script>{{7*7}}"
    document = SIGNER.sign(receipt(issuer=Label(ko=odd, en=odd)))
    found = Page(html(document))
    assert not found.tags & {"script", "link", "img", "iframe", "object", "a", "form"}
    assert not found.attributes & {"src", "href", "style", "action"}
    assert not re.search(r"url\(|@import|https?:", html(document))
    assert "{{7*7}}" in found.text()


def test_an_unsigned_receipt_has_no_page() -> None:
    with pytest.raises(ValueError, match="unsigned"):
        html(receipt())
