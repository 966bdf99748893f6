"""A letter made from a shape that was kept is the letter that its templates would make."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.letters import AnswerFacts, LetterFacts
from tests.letters import COMPOSER, LANGUAGES, LETTERS
from workers.emails.composer import Composer
from workers.emails.shapes import MOST, Letter, Shapes


def another(facts: LetterFacts) -> LetterFacts:
    """A letter of the same shape about another request, at another time."""
    changes: dict[str, Any] = {"tracking": "DSR-9YYY-9YYY"}
    for field in fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, datetime):
            changes[field.name] = value + timedelta(days=40, minutes=5)
        elif value and field.name.endswith("link"):
            changes[field.name] = "https://dsr.example/other?a='1'&b=<2>"
        elif value and field.name.endswith("code"):
            changes[field.name] = "99999999"
    return replace(facts, **changes)


@pytest.mark.parametrize("paper", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_a_kept_shape_says_what_the_templates_would(
    name: str, language: Any, paper: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = another(LETTERS[name])
    COMPOSER.compose(LETTERS[name], language, paper=paper)
    filled = COMPOSER.compose(facts, language, paper=paper)
    monkeypatch.setattr(Shapes, "letter", lambda _self, _names, words, render: render(words))
    assert filled == COMPOSER.compose(facts, language, paper=paper)


def test_letters_that_differ_in_what_is_said_of_one_request_share_their_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    COMPOSER.compose(LETTERS["challenge"], "ko")
    monkeypatch.setattr(Composer, "_rendered", None)
    COMPOSER.compose(another(LETTERS["challenge"]), "ko")


def test_no_shape_keeps_what_a_person_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = Shapes()
    monkeypatch.setattr(COMPOSER, "_shapes", shapes)
    for facts in LETTERS.values():
        COMPOSER.compose(facts, "en")
        if isinstance(facts, AnswerFacts):
            assert facts.answer not in repr(vars(shapes))
    assert LETTERS["challenge"].tracking not in repr(vars(shapes))


def test_shapes_are_not_kept_without_end() -> None:
    shapes = Shapes()
    letter = Letter("a subject", "a text", "<p>")
    for number in range(3 * MOST):
        assert shapes.letter(("alarm",), {"late": number}, lambda _words: letter) == letter
    assert len(vars(shapes)["_kept"]) <= MOST
