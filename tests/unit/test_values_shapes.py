"""Lists and objects of parts: exactly what the map declares."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import ValueRefused
from schemas.values import ListSpec, ObjectSpec, check

ADDRESS = ObjectSpec.model_validate(
    {
        "parts": {
            "postcode": {"value": {"kind": "text", "pattern": "[0-9]{5}"}},
            "road": "text",
            "detail": {"value": "text", "required": False},
        }
    }
)
HOBBIES = ListSpec.model_validate({"of": {"kind": "text", "max": 10}, "max_items": 3})


def refused(spec: Any, value: object) -> str:
    with pytest.raises(ValueRefused) as error:
        check(spec, value)
    return error.value.code


def test_an_object_has_every_declared_part_in_canonical_form() -> None:
    given = {"road": " 세종대로  110 ", "postcode": "04524"}
    canonical = {"postcode": "04524", "road": "세종대로 110", "detail": None}
    assert check(ADDRESS, given) == canonical
    assert check(ADDRESS, canonical) == canonical
    assert check(ADDRESS, given | {"detail": ""}) == canonical


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"$gt": ""}, "unknown_part"),
        ({"postcode": "04524", "road": "x", "is_admin": True}, "unknown_part"),
        ({"postcode": "04524", "road": "x", "detail.x": "y"}, "unknown_part"),
        ({"postcode": "04524", "road": "x", "__proto__": {}}, "unknown_part"),
        ({"postcode": "04524"}, "missing_part"),
        ({"postcode": "04524", "road": {"$ne": None}}, "not_text"),
        ({"postcode": "04524", "road": ["x"]}, "not_text"),
        ({"postcode": "4524", "road": "x"}, "wrong_form"),
        ({"postcode": "04524", "road": ""}, "empty"),
        ("세종대로 110", "not_an_object"),
        ([{"postcode": "04524", "road": "x"}], "not_an_object"),
        (None, "not_an_object"),
    ],
)
def test_an_object_with_anything_else_is_refused(value: object, code: str) -> None:
    assert refused(ADDRESS, value) == code


def test_a_list_holds_values_of_one_kind() -> None:
    assert check(HOBBIES, ["등산 ", "독서"]) == ["등산", "독서"]
    assert check(HOBBIES, []) == []


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("등산", "not_a_list"),
        ({"0": "등산"}, "not_a_list"),
        (["a", "b", "c", "d"], "too_many_items"),
        (["a", {"$gt": ""}], "not_text"),
        (["a", ["b"]], "not_text"),
        (["x" * 11], "too_long"),
    ],
)
def test_a_list_with_anything_else_is_refused(value: object, code: str) -> None:
    assert refused(HOBBIES, value) == code
