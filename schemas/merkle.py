"""A Merkle tree that only grows: its root, and the proof that a leaf is in it (RFC 9162, 2.1).

A tree of `size` leaves is known by its *peaks*: the roots of the complete subtrees from left to
right, as large as they come (one for each bit of `size`). They are all that it takes to add leaves,
to compute the root, and to prove the leaves that were added since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(content: bytes) -> bytes:
    """The 32 bytes that stand for a leaf."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32 bytes that stand for two subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree of which the peaks were known, and the leaves added to it since."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """`ValueError` where there is not one peak for each bit of `size`."""
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks")
        self.size = size
        self._nodes: dict[tuple[int, int], bytes] = {}
        for (level, number), peak in zip(_peaks(size), peaks, strict=True):
            self._nodes[level, number] = peak

    def append(self, leaf: bytes) -> None:
        """Add a leaf, by its hash; the subtrees that it completes are computed."""
        level, number, node = 0, self.size, leaf
        self._nodes[level, number] = node
        while number & 1:
            node = node_hash(self._nodes[level, number - 1], node)
            level, number = level + 1, number >> 1
            self._nodes[level, number] = node
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves, by their hashes."""
        for leaf in leaves:
            self.append(leaf)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """What it takes to go on from here."""
        return tuple(self._nodes[place] for place in _peaks(self.size))

    @property
    def root(self) -> bytes:
        """The 32 bytes that stand for all leaves in their order."""
        return self._over(0, self.size) if self.size else EMPTY

    def path(self, leaf: int) -> tuple[bytes, ...]:
        """The inclusion proof of a leaf that was added here, from the leaf up to the root."""
        low, high, path = 0, self.size, []
        while high - low > 1:
            middle = low + _left(high - low)
            if leaf < middle:
                path.append(self._over(middle, high))
                high = middle
            else:
                path.append(self._over(low, middle))
                low = middle
        return tuple(reversed(path))

    def _over(self, low: int, high: int) -> bytes:
        """The hash over the leaves from `low` up to `high`, of which `low` is a whole subtree's."""
        width = high - low
        if width.bit_count() == 1:
            level = width.bit_length() - 1
            return self._nodes[level, low >> level]
        middle = low + _left(width)
        return node_hash(self._over(low, middle), self._over(middle, high))


def root_of(leaf: bytes, number: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root of the tree in which a path proves leaf `number` of `size`; None: it proves nothing.

    RFC 9162, 2.1.3.2.
    """
    if not 0 <= number < size:
        return None
    place, last, root = number, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def _peaks(size: int) -> list[tuple[int, int]]:
    """Level and number of each peak, from left to right."""
    places, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            places.append((level, start >> level))
            start += 1 << level
    return places


def _left(width: int) -> int:
    """How many of so many leaves are left of the root: the largest power of two below."""
    return 1 << ((width - 1).bit_length() - 1)
