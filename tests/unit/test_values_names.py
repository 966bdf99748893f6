"""Names and exact identifiers, in the forms that are really stored."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ValueRefused
from schemas.values import lookup_form, stored_forms

korean = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=5)


@given(korean)
def test_a_korean_name_is_looked_for_composed_and_decomposed(name: str) -> None:
    decomposed = unicodedata.normalize("NFD", name)
    for given_form in (name, decomposed):
        assert {name, decomposed} <= set(stored_forms("name", given_form))
        assert lookup_form("name", given_form) == name


def test_a_latin_name_is_looked_for_in_usual_letter_cases() -> None:
    forms = stored_forms("name", " KIM  minji ")
    assert {"Kim Minji", "KIM MINJI", "kim minji", "KIM minji"} <= set(forms)
    assert lookup_form("name", "KIM  minji") == lookup_form("name", "Kim Minji")


def test_an_exact_identifier_keeps_its_letter_case() -> None:
    assert stored_forms("exact", " Minji90 ") == ["Minji90"]
    assert lookup_form("exact", "Minji90") != lookup_form("exact", "minji90")


@pytest.mark.parametrize("form", ["exact", "name", "email", "phone", "date"])
@pytest.mark.parametrize("value", ["", " ", "a\x00b", "a\u202eb", "x" * 400])
def test_what_can_be_nobodys_identifier_is_refused(form: str, value: str) -> None:
    for look in (stored_forms, lookup_form):
        with pytest.raises(ValueRefused):
            look(form, value)  # type: ignore[arg-type]


@given(st.text(min_size=1, max_size=40))
def test_a_pattern_is_looked_for_literally(value: str) -> None:
    try:
        forms = stored_forms("exact", value)
    except ValueRefused:
        return
    assert unicodedata.normalize("NFC", value).strip() in forms
