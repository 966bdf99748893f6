"""The conversion of a field, plain to sealed or back, as the command line sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Tell = Callable[[int, int], None]
"""Told how many people were gone through, and about how many there are."""


def tell_nobody(_done: int, _of: int) -> None:
    """Where nobody watches."""


@dataclass(slots=True)
class Converted:
    """What became of one field in one collection; no value, key or `_id` is told.

    Counted are documents, one that belongs to several people once for each. `skipped` by why:
    `restricted`, `deleting`, `correcting` (the person's request is open), `busy` (written by others
    each time), `refused` (by the database's own rules), `no_key` and `not_ours` (bytes that do not
    open), `not_kept` (a value that would not come back the same), `no_place` (an array element that
    no update can name), `too_many` (one person's documents in between), `unreached` (nobody's whom
    the home collection knows, or written meanwhile).
    """

    subject: str
    collection: str
    converted: int = 0
    """Changed; in a dry run, what would be."""
    already: int = 0
    unfound: int = 0
    """Documents converted with a value that is no identifier: it finds nobody, as before."""
    left: int = 0
    """Documents in which a value stands in the old form at the end."""
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, why: str, documents: int = 1) -> None:
        """Count documents that stay as they are."""
        if documents:
            self.skipped[why] = self.skipped.get(why, 0) + documents


@dataclass(frozen=True, slots=True)
class ConversionReport:
    """One run over the whole field."""

    field: str
    undo: bool
    dry_run: bool
    people: int
    collections: tuple[Converted, ...]

    @property
    def left(self) -> int:
        """What a further run has to do; 0: the change is over."""
        return sum(one.left for one in self.collections)
