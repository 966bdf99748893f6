"""Text that people give: one normal form, nothing that deceives."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ValueRefused
from schemas.values import TextSpec, check


def refused(spec: TextSpec, value: object) -> str:
    with pytest.raises(ValueRefused) as error:
        check(spec, value)
    return error.value.code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\x00b", "control_character"),
        ("a\x1bb", "control_character"),
        ("a\x9fb", "forbidden_character"),
        ("a\u202eb", "forbidden_character"),
        ("a\u2066b", "forbidden_character"),
        ("a\ud800b", "forbidden_character"),
        ("a\nb", "line_break"),
        ("a\rb", "line_break"),
        ("a\tb", "line_break"),
        ("a\x85b", "line_break"),
        ("", "empty"),
        ("   ", "empty"),
        ("x" * 201, "too_long"),
        ({"$gt": ""}, "not_text"),
        (["a"], "not_text"),
        (7, "not_text"),
        (True, "not_text"),
        (None, "not_text"),
    ],
)
def test_a_text_that_deceives_or_is_none_is_refused_by_code(value: object, code: str) -> None:
    assert refused(TextSpec(), value) == code


def test_decomposed_korean_becomes_composed() -> None:
    assert check(TextSpec(), unicodedata.normalize("NFD", "김민지")) == "김민지"


def test_spaces_are_collapsed_trimmed_or_left_as_declared() -> None:
    value = "  서울시   중구 "
    assert check(TextSpec(), value) == "서울시 중구"
    assert check(TextSpec(normalise="trim"), value) == "서울시   중구"
    assert check(TextSpec(normalise="none"), value) == value
    assert check(TextSpec(normalise="lower"), " Kim  MINJI ") == "kim minji"


def test_newlines_pass_only_where_declared_and_in_one_spelling() -> None:
    assert check(TextSpec(multiline=True), "a\r\nb\rc\nd") == "a\nb\nc\nd"
    assert refused(TextSpec(multiline=True), "a\x00b") == "control_character"


def test_a_declared_pattern_and_length_hold_for_the_whole_text() -> None:
    postcode = TextSpec(pattern="[0-9]{5}")
    assert check(postcode, "04524") == "04524"
    assert refused(postcode, "04524 or so") == "wrong_form"
    assert refused(TextSpec(min=3), "ab") == "too_short"


def test_markup_and_formulas_are_plain_text() -> None:
    for value in ("{{7*7}}", "<script>alert(1)</script>", "=HYPERLINK(1)", "$where", "a.b"):
        assert check(TextSpec(), value) == value


@given(st.text(max_size=150))
def test_checking_twice_changes_nothing(value: str) -> None:
    for how in ("none", "trim", "collapse", "lower"):
        spec = TextSpec(normalise=how, multiline=True, max=1000)
        try:
            once = check(spec, value)
        except ValueRefused:
            continue
        assert check(spec, once) == once
        assert unicodedata.is_normalized("NFC", once)


@given(st.text(max_size=150))
def test_a_refusal_never_repeats_the_value(value: str) -> None:
    with pytest.raises(ValueRefused) as error:
        check(TextSpec(pattern="(?!)"), value)
    assert vars(error.value) == {"code": error.value.code}
    assert error.value.code in {
        *("wrong_form", "empty", "line_break", "control_character", "forbidden_character"),
    }
