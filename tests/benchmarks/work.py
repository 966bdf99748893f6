"""What the programs are measured at: corrections, and deletions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo import MongoClient

from tests.benchmarks import leavers, members

Client = MongoClient[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of request: its company, its submissions, and how both programs do it."""

    name: str
    datamap: str
    """A file beside this one."""
    seed: Callable[[Client, str, int], None]
    submissions: Callable[[int], Iterator[tuple[str, bytes]]]
    outcome: Callable[[Client, str, int], dict[str, tuple[int, int]]]
    """By the main database's name and the count: what is there, beside what must be."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the workers."""
    deletes: bool = False
    """Whether the floor program needs a ledger of tombstones."""


CORRECTIONS = Work("corrections", "map.yaml", members.seed, members.submissions, members.outcome)
DELETIONS = Work(
    "deletions",
    "deletions.yaml",
    leavers.seed,
    leavers.submissions,
    leavers.outcome,
    settings={"DSR_COOLING_OFF_HOURS": "0", "DSR_COOLING_OFF_YOUNG_HOURS": "0"},
    deletes=True,
)
