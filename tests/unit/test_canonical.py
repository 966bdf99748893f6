"""Two programs that mean the same document sign the same bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.canonical import canonical

TEXT = st.text(st.characters(codec="utf-8"))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


@given(VALUES)
def test_what_was_written_is_read_back_whole(value: Any) -> None:
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(TEXT, VALUES))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_nothing_stands_between_the_signs() -> None:
    value = {"b": [1, True, None, "x y"], "a": {"d": "", "c": -0}}
    assert canonical(value) == b'{"a":{"c":0,"d":""},"b":[1,true,null,"x y"]}'


def test_the_example_of_rfc_8785_for_the_order_of_keys() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys, 1)))) == ordered


def test_the_example_of_rfc_8785_for_text() -> None:
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/"
    assert canonical(text) == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


def test_korean_is_written_as_it_is() -> None:
    assert canonical({"이름": "김민지"}) == '{"이름":"김민지"}'.encode()


@pytest.mark.parametrize("value", [1.0, 0.1, 2**53, -(2**53), float("nan"), b"x", {1: 2}, "\ud800"])
def test_what_has_more_than_one_spelling_is_refused(value: Any) -> None:
    for nested in (value, [value], {"a": {"b": value}}):
        with pytest.raises(ValueError, match=r"signed document|surrogates"):
            canonical(nested)
