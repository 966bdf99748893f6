"""Every place in which a field stands, home and copies alike, and what belongs there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.datamap.base import Scalar
    from schemas.datamap.deletion import AnonymiseValue, Archive, Delete
    from schemas.datamap.links import Link
    from schemas.path import Path


PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a chain: documents of `collection` whose `foreign` is the `local` before it."""

    collection: str
    local: Path
    foreign: Path


@dataclass(frozen=True, slots=True)
class Placement:
    """One place of a field, with its link resolved.

    `parts` is given where an object stands here: part -> path below `path`. Each part is read and
    written by itself, so that what an application keeps beside them stays.
    """

    subject: str
    field: str
    collection: str
    path: Path
    link: Link
    where: Mapping[Path, Scalar]
    home: bool
    follow: bool
    sealed: bool
    part: str | None
    text: str | None
    parts: Mapping[str, Path]
    on_delete: Delete | AnonymiseValue | Archive

    def expected(self, value: Any) -> Any:
        """Give what stands here when the field's whole canonical value is `value`."""
        if value is None:
            return None
        if self.part is not None:
            return value.get(self.part)
        if self.text is not None:
            return fill(self.text, value)
        return value

    @property
    def paths(self) -> tuple[Path, ...]:
        """The full paths that are read and written: the parts of an object, or the one path."""
        if not self.parts:
            return (self.path,)
        return tuple(self.path.join(below) for below in self.parts.values())


def fill(template: str, parts: Mapping[str, Any]) -> str:
    """Put the parts into a copy's text; an absent one leaves nothing, nor double spaces."""

    def part(match: re.Match[str]) -> str:
        value = parts.get(match[1])
        return "" if value is None else str(value)

    return " ".join(PLACEHOLDER.sub(part, template).split())
