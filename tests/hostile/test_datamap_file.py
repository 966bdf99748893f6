"""A map's file that tries to be more than plain YAML: refused, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import DataMapError
from workers.datamap_file import MAX_BYTES, load, loads


def refuse(text: str, line: int | None, reason: str) -> None:
    with pytest.raises(DataMapError) as refused:
        loads(text.encode(), source="map.yaml")
    assert refused.value.where == (f"map.yaml, line {line}" if line else "map.yaml")
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['true']",
        "!!python/name:os.system",
        "!include other.yaml",
        "!!binary aGk=",
        "!!set {a, b}",
        "!!str text",
        "! text",
    ],
)
def test_yaml_tags(tag: str) -> None:
    refuse(f"schema: dsr.datamap/1\nname: {tag}\n", 2, "tags")


def test_alias_bomb() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    refuse("\n".join(lines), 1, "aliases")


def test_an_anchor_alone() -> None:
    refuse("schema: &x dsr.datamap/1\n", 1, "anchors")


def test_a_merge_key_is_an_unknown_key() -> None:
    refuse_where("<<: {name: shop}\nschema: dsr.datamap/1\n", "<<")


def test_duplicate_keys() -> None:
    refuse("schema: dsr.datamap/1\nname: shop\nname: shop2\n", 3, "'name' stands twice")


def test_duplicate_keys_in_another_spelling() -> None:
    refuse('schema: dsr.datamap/1\nname: shop\n"name": shop2\n', 3, "'name' stands twice")


def test_a_key_that_is_not_a_word() -> None:
    refuse("? [a, b]\n: c\n", 1, "a key is a word")


def test_nested_thousands_deep() -> None:
    refuse("[" * 5000, 1, "deep")


def test_larger_than_the_cap() -> None:
    refuse("#" * (MAX_BYTES + 1), None, "larger")


def test_not_utf8() -> None:
    with pytest.raises(DataMapError, match="not UTF-8"):
        loads(b"name: \xff\xfe", source="map.yaml")


@pytest.mark.parametrize("text", ["", "- a\n", "text", "null"])
def test_not_a_mapping(text: str) -> None:
    refuse(text, None, "not a mapping")


def test_two_documents_in_one_file() -> None:
    refuse("a: 1\n---\nb: 2\n", 2, "document")


def test_a_broken_file() -> None:
    refuse("a: [1, 2\nb: 3\n", 2, "expected")


def test_an_integer_too_long_to_read() -> None:
    refuse(f"a: {'9' * 10_000}\n", None, "cannot be read")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataMapError, match="No such file"):
        load(tmp_path / "map.yaml")


def refuse_where(text: str, where: str) -> None:
    with pytest.raises(DataMapError) as refused:
        loads(text.encode(), source="map.yaml")
    assert refused.value.where.endswith(f": {where}")
