"""The tree of the log: the roots that RFC 6962's own programs compute, and proofs that hold."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.merkle import EMPTY, Tree, leaf_hash, node_hash, root_of

LEAVES = [
    bytes.fromhex(one)
    for one in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first so many leaves: the vectors of the Certificate Transparency programs."""
SIZES = st.integers(1, 70)


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(n).encode()) for n in range(count)]


def by_definition(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


def tree(leaves: Sequence[bytes], known: int = 0) -> Tree:
    """A tree of them; of the first `known` only the peaks are known."""
    first = Tree()
    first.extend(leaves[:known])
    grown = Tree(known, first.peaks)
    grown.extend(leaves[known:])
    return grown


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_the_one_that_others_compute(size: int) -> None:
    assert tree([*map(leaf_hash, LEAVES[:size])]).root.hex() == ROOTS[size - 1]


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    assert Tree().root == EMPTY


@given(SIZES, st.data())
def test_a_tree_goes_on_from_its_peaks_as_if_it_knew_all(size: int, data: st.DataObject) -> None:
    known = data.draw(st.integers(0, size))
    assert tree(hashes(size), known).root == by_definition(hashes(size))


@given(SIZES, st.data())
def test_each_new_leaf_is_proven_and_nothing_else_is(size: int, data: st.DataObject) -> None:
    known = data.draw(st.integers(0, size - 1))
    leaf = data.draw(st.integers(known, size - 1))
    leaves = hashes(size)
    grown = tree(leaves, known)
    path = grown.path(leaf)
    assert root_of(leaves[leaf], leaf, size, path) == grown.root
    assert root_of(leaf_hash(b"another"), leaf, size, path) != grown.root
    assert root_of(leaves[leaf], leaf, size, (*path, leaves[0])) is None
    assert size == 1 or root_of(leaves[leaf], leaf, size, path[:-1]) is None
    for other in {0, leaf - 1, leaf + 1, size - 1} - {leaf}:
        assert root_of(leaves[leaf], other, size, path) != grown.root


@pytest.mark.parametrize(("leaf", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_no_such_tree_has_is_not_proven(leaf: int, size: int) -> None:
    assert root_of(leaf_hash(b""), leaf, size, ()) is None


def test_peaks_that_do_not_fit_the_size_are_refused() -> None:
    with pytest.raises(ValueError, match="has 2 peaks"):
        Tree(5, hashes(1))
