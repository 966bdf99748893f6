"""The words of a letter that is printed, and of a mail that is not to the person himself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.submission import Relation
from tests.letters import CODE, COMPOSER, LANGUAGES, LETTERS, LINK, Page
from tests.unit.test_emails import width
from workers.documents import render_letter
from workers.emails import Letter

MAIL_ONLY = ("alarm", "confirmation", "digest", "disowned", "escalation")
"""To the company's own department, to a new mail address, with a link that is soon stale."""
EVERY = [
    (name, language) for name in LETTERS if not name.startswith(MAIL_ONLY) for language in LANGUAGES
]
ADDRESS = "04524 서울특별시 중구 세종대로 110"


def on_paper(name: str, language: str) -> Letter:
    return COMPOSER.compose(LETTERS[name], language, paper=True)


def page(letter: Letter, language: str = "ko", to: tuple[str, ...] = ("김민지", ADDRESS)) -> str:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return render_letter(letter, sender="스몰머신즈", to=to, at=at, language=language)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_no_letter_on_paper_speaks_of_itself_as_a_mail(name: str, language: str) -> None:
    text = on_paper(name, language).text
    assert not re.search(r"[Tt]his mail|Replying|이 메일|회신|자동으로 발송", text)
    assert "\n\n\n" not in text
    assert not [line for line in text.splitlines() if width(line) > 77 and "https" not in line]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_challenge_on_paper_asks_to_call_and_has_its_code_alone_on_a_line(language: str) -> None:
    lines = on_paper("challenge", language).text.split("\n")
    assert [line for line in lines if re.fullmatch(r"\d{8}", line)] == [CODE]
    assert LINK in lines
    assert any({"ko": "전화하여", "en": "Call us"}[language] in line for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("relation", ["guardian", "agent"])
@pytest.mark.parametrize("name", ["challenge", "challenge, whole account"])
def test_a_challenge_says_in_what_right_it_was_asked(
    name: str, relation: Relation, language: str
) -> None:
    facts = replace(LETTERS[name], relation=relation)
    said = {"guardian": ("법정대리인", "guardian"), "agent": ("대리한다는", "act for you")}
    word = said[relation][LANGUAGES.index(language)]
    for paper in (False, True):
        made = COMPOSER.compose(facts, language, paper=paper)
        assert word in made.text
        assert word in made.html
        assert word not in COMPOSER.compose(LETTERS[name], language, paper=paper).text
        assert not [x for x in made.text.splitlines() if width(x) > 77 and "https" not in x]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guardians_deletion_is_announced_as_one(language: str) -> None:
    facts = replace(LETTERS["cooling, whole account"], relation="guardian")
    made = COMPOSER.compose(facts, language)
    for part in (made.text, made.html):
        assert {"ko": "법정대리인", "en": "guardian"}[language] in part
        assert {"ko": "고객님의 개인정보를 삭제해", "en": "your personal data has"}[
            language
        ] not in part


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_the_page_to_print_holds_every_line_and_loads_nothing(name: str, language: str) -> None:
    letter = on_paper(name, language)
    made = page(letter, language)
    assert made.startswith("<!doctype html>")
    assert not re.search(r"<script|<img|<link|src=|url\(|@import", made)
    assert ADDRESS in made
    plain = re.sub(r"<[^>]+>", "", made).replace("&amp;", "&").replace("&#39;", "'")
    for line in letter.text.split("\n"):
        shown = f"{line[:4]} {line[4:]}" if re.fullmatch(r"\d{8}", line) else line
        assert line.startswith("---") or shown in plain
    assert len(Page(made).every("h1")) == 1


def test_the_addressee_is_named_only_where_the_name_is_known() -> None:
    letter = on_paper("challenge", "ko")
    assert "김민지 귀하" in page(letter)
    assert "귀하" not in page(letter, to=(ADDRESS,))
    assert "귀하" not in page(letter, "en", to=("Kim Minji", ADDRESS))


def test_what_a_record_holds_is_printed_literally() -> None:
    made = page(on_paper("challenge", "ko"), to=("<script>{{7*7}}</script>", "<b>&"))
    assert "&lt;script&gt;{{7*7}}&lt;/script&gt; 귀하" in made
    assert "<script" not in made
    assert "&lt;b&gt;&amp;" in made
