"""The durable writes of deletions: what goes, what is kept, and the proof of both."""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import bson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo import InsertOne, UpdateOne

from tests.benchmarks.floor.store import WRAPPED, Document, Store

GONE = ("deliveries", "orders", "ledger")
KEPT, CHANGED = "orders", "posts"
_COLLECTIONS = (*GONE, CHANGED)
_KEY, _NONCE = 32, 12
_KEEP_FOR = timedelta(days=5 * 365)


class ErasingStore(Store):
    """The databases of one run, the archive, and the ledger of tombstones."""

    def __init__(self, url: str, db: str, ledger: Path) -> None:
        super().__init__(url, db)
        self._archive = self.database(f"{db}_archive")
        self._ledger = ledger

    async def init(self) -> None:
        """Also what an archive is found by."""
        await super().init()
        await self._archive["documents"].create_index("destroy_after")
        await self._archive["documents"].create_index([("pseudonym", 1), ("basis", 1)])
        # No transaction may have to make it.
        await self._archive.create_collection("holdings")

    async def erase(self, requests: Sequence[Document]) -> None:
        """All that the workers do for a group of small subjects, in their order."""
        keys = [int(r["subject"]) for r in requests]
        found = await self._found(keys)
        now = datetime.now(UTC)
        await self._freeze(requests, found, now)
        await self._keep(requests, found[KEPT], now)
        await self._delete(keys, found)
        await self._keys.delete_many(
            {"_id": {"$in": [f"subject:member:{r['subject']}" for r in requests]}}
        )
        left = await asyncio.gather(*(self._left(name, keys) for name in _COLLECTIONS))
        assert not any(left), "nobody else writes here"
        await self._finish(requests)

    async def _found(self, keys: Sequence[int]) -> dict[str, list[Document]]:
        """Of what is kept the documents, of all else the `_id`, per collection."""
        query = {"member_id": {"$in": keys}}
        cursors = {
            name: self._company[name].find(query, None if name == KEPT else {"_id": 1})
            for name in _COLLECTIONS
        }
        lists = await asyncio.gather(*(cursor.to_list(None) for cursor in cursors.values()))
        return dict(zip(cursors, lists, strict=True))

    async def _freeze(
        self, requests: Sequence[Document], found: dict[str, list[Document]], now: datetime
    ) -> None:
        """The control documents name the batch; then the markers, then one line each, synced."""
        each = {name: [d["_id"] for d in all_] for name, all_ in found.items()}
        parts = {name: len(ids) // len(requests) for name, ids in each.items()}
        control = []
        for at, r in enumerate(requests):
            batch = [
                [name, ids[at * parts[name] : (at + 1) * parts[name]]] for name, ids in each.items()
            ]
            counts = [[name, {"deleted": n}] for name, n in parts.items()]
            told = {"request": r["_id"], "began": now, "batch": batch, "counts": counts}
            sets = {"deletion": told, f"slots.{r['_id']}": {"kind": "erase", "at": now, "seq": 0}}
            control.append(
                UpdateOne({"_id": f"member:{r['subject']}"}, {"$set": sets, "$inc": {"version": 1}})
            )
        await self._company["dsr_subjects"].bulk_write(control, ordered=False)
        entries = [
            {"pseudonym": r["subject"], "subject_type": "member", "request": r["_id"]}
            for r in requests
        ]
        markers = [
            InsertOne({**entry, "_id": entry["request"], "at": now, "done": False})
            for entry in entries
        ]
        await self._company["dsr_tombstones"].bulk_write(markers, ordered=False)
        lines = b"".join(json.dumps(e | {"at": now.isoformat()}).encode() + b"\n" for e in entries)
        await asyncio.to_thread(self._append, lines)

    def _append(self, lines: bytes) -> None:
        descriptor = os.open(self._ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, lines)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    async def _keep(
        self, requests: Sequence[Document], kept: Sequence[Document], now: datetime
    ) -> None:
        """A key per person, its holding and its documents, each sealed; one transaction."""
        owners: dict[int, list[Document]] = defaultdict(list)
        for document in kept:
            owners[document["member_id"]].append(document)
        holdings, keys, documents = [], [], []
        for r in requests:
            name = f"archive:{r['subject']}:contract:{uuid4().hex[:16]}"
            id_ = {"pseudonym": r["subject"], "basis": "contract"}
            holdings.append(InsertOne({"_id": id_, "key": name}))
            keys.append({"_id": name, "epoch": 1, "wrapped": os.urandom(WRAPPED)})
            cipher = AESGCM(os.urandom(_KEY))
            documents += [
                _sealed(r, document, cipher, now) for document in owners[int(r["subject"])]
            ]
        await self._keys.insert_many(keys, ordered=False)
        async with await self._client.start_session() as session, session.start_transaction():
            await self._archive["holdings"].bulk_write(holdings, ordered=False, session=session)
            await self._archive["documents"].bulk_write(documents, ordered=False, session=session)

    async def _delete(self, keys: Sequence[int], found: dict[str, list[Document]]) -> None:
        """By `_id`; the home last."""
        nameless = {"$set": {"member_id": 0, "author": "탈퇴한 회원"}}
        changes = [UpdateOne({"_id": each["_id"]}, nameless) for each in found[CHANGED]]
        await asyncio.gather(
            *(
                self._company[name].delete_many({"_id": {"$in": [e["_id"] for e in found[name]]}})
                for name in GONE
            ),
            self._company[CHANGED].bulk_write(changes, ordered=False),
        )
        await self._company["members"].delete_many({"_id": {"$in": list(keys)}})

    async def _left(self, name: str, keys: Sequence[int]) -> int:
        there: int = await self._company[name].count_documents({"member_id": {"$in": list(keys)}})
        return there

    async def _finish(self, requests: Sequence[Document]) -> None:
        """The markers tell what was done, and the control documents go."""
        counts = [{"collection": name, "deleted": 1} for name in (*_COLLECTIONS, "members")]
        done = {"$set": {"done": True, "summary": {"counts": counts, "rescans": 1}}}
        await self._company["dsr_tombstones"].bulk_write(
            [UpdateOne({"_id": r["_id"]}, done) for r in requests], ordered=False
        )
        await self._company["dsr_subjects"].delete_many(
            {"_id": {"$in": [f"member:{r['subject']}" for r in requests]}}
        )


def _sealed(request: Document, document: Document, cipher: AESGCM, now: datetime) -> Any:
    nonce = os.urandom(_NONCE)
    return InsertOne(
        {
            "_id": uuid4().hex,
            "pseudonym": request["subject"],
            "basis": "contract",
            "collection": KEPT,
            "destroy_after": document["paid_at"] + _KEEP_FOR,
            "request": request["_id"],
            "sealed": nonce + cipher.encrypt(nonce, bson.encode(document), None),
            "kept_at": now,
        }
    )
