"""The page of a certificate: complete, in both languages, and nothing but itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import get_args

import pytest

from schemas.datamap.base import Label
from schemas.evidence import CollectionCount, DestructionCertificate, Finding, Rescan
from tests.evidence import HOBBIES, LEFT_OVER, SHREDDED, certificate
from workers.adapters.signing import Signer
from workers.adapters.vault import KeyFolder
from workers.documents import render_certificate
from workers.documents.words import FINDINGS, WORDS
from workers.emails.vocabulary import LANGUAGES, Language

SIGNER = Signer(KeyFolder(bytes(32), {1: b"\x01" * 32}))
VOID = {"meta", "br"}


class Page(HTMLParser):
    """What a reader sees of a page, and what it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.said = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.said += data

    def text(self) -> str:
        """All that is said, on one line."""
        return " ".join(self.said.split())


def page(document: DestructionCertificate, language: str = "ko") -> str:
    return Page(render_certificate(SIGNER.sign(document), language)).text()


FACTS = {
    "ko": [
        "개인정보 파기 증명서",
        "계정 전체",
        "2026년 11월 24일 09:00",
        "통신비밀보호법",
        "2031년 10월 2일",
        "2027년 2월 23일",
        "남은 정보가 없습니다",
    ],
    "en": [
        "Certificate of destruction",
        "The whole account",
        "24 November 2026 09:00",
        "Protection of Communications",
        "2 October 2031",
        "23 February 2027",
        "Nothing was left",
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_was_destroyed_when_and_what_is_kept_until_when(language: Language) -> None:
    document = certificate()
    said = page(document, language)
    assert [fact for fact in FACTS[language] if fact not in said] == []
    for fact in (document.tracking, document.subject, document.id, document.datamap.digest):
        assert fact in said
    assert "access_logs 1,180 0 0 20" in said
    assert document.issuer.text(language) in said


def test_it_names_the_signature_that_can_be_checked() -> None:
    signed = SIGNER.sign(certificate())
    said = Page(render_certificate(signed, "en")).text()
    assert signed.signature
    assert signed.signature.value in said
    assert SIGNER.public_key.kid in said
    assert "dsr receipt verify" in said


def test_the_second_moment_is_open_until_it_came() -> None:
    first = certificate()
    assert "Not reached yet" in page(first, "en")
    second = page(first.shredded(SHREDDED), "en")
    assert "1 December 2026 12:00" in second
    assert "Not reached yet" not in second


def test_named_fields_stand_by_their_labels() -> None:
    assert "취미" in page(certificate(fields=(HOBBIES,)))
    assert "계정 전체" not in page(certificate(fields=(HOBBIES,)))


def test_what_is_empty_is_said_to_be_empty() -> None:
    said = page(certificate(kept=(), rescans=(), counts=()), "en")
    assert "Nothing is kept" in said
    assert "No scan was made yet" in said


def test_what_a_scan_found_is_told() -> None:
    said = page(certificate(rescans=(Rescan(at=SHREDDED, findings=(LEFT_OVER,)),)), "en")
    assert "left over after the destruction (access_logs.member_id, Documents 2)" in said
    assert "Nothing was left" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_of_the_template_was_given_words(language: str) -> None:
    said = page(certificate().shredded(SHREDDED), language)
    assert not re.search(r"\bNone\b|built-in|\{\{|<", said)


def test_every_language_has_every_word() -> None:
    assert set(WORDS) == set(FINDINGS) == set(LANGUAGES)
    for language in LANGUAGES:
        assert WORDS[language].keys() == WORDS["ko"].keys()
        assert set(FINDINGS[language]) == set(get_args(Finding.model_fields["why"].annotation))


def test_an_unknown_language_is_korean() -> None:
    assert page(certificate(), "fr") == page(certificate(), "ko")


def test_it_loads_and_runs_nothing() -> None:
    html = render_certificate(SIGNER.sign(certificate()), "ko")
    found = Page(html)
    assert not found.tags & {"script", "link", "img", "iframe", "object", "a", "form"}
    assert not found.attributes & {"src", "href", "style", "action"}
    assert not [name for name in found.attributes if name.startswith("on")]
    assert not re.search(r"url\(|@import|https?:", html)
    assert "@page { size: A4" in html


def test_what_stands_in_a_certificate_stays_text() -> None:
    odd = "<script>alert(1)</script>{{7*7}}"
    document = certificate(
        issuer=Label(ko=odd, en=odd),
        counts=(CollectionCount(collection=odd, deleted=1),),
        rescans=(Rescan(at=SHREDDED, findings=(LEFT_OVER.model_copy(update={"path": odd}),)),),
    )
    html = render_certificate(SIGNER.sign(document), "en")
    assert "script" not in Page(html).tags
    assert html.count("{{7*7}}") == 3


def test_an_unsigned_certificate_has_no_page() -> None:
    with pytest.raises(ValueError, match="unsigned"):
        render_certificate(certificate(), "ko")
