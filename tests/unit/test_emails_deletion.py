"""What a person reads about a deletion: before it, while it can be stopped, and after it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from schemas.letters import CompletionFacts, RecipientOutcome
from schemas.notice import NoticeStatus
from tests.letters import (
    ALL_OF_HER,
    CERTIFICATE,
    COMPOSER,
    DELETED,
    LANGUAGES,
    LETTERS,
    LINK,
    RESULTS,
    STOP,
    Page,
    letter,
)

SCOPES = ("whole account", "named fields")
DELETIONS = [(scope, language) for scope in SCOPES for language in LANGUAGES]


@pytest.mark.parametrize(("scope", "language"), DELETIONS)
def test_a_deletion_is_announced_with_its_time_and_a_way_to_stop_it(
    scope: str, language: str
) -> None:
    made = letter(f"cooling, {scope}", language)
    begins = {
        "ko": "2026년 11월 23일 09:00 (한국시간)",
        "en": "23 November 2026 09:00 (Korean time)",
    }
    lines = made.text.split("\n")
    assert [line for line in lines if "https://privacy.smallmachines" in line] == [STOP]
    assert STOP in [anchor["href"] for anchor in Page(made.html).every("a")]
    for part in (made.text, made.html):
        assert begins[language] in part


@pytest.mark.parametrize(("scope", "language"), DELETIONS)
def test_who_is_asked_to_confirm_a_deletion_reads_that_it_is_final(
    scope: str, language: str
) -> None:
    made = letter(f"challenge, {scope}", language)
    final = {"ko": "되살릴 수 없습니다", "en": "cannot be brought back"}
    account = {"ko": "가입하신 계정", "en": "it goes too"}
    for part in (made.text, made.html):
        assert part.index(final[language]) < part.index(LINK)
        assert (account[language] in part) == (scope == "whole account")
    assert final[language] not in letter("challenge", language).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_mail_of_a_deletion_speaks_of_a_change(language: str) -> None:
    change = {"ko": r"바뀌|바뀐|반영", "en": r"changed|made the change"}
    purposes = ("acknowledgement", "challenge", "expiry", "interim", "completion", "withdrawal")
    for purpose in purposes:
        for scope in SCOPES:
            made = letter(f"{purpose}, {scope}", language)
            assert not re.search(change[language], made.text + made.html)


@pytest.mark.parametrize(("scope", "language"), DELETIONS)
def test_whoever_stopped_a_deletion_reads_that_nothing_is_gone_and_all_can_be_used(
    scope: str, language: str
) -> None:
    made = letter(f"withdrawal, {scope}", language)
    words = {
        "ko": ("아무것도 삭제하지 않았습니다", "다시 이용할 수 있습니다", "23일 09:00"),
        "en": ("Nothing was deleted", "can be used again now", "23 November 2026 09:00"),
    }
    for part in (made.text, made.html):
        assert all(word in part for word in words[language])
    unproven = replace(LETTERS[f"withdrawal, {scope}"], was_restricted=False)  # type: ignore[arg-type]
    assert words[language][1] not in COMPOSER.compose(unproven, language).html


@pytest.mark.parametrize("purpose", ["interim", "completion"])
def test_a_deletion_says_what_is_gone_and_what_the_law_keeps_until_when(purpose: str) -> None:
    korean, english = (letter(f"{purpose}, whole account", language) for language in LANGUAGES)
    assert "- 등록된 개인정보 전체: 삭제했습니다 (법에 따라 보관하는 정보 제외)" in korean.text
    assert "- All personal data on file: deleted, except what the law" in english.text
    for part in (korean.text, korean.html.replace("</b>", "")):
        assert "통신비밀보호법 시행령 제41조" in part
        assert "보관 기한: 2027년 2월 22일까지" in part
        assert "다른 데이터베이스에 따로 보관하고 다른 용도로는 쓰지 않으며" in part
    for part in (english.text, english.html.replace("</b>", "")):
        assert "Protection of Communications Secrets Act" in part
        assert "Kept until: 22 February 2027" in part
        assert "used for nothing else" in part


def test_a_deletion_of_named_fields_says_what_became_of_each() -> None:
    korean, english = (letter("completion, named fields", language) for language in LANGUAGES)
    assert "- 집 주소: 삭제했습니다\n- 휴대전화 번호: 삭제했습니다\n" in korean.text
    assert "- Home address: deleted\n- Mobile phone number: deleted\n" in english.text
    assert "법에 따라 보관해야 하는 정보는 없었습니다" in korean.text
    assert "nothing that we have to keep by law" in english.html


def test_only_a_deletion_speaks_of_what_the_law_keeps() -> None:
    assert "법에 따라" not in letter("completion", "ko").text
    assert "by law" not in letter("completion", "en").html


def test_a_recipient_of_a_deletion_is_said_to_have_deleted() -> None:
    parcel = RESULTS["recipients"][0].name
    refused = (RecipientOutcome(parcel, NoticeStatus.REFUSED),)
    facts = CompletionFacts(**ALL_OF_HER, **{**DELETED, "recipients": refused})
    assert "삭제한 정보를 받은 곳" in letter("completion, whole account", "ko").text
    assert "한빛택배: 알렸고, 삭제했다는 답" in letter("completion, whole account", "ko").text
    assert "told; it answered that it does not delete it" in COMPOSER.compose(facts, "en").text
    assert "알렸고, 반영했다는 답" in letter("completion", "ko").text


@pytest.mark.parametrize(("scope", "language"), DELETIONS)
def test_a_certificate_can_be_read_and_its_signed_file_fetched(scope: str, language: str) -> None:
    made = letter(f"completion, {scope}", language)
    links = [CERTIFICATE, f"{CERTIFICATE}?format=json"]
    assert [line for line in made.text.split("\n") if "/certificate/" in line] == links
    offered = [anchor["href"] for anchor in Page(made.html).every("a")]
    assert all(link in offered for link in links)
    without = CompletionFacts(**ALL_OF_HER, **DELETED)
    assert "증명서" not in COMPOSER.compose(without, "ko").text
