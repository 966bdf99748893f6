"""What a deletion needs beside the company's database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ArchiveItem:
    """One document, element or set of values that a law keeps; personal, in clear."""

    pseudonym: str
    basis: str
    collection: str
    document_id: Any
    """The document's own `_id`, or `{of: _id, part | values: which}`."""
    document: Mapping[str, Any]
    destroy_after: datetime
    request: str


class Archive(Protocol):
    """Keeps what a law keeps."""

    async def keep(self, items: Sequence[ArchiveItem]) -> None:
        """Durable when it returns; the same (pseudonym, basis, collection, document id) is one."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That a subject, or some fields (None: all), was deleted as it was before `at`."""

    pseudonym: str
    subject_type: str
    request: str
    fields: tuple[str, ...] | None
    at: datetime


class Tombstones(Protocol):
    """The ledger of deletions outside MongoDB."""

    async def add(self, entries: Sequence[Tombstone]) -> None:
        """Durable when it returns; an entry that is there already stays one."""


class Keys(Protocol):
    """The vault, as far as deletions go."""

    async def data_keys(self, names: Iterable[str], *, create: bool = False) -> dict[str, Any]:
        """The keys of these names; missing ones are absent."""

    async def present(self, names: Iterable[str]) -> set[str]:
        """Those of the names that have a key."""

    async def destroy(self, names: Iterable[str]) -> int:
        """Delete them, by a majority; how many there were."""


EarlierRequests = Callable[[Sequence[str]], Awaitable[Mapping[str, Sequence[str]]]]
"""Per pseudonym, the ids of the person's earlier requests that are final."""
