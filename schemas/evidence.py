"""What is shown for what was done: the counts of an erasure. None of it holds personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from schemas.base import Ours


class CollectionCount(Ours):
    """What became of a subject's documents in one collection."""

    collection: str
    deleted: int = 0
    anonymised: int = 0
    changed: int = 0
    """Documents that stay, whose copies or array elements were taken out."""
    archived: int = 0


class Kept(Ours):
    """What a law keeps, out of one collection."""

    collection: str
    basis: str
    """The slug of the data map's retention basis."""
    documents: int
    until: datetime
    """When the last of them is destroyed."""


class Finding(Ours):
    """Something of the subject that could not be erased, or that a re-scan found: where."""

    collection: str
    path: str
    documents: int
    why: Literal["left_over", "no_basis", "unmapped_match"]


class ErasureSummary(Ours):
    """What an erasure has done so far, over all its calls."""

    counts: tuple[CollectionCount, ...] = ()
    kept: tuple[Kept, ...] = ()
    findings: tuple[Finding, ...] = ()
    keys_destroyed: int = 0
    rescans: int = 0
