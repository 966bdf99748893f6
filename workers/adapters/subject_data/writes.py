"""What a transaction writes: drafts per document, and whose each update is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from workers.adapters.subject_data.control import COLLECTION
from workers.adapters.subject_data.items import Item
from workers.adapters.subject_data.keys import identity
from workers.adapters.subject_data.sessions import (
    Document,
    Transaction,
    is_conflict,
    refused_index,
)
from workers.adapters.subject_data.updates import Draft
from workers.ports import SubjectResult


class Moved(Exception):
    """Something did not stand any more as it was read."""


class Raced(Moved):
    """Another worker made the same control document first."""


class ItemRefused(Exception):
    """The database refused what this item wrote; its neighbours may go on."""

    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item


@dataclass(slots=True)
class Drafts:
    """What one item changes, per document."""

    made: dict[tuple[str, Any], Draft] = field(default_factory=dict)

    def of(self, collection: str, document: Document) -> Draft:
        """The draft for this document; one, however many places in it change."""
        return self.made.setdefault((collection, identity(document["_id"])), Draft(document["_id"]))

    @property
    def places(self) -> Counter[str]:
        """Per field, the documents in which it changes."""
        return Counter(name for draft in self.made.values() for name in draft.fields)


class Writes:
    """The updates of a transaction, each remembered with the item that wants it."""

    def __init__(self) -> None:
        self._company: dict[str, list[tuple[UpdateOne, Item]]] = defaultdict(list)
        self._controls: list[UpdateOne] = []
        self.past_controls = False
        """Whether it got as far as the company's documents the last time."""

    def add(self, item: Item, drafts: Drafts) -> None:
        """An item's changes to the company's documents."""
        for (collection, _), draft in drafts.made.items():
            if draft.sets or draft.unsets:
                self._company[collection].append((draft.update(), item))

    def control(self, update: UpdateOne) -> None:
        """A change of one control document."""
        self._controls.append(update)

    async def write(self, tx: Transaction) -> None:
        """All of it: `Moved` where something matched nothing, `ItemRefused` by the database."""
        # Control documents first: two workers with the same subject meet there, before they have
        # locked what an application may be waiting for.
        self.past_controls = False
        try:
            if self._controls:
                await self._write(tx, COLLECTION, self._controls)
        except BulkWriteError as error:
            if is_conflict(error):
                raise
            raise Raced from error
        self.past_controls = True
        for collection, updates in sorted(self._company.items()):
            try:
                await self._write(tx, collection, [update for update, _ in updates])
            except BulkWriteError as error:
                if is_conflict(error):
                    raise
                raise ItemRefused(updates[refused_index(error)][1]) from error

    @staticmethod
    async def _write(tx: Transaction, collection: str, updates: Sequence[UpdateOne]) -> None:
        result = await tx.write(collection, updates)
        if result.matched_count + result.upserted_count != len(updates):
            raise Moved


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be written, and what it comes to once it has committed.

    Every update compares what it replaces, so the same plan may be tried in another transaction.
    """

    results: dict[int, SubjectResult]
    writes: Writes
