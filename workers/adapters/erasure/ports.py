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


class Packages(Protocol):
    """What was collected for people who asked to see it."""

    async def keys_of(self, pseudonyms: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Per person, the names of the keys of all packages that still exist."""

    async def destroy_of(self, pseudonyms: Sequence[str]) -> None:
        """Destroy every package of these people, keys and files."""


EarlierRequests = Callable[[Sequence[str]], Awaitable[Mapping[str, Sequence[str]]]]
"""Per pseudonym, the ids of the person's earlier requests that are final."""
