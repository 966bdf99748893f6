"""What a law keeps goes to the archive: a database of its own, used for nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ArchiveItem:
    """One document to keep: whose, on which basis, out of which collection, and until when."""

    pseudonym: str
    basis: str
    collection: str
    document_id: Any
    """The document's own `_id`, or what else tells it apart: `{of: _id, part: …}`."""
    document: Mapping[str, Any]
    """The document; a raw one is kept to the byte."""
    destroy_after: datetime
    request: str


class Archive(Protocol):
    """Where an erasure puts what it must not destroy yet."""

    async def keep(self, items: Sequence[ArchiveItem]) -> None:
        """Durable when it returns; the same document for the same basis is kept once."""
