"""Changes of one document: told by what stands there, never by a position alone."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId

from schemas.datamap import KeyType, Path
from workers.adapters.subject_data.keys import identity, key_text, parse_key
from workers.adapters.subject_data.positions import MISSING, Position, positions
from workers.adapters.subject_data.updates import Draft


def written(draft: Draft) -> tuple[dict[str, Any], Any, Any]:
    """The query, the update and the array filters."""
    made = draft.update()
    return made._filter, made._doc, made._array_filters  # type: ignore[return-value]  # noqa: SLF001


def at(document: Any, path: str) -> list[Position]:
    return list(positions(document, Path.parse(path).steps, "7"))


def test_a_plain_value_is_set_only_while_the_old_one_stands() -> None:
    draft = Draft(1)
    (place,) = at({"a": {"b": "old"}}, "a.b")
    draft.put(place, "new")
    assert written(draft) == ({"_id": 1, "a.b": "old"}, {"$set": {"a.b": "new"}}, None)


@pytest.mark.parametrize(
    ("document", "stands"),
    [
        ({"a": {}}, {"$exists": False}),
        ({}, {"$exists": False}),
        ({"a": {"b": None}}, {"$type": "null"}),
        ({"a": {"b": {"$gt": 1}}}, {"$eq": {"$gt": 1}}),
        ({"a": {"b": []}}, {"$eq": []}),
    ],
)
def test_what_stands_there_is_compared_as_what_it_is(document: Any, stands: Any) -> None:
    draft = Draft(1)
    (place,) = at(document, "a.b")
    draft.put(place, "new")
    assert written(draft)[0] == {"_id": 1, "a.b": stands}


def test_below_a_null_the_object_is_written_whole() -> None:
    draft = Draft(1)
    for path, value in (("a.b.c", 1), ("a.b.d", 2), ("a.e", 3)):
        (place,) = at({"a": None}, path)
        draft.put(place, value)
    assert written(draft) == (
        {"_id": 1, "a": {"$type": "null"}},
        {"$set": {"a": {"b": {"c": 1, "d": 2}, "e": 3}}},
        None,
    )


def test_an_element_is_told_by_its_key_and_its_old_value() -> None:
    draft = Draft(1)
    document = {"l": [{"k": 5, "v": "x"}, {"k": 7, "v": "x"}]}
    place = at(document, "l.$[].v")[1]
    draft.put(place, "new")
    draft.expects["l", 1, "k"] = 7
    query, update, filters = written(draft)
    assert query == {"_id": 1, "l": {"$elemMatch": {"v": "x", "k": 7}}}
    assert update == {"$set": {"l.$[e0].v": "new"}}
    assert filters == [{"e0.v": "x", "e0.k": 7}]


def test_elements_in_elements_are_told_each_by_its_own() -> None:
    draft = Draft(1)
    draft.put(at({"g": [{"p": []}, {"p": [{"v": "x"}]}]}, "g.$[].p.$[].v")[0], "new")
    draft.expects["g", 1, "p", 0, "k"] = 7
    query, update, filters = written(draft)
    inner = {"p": {"$elemMatch": {"v": "x", "k": 7}}}
    assert query == {"_id": 1, "g": {"$elemMatch": inner}}
    assert update == {"$set": {"g.$[e0].p.$[e1].v": "new"}}
    assert filters == [{"e0.p": inner["p"]}, {"e1.v": "x", "e1.k": 7}]


def test_two_elements_that_could_pass_for_each_other_keep_their_positions() -> None:
    draft = Draft(1)
    for place in at({"l": [{"v": "x"}, {"v": "y"}]}, "l.$[].v"):
        draft.put(place, "new")
    query, update, filters = written(draft)
    assert query == {"_id": 1, "l.0.v": "x", "l.1.v": "y"}
    assert update == {"$set": {"l.0.v": "new", "l.1.v": "new"}}
    assert filters is None


def test_a_path_that_leads_through_something_else_leads_nowhere() -> None:
    assert at({"a": 5}, "a.b") == []
    assert at({"a": [{"b": 1}]}, "a.b") == []
    assert at({"a": {"b": 1}}, "a.$[].b") == []
    assert at({"a": {}}, "a.b.$[].c") == []
    (missing,) = at({"rooms": {"8": {}}}, "rooms.$key.name")
    assert missing == Position(("rooms", "7", "name"), MISSING, 1, null=False)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("007", KeyType.INT),
        ("1.0", KeyType.INT),
        ("-0", KeyType.INT),
        ("９", KeyType.INT),
        (str(2**63), KeyType.INT),
        ("ABCDEFABCDEFABCDEFABCDEF", KeyType.OBJECT_ID),
        ("00000000-0000-0000-0000-00000000000G", KeyType.UUID),
        ("", KeyType.INT),
    ],
)
def test_one_key_has_one_text(text: str, kind: KeyType) -> None:
    assert parse_key(text, kind) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-7", KeyType.INT),
        ("0", KeyType.INT),
        ("665544332211665544332211", KeyType.OBJECT_ID),
        ("12345678-1234-4234-8234-123456789abc", KeyType.UUID),
        ("아무개@mail.example", KeyType.STRING),
    ],
)
def test_a_key_comes_back_as_the_text_it_was(text: str, kind: KeyType) -> None:
    assert key_text(parse_key(text, kind), kind) == text


def test_values_are_the_same_where_the_database_says_so() -> None:
    assert identity(5) == identity(5.0)
    assert identity(1) != identity(True)
    assert identity("5") != identity(5)
    assert identity(ObjectId("665544332211665544332211")) != identity("665544332211665544332211")
    assert identity({"a": 1, "b": 2}) != identity({"b": 2, "a": 1})
    assert key_text(float("inf"), KeyType.INT) is None
    assert key_text(float("nan"), KeyType.INT) is None
