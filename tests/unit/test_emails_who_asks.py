"""What a mail says of who asked, and of what nobody has to prove."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from schemas.letters import CompletionFacts
from tests.letters import COMPOSER, LANGUAGES, LETTERS, NOTHING_ARRIVED, Page, letter

ASKED_BY = {"ko": "요청하신 분", "en": "Asked by"}
WHO = {
    ("guardian", "ko"): "자녀의 법정대리인",
    ("guardian", "en"): "Guardian, for a child",
    ("agent", "ko"): "대리인",
    ("agent", "en"): "Agent, for somebody else",
}
PURPOSES = ("acknowledgement", "challenge", "completion", "refusal")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("relation", ["guardian", "agent"])
def test_whoever_asks_for_somebody_else_reads_so_in_every_mail(
    relation: Literal["guardian", "agent"], purpose: str, language: str
) -> None:
    made = COMPOSER.compose(replace(LETTERS[purpose], relation=relation), language)
    who = WHO[relation, language]
    assert f"\n{ASKED_BY[language]}: {who}\n" in made.text
    assert f">{who}</td>" in made.html
    Page(made.html)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_whoever_asks_for_himself_is_told_nothing_of_it(purpose: str, language: str) -> None:
    made = letter(purpose, language)
    assert ASKED_BY[language] not in made.text + made.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_acknowledgement_of_a_question_promises_an_answer_and_no_code(language: str) -> None:
    asked = replace(LETTERS["acknowledgement"], kind="inquiry", fields=())
    made = COMPOSER.compose(asked, language)
    says = {"ko": "답변을 보내 드립니다", "en": "answer you by the date above"}
    needs_proof = {"ko": "본인 확인이 필요합니다", "en": "be sure who is asking"}
    for part in (made.text, made.html):
        assert says[language] in part
        assert needs_proof[language] not in part
        assert NOTHING_ARRIVED not in part
    correction = letter("acknowledgement", language)
    assert needs_proof[language] in correction.text
    assert NOTHING_ARRIVED in correction.text
    Page(made.html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_about_a_package_counts_records_and_names_no_collection(language: str) -> None:
    facts = LETTERS["completion, access"]
    assert isinstance(facts, CompletionFacts)
    package = facts.package
    assert package is not None
    made = letter("completion, access", language)
    total = sum(number for _, number in package.records)
    says = {"ko": f"자료에 담긴 기록: {total:,}건", "en": f"Records that it holds: {total:,}"}
    assert says[language] in made.text
    for name, _ in package.records:
        assert name not in made.text + made.html
