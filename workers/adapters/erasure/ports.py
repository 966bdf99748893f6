"""What a deletion needs beside the company's database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from workers.adapters.vault import Tombstone


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
