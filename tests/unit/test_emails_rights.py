"""What a restriction and an objection say that other requests do not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from schemas.letters import CompletionFacts
from tests.letters import (
    BOTH_RESTRICTED,
    COMPOSER,
    LANGUAGES,
    LETTERS,
    LIFT,
    LIFT_CODE,
    MARKETING,
    letter,
)


def completion() -> CompletionFacts:
    facts = LETTERS["completion, restriction"]
    assert isinstance(facts, CompletionFacts)
    return facts


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_restriction_says_how_it_is_lifted_by_link_and_by_code(language: str) -> None:
    made = letter("completion, restriction", language)
    lines = made.text.split("\n")
    assert lines.count(LIFT) == 1
    assert [line for line in lines if re.fullmatch(r"\d{8}", line)] == [LIFT_CODE]
    assert LIFT in made.html
    assert LIFT_CODE in made.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_that_was_lifted_before_it_completed_says_so_and_offers_nothing(language: str) -> None:
    lifted = tuple(replace(one, result="lifted") for one in BOTH_RESTRICTED)
    made = COMPOSER.compose(
        replace(completion(), outcomes=lifted, lift_link=None, lift_code=None), language
    )
    said = {"ko": "다시 풀었습니다", "en": "lifted again"}
    for part in (made.text, made.html):
        assert said[language] in part
        assert "/lift/" not in part


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_restriction_of_everything_is_said_in_one_line(language: str) -> None:
    facts = replace(completion(), fields=(), outcomes=())
    said = {
        "ko": "- 등록된 개인정보 전체: 이용과 제공을 정지했습니다",
        "en": "- All personal data on file: restricted: neither used nor passed on",
    }
    assert said[language] in COMPOSER.compose(facts, language).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_objection_names_each_purpose_and_what_became_of_it(language: str) -> None:
    made = letter("completion, objection", language)
    said = {"ko": "동의를 철회했습니다", "en": "your consent is withdrawn"}
    assert f"- {MARKETING.text(language)}: {said[language]}" in made.text
    nobody = {"ko": "이 목적으로 정보를 받은 곳이 없어", "en": "nobody who acts on these purposes"}
    assert nobody[language] in made.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_objection_to_everything_speaks_of_purposes_not_of_the_account(language: str) -> None:
    facts = replace(LETTERS["challenge, objection"], fields=())
    said = {"ko": "동의하신 모든 목적", "en": "Every purpose that you consented to"}
    made = COMPOSER.compose(facts, language)
    for part in (made.text, made.html):
        assert said[language] in part


def test_a_code_of_another_form_never_gets_into_a_mail() -> None:
    with pytest.raises(ValueError, match="eight digits"):
        replace(completion(), lift_code="12345678\nBcc: x")
