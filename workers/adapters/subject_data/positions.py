"""Where a mapped path leads in one document: pure, on documents as they were read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from schemas.datamap import EACH, SUBJECT_KEY, Path

Steps = tuple[str, ...]
Concrete = tuple[str | int, ...]
"""A path with the positions of array elements and the subject's key filled in."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Nothing stands there, not even null."""


class Position(NamedTuple):
    """One place in one document.

    `depth` counts the steps that exist; below it, `value` is MISSING. `null` says that the step at
    `depth` stands there as null, so that everything below it must be written as a whole.
    """

    at: Concrete
    value: Any
    depth: int
    null: bool = False


def positions(node: Any, steps: Steps, key: str = "") -> Iterator[Position]:
    """Every place to which the path leads; also the one place of a path that is not there yet."""
    if EACH in steps or SUBJECT_KEY in steps:
        return _walk(node, steps, 0, (), key)
    return iter(_plain(node, steps))


def _plain(node: Any, steps: Steps) -> tuple[Position, ...]:
    """The same without arrays, for which there is at most one place: most paths are like that."""
    for depth, step in enumerate(steps):
        if not isinstance(node, dict) or step not in node:
            if node is None or isinstance(node, dict):
                return (Position(steps, MISSING, depth, node is None),)
            return ()
        node = node[step]
    return (Position(steps, node, len(steps)),)


def _walk(node: Any, steps: Steps, depth: int, at: Concrete, key: str) -> Iterator[Position]:
    if depth == len(steps):
        yield Position(at, node, depth)
        return
    step = steps[depth]
    if step == EACH:
        if isinstance(node, list):
            for index, element in enumerate(node):
                yield from _walk(element, steps, depth + 1, (*at, index), key)
        return
    name = key if step == SUBJECT_KEY else step
    if isinstance(node, dict) and name in node:
        yield from _walk(node[name], steps, depth + 1, (*at, name), key)
    elif (node is None or isinstance(node, dict)) and EACH not in steps[depth:]:
        rest = (key if step == SUBJECT_KEY else step for step in steps[depth:])
        yield Position((*at, *rest), MISSING, depth, null=node is None)


def values(node: Any, steps: Steps, key: str = "") -> Iterator[Any]:
    """Every value that stands where the path leads."""
    if EACH in steps or SUBJECT_KEY in steps:
        found = _walk(node, steps, 0, (), key)
        return (place.value for place in found if place.value is not MISSING)
    for step in steps:
        if not isinstance(node, dict) or step not in node:
            return iter(())
        node = node[step]
    return iter((node,))


def resolve(document: Any, at: Concrete) -> Any:
    """What stands at a concrete place that is known to exist."""
    for step in at:
        document = document[step]
    return document


@dataclass(frozen=True, slots=True)
class Scope:
    """How a second path is read beside a first: in the array element that both go through.

    `shared` counts the steps up to that element; `rest` goes on from it, and any value there will
    do.
    """

    shared: int
    rest: Steps

    @classmethod
    def between(cls, first: Path, second: Path) -> Scope:
        """How `second` is read for a position of `first`."""
        element = first.shared_element(second)
        shared = len(element.steps) if element else 0
        return cls(shared, second.steps[shared:])

    def holds(
        self, document: Any, position: Position, test: Callable[[Any], bool], key: str = ""
    ) -> bool:
        """Whether some value there passes."""
        node = resolve(document, position.at[: self.shared])
        return any(test(value) for value in values(node, self.rest, key))
