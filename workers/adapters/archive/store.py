"""Keeps documents, destroys them in time, and lets them be read by whoever says why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import uuid4

from pymongo import ASCENDING, IndexModel

from schemas.errors import KeyGone, NotAllowed, PutOff
from schemas.evidence import Kept
from workers.adapters.archive import sealed
from workers.adapters.archive.holdings import Holdings, Keys, Session, Whose, holding, together
from workers.adapters.mongo import Database, ensure_indexes, reaching, server_time
from workers.adapters.vault import KeyHolder
from workers.ports.archive import ArchiveItem

INDEXES: Final = [
    IndexModel([("destroy_after", ASCENDING)], name="destroy_after"),
    IndexModel([("pseudonym", ASCENDING), ("basis", ASCENDING)], name="pseudonym"),
]
READ_INDEXES: Final = [IndexModel([("pseudonym", ASCENDING), ("at", ASCENDING)], name="pseudonym")]

_HERE: Final = "the archive"
_TRIES: Final = 5
_TOGETHER: Final = 1_000
"""Documents in one transaction, unless one subject alone has more."""


@dataclass(frozen=True, slots=True)
class Due:
    """A document whose time is up, without its content."""

    id: str
    pseudonym: str
    basis: str
    collection: str
    request: str
    destroy_after: datetime


@dataclass(frozen=True, slots=True)
class Overdue:
    """How much has to be destroyed of one basis and collection; `oldest` is due the longest."""

    basis: str
    collection: str
    documents: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What a call of `destroy` came to."""

    documents: int
    keys: int


@dataclass(frozen=True, slots=True)
class Archived:
    """A document as it was; `document` is a raw BSON document, the same to the byte."""

    id: str
    collection: str
    document_id: Any
    document: Mapping[str, Any]
    kept_at: datetime
    destroy_after: datetime


