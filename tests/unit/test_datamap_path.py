"""Paths into documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.path import EACH, Path

names = st.from_regex(r"[a-zA-Z_가-힣][a-zA-Z0-9_-]{0,8}", fullmatch=True)
paths = st.builds(
    lambda first, rest: ".".join([first, *rest]),
    names,
    st.lists(st.one_of(names, st.just(EACH)), max_size=6),
)


@given(paths)
def test_a_path_reads_back_as_it_was_written(text: str) -> None:
    assert str(Path.parse(text)) == text
    assert EACH not in Path.parse(text).query


@given(paths, paths)
def test_what_is_joined_can_be_taken_apart(above: str, below: str) -> None:
    joined = Path.parse(above).join(Path.parse(below))
    assert joined.starts_with(Path.parse(above))
    assert joined.below(Path.parse(above)) == Path.parse(below)


def test_paths_that_share_a_run_up_to_an_array_speak_of_one_element() -> None:
    link = Path.parse("groups.$[].people.$[].id")
    name = Path.parse("groups.$[].people.$[].name")
    title = Path.parse("groups.$[].title")
    assert link.shared_element(name) == Path.parse("groups.$[].people.$[]")
    assert link.shared_element(title) == Path.parse("groups.$[]")
    assert link.shared_element(Path.parse("owner.name")) is None
    assert link.shared_element(Path.parse("groups.$[].guests.$[].name")) == Path.parse("groups.$[]")


def test_a_query_leaves_the_array_steps_out() -> None:
    assert Path.parse("groups.$[].people.$[].id").query == "groups.people.id"
    assert Path.parse("groups.$[].people.$[].id").has_arrays
    assert Path.parse("participants.$key.name").is_keyed


def test_a_name_that_only_begins_alike_is_not_below() -> None:
    assert not Path.parse("names").starts_with(Path.parse("name"))
    with pytest.raises(ValueError, match="not below"):
        Path.parse("names").below(Path.parse("name"))


@pytest.mark.parametrize("text", ["a.$key.b.$key", "a.$[]b", "a.$$", "a.-b", "a.1b"])
def test_a_step_is_a_name_or_one_of_two_marks(text: str) -> None:
    with pytest.raises(ValueError, match=r"step|once"):
        Path.parse(text)
