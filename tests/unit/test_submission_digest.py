"""The digest that an assertion names the content by: any channel can compute it."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.cast import NEW_ADDRESS, said, submission_content

DOCS = Path(__file__).parents[2] / "docs/assertions.md"
CANONICAL = submission_content(
    submitted_at="2026-11-23T00:00:00.000Z", received_at="2026-11-22T23:30:00.250Z"
)


def of_channel(content: dict[str, Any]) -> str:
    """What the program in the documentation computes."""
    (program,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - it is ours
    made: str = names["digest"](content)
    return made


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"statement": "빨리요 🙏", "operator": "park", "channel": "phone"},
        {"kind": "deletion", "changes": None, "fields": ["hobbies"]},
        {"changes": [{"field": "hobbies", "value": ["등산", None, 3, True, {"b": 1, "a": []}]}]},
    ],
)
def test_the_program_in_the_documentation_computes_what_we_do(other: dict[str, Any]) -> None:
    content = {name: v for name, v in {**CANONICAL, **other}.items() if v is not None}
    assert of_channel(content) == said(content).public_digest()


@pytest.mark.parametrize(
    "same",
    [
        {"submitted_at": "2026-11-23T09:00:00+09:00"},
        {"submission_id": CANONICAL["submission_id"].upper()},
        {"statement": "", "fields": [], "operator": None},
        {"requester": {**CANONICAL["requester"], "phone": None}},
        {"requester": {**CANONICAL["requester"], "name": unicodedata.normalize("NFD", "김민지")}},
        {"requester": {**CANONICAL["requester"], "name": " 김민지 "}},
    ],
)
def test_other_spellings_of_one_content_are_the_same(same: dict[str, Any]) -> None:
    assert said({**CANONICAL, **same}).public_digest() == said(CANONICAL).public_digest()


def test_the_default_language_is_that_of_who_names_none() -> None:
    without = {name: value for name, value in CANONICAL.items() if name != "language"}
    assert said(without).public_digest() == said(CANONICAL).public_digest()


@pytest.mark.parametrize(
    "other",
    [
        {"changes": [{"field": "home_address", "value": {**NEW_ADDRESS, "detail": None}}]},
        {"changes": [{"field": "home_address", "value": {**NEW_ADDRESS, "detail": ""}}]},
        {"submitted_at": "2026-11-23T00:00:00.001Z"},
        {"language": "en"},
        {"received_at": None},
    ],
)
def test_other_content_is_not(other: dict[str, Any]) -> None:
    assert said({**CANONICAL, **other}).public_digest() != said(CANONICAL).public_digest()