class ArchiveStore:
    """The archive database, and the record of who read it in `ours`."""

    def __init__(self, db: Database, ours: Database, keys: Keys, holder: KeyHolder) -> None:
        self._db = db
        self._documents = db["documents"]
        self._holdings = Holdings(db, keys)
        self._reads = ours["archive_reads"]
        self._identity = holder.derive("archive document")

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the indexes; returns those that were missing."""
        changes = await ensure_indexes(self._documents, INDEXES, plan=plan)
        return changes + await ensure_indexes(self._reads, READ_INDEXES, plan=plan)

    async def keep(self, items: Sequence[ArchiveItem]) -> None:
        """Keep them durably; what is kept already for the same basis stays as it is.

        All or nothing for each subject and basis; those of a group share their round trips.
        """
        whose: dict[Whose, list[ArchiveItem]] = defaultdict(list)
        for item in items:
            whose[item.pseudonym, item.basis].append(item)
        with reaching(_HERE):
            for group in _groups(whose):
                await self._keep(group)

    async def _keep(self, waiting: Mapping[Whose, Sequence[ArchiveItem]]) -> None:
        now = await server_time(self._db)
        for _ in range(_TRIES):
            opened = await self._holdings.open(waiting)
            names = {each: name for each, (name, _) in opened.items()}
            rows = {
                each: [sealed.row_of(item, key, self._identity, now) for item in waiting[each]]
                for each, (_, key) in opened.items()
            }
            kept = await together(self._db, partial(self._write, names, rows))
            if gone := [name for each, name in names.items() if each not in kept]:
                await self._holdings.forsake(gone)
            waiting = {each: its for each, its in waiting.items() if each not in kept}
            if not waiting:
                return
        # Emptied each time while we sealed: it is being destroyed right now.
        raise PutOff("archive_busy")

    async def _write(
        self,
        names: Mapping[Whose, str],
        rows: Mapping[Whose, Sequence[dict[str, Any]]],
        session: Session,
    ) -> set[Whose]:
        kept = await self._holdings.take_part(names, session) if names else set[Whose]()
        # Whoever takes part in a holding is alone with it until this transaction ends.
        fresh = {row["_id"]: row for each in kept for row in rows[each]}
        there = self._documents.find({"_id": {"$in": list(fresh)}}, {"_id": 1}, session=session)
        async for row in there:
            del fresh[row["_id"]]
        if fresh:
            await self._documents.insert_many(fresh.values(), ordered=False, session=session)
        return kept

    async def due(self, now: datetime, limit: int) -> list[Due]:
        """What must be destroyed by now, the longest due first."""
        with reaching(_HERE):
            cursor = self._documents.find({"destroy_after": {"$lte": now}}, {"sealed": 0})
            rows = await cursor.sort("destroy_after", 1).to_list(limit)
        return [
            Due(
                id=row["_id"],
                pseudonym=row["pseudonym"],
                basis=row["basis"],
                collection=row["collection"],
                request=row["request"],
                destroy_after=row["destroy_after"],
            )
            for row in rows
        ]

    async def overdue(self, now: datetime) -> list[Overdue]:
        """All of what must be destroyed by now, counted."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"destroy_after": {"$lte": now}}},
            {
                "$group": {
                    "_id": {"basis": "$basis", "collection": "$collection"},
                    "documents": {"$sum": 1},
                    "oldest": {"$min": "$destroy_after"},
                }
            },
            {"$sort": {"_id.basis": 1, "_id.collection": 1}},
        ]
        with reaching(_HERE):
            rows = await self._documents.aggregate(pipeline).to_list(None)
        return [
            Overdue(**row["_id"], documents=row["documents"], oldest=row["oldest"]) for row in rows
        ]

    async def destroy(self, ids: Sequence[str]) -> Destroyed:
        """Destroy these documents, and the data key of each subject and basis that is then empty.

        Also finishes what a crash left: call it in every sweep, even with nothing due.
        """
        with reaching(_HERE):
            documents = await together(self._db, partial(self._remove, list(ids))) if ids else 0
            keys = await self._holdings.destroy_spent()
        return Destroyed(documents, keys)

    async def _remove(self, ids: list[str], session: Session) -> int:
        which = {"_id": {"$in": ids}}
        found = await self._documents.find(
            which, {"pseudonym": 1, "basis": 1}, session=session
        ).to_list(None)
        gone = await self._documents.delete_many(which, session=session)
        for whose in sorted({(row["pseudonym"], row["basis"]) for row in found}):
            rest = holding(whose)
            left = await self._documents.find_one(rest, {"_id": 1}, session=session)
            await self._holdings.leave(rest, empty=left is None, session=session)
        return int(gone.deleted_count)

    async def read(
        self, pseudonym: str, basis: str, actor: str, reason: str
    ) -> AsyncIterator[Archived]:
        """What is kept of a subject on one basis, one after the other.

        Before the first of them an entry says who reads, on which basis, why, when and how many.
        `NotAllowed` without actor, basis or reason; `KeyGone` where the key was destroyed.
        """
        if not all(said.strip() for said in (actor, basis, reason)):
            raise NotAllowed("Say who reads the archive, on which legal basis, and why.")
        which = holding((pseudonym, basis))
        with reaching(_HERE):
            number = await self._documents.count_documents(which)
            # Inserted, since nobody's database user may change what stands here.
            await self._reads.insert_one(
                {
                    "_id": str(uuid4()),
                    **which,
                    "actor": actor,
                    "reason": reason,
                    "documents": number,
                    "at": await server_time(self._db),
                }
            )
            key = await self._holdings.key(which)
            async for row in self._documents.find(which).sort("_id", 1):
                if key is None:
                    raise KeyGone("The key of what is kept here was destroyed; nothing opens it.")
                kept = sealed.opened(row, key)
                yield Archived(
                    id=row["_id"],
                    collection=row["collection"],
                    document_id=kept["id"],
                    document=kept["document"],
                    kept_at=row["kept_at"],
                    destroy_after=row["destroy_after"],
                )

    async def summary(self, pseudonym: str) -> tuple[Kept, ...]:
        """How much is kept of a subject, per collection and basis, and until when at the latest."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"pseudonym": pseudonym}},
            {
                "$group": {
                    "_id": {"collection": "$collection", "basis": "$basis"},
                    "documents": {"$sum": 1},
                    "until": {"$max": "$destroy_after"},
                }
            },
            {"$sort": {"_id.collection": 1, "_id.basis": 1}},
        ]
        with reaching(_HERE):
            rows = await self._documents.aggregate(pipeline).to_list(None)
        return tuple(
            Kept(**row["_id"], documents=row["documents"], until=row["until"]) for row in rows
        )


def _groups(
    whose: Mapping[Whose, list[ArchiveItem]],
) -> Iterator[dict[Whose, list[ArchiveItem]]]:
    """Whole holdings, in groups that one transaction can hold."""
    group: dict[Whose, list[ArchiveItem]] = {}
    number = 0
    # In one order for everybody, so that two keepers of the same wait for each other only once.
    for each, items in sorted(whose.items(), key=lambda one: one[0]):
        if group and number + len(items) > _TOGETHER:
            yield group
            group, number = {}, 0
        group[each] = items
        number += len(items)
    if group:
        yield group
