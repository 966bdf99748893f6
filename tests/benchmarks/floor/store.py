"""The durable writes, one for one those of the workers, on documents of the same shape and size."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import IndexModel, InsertOne, UpdateOne
from pymongo.write_concern import WriteConcern

Document = dict[str, Any]

INDEXES = [
    IndexModel("tracking", unique=True),
    IndexModel("next_due"),
    IndexModel("outbox.at"),
    IndexModel("notice_ids"),
    IndexModel([("subject", 1), ("challenges", 1)]),
    IndexModel([("status", 1), ("created_at", 1)]),
    IndexModel([("sender", 1), ("created_at", 1)]),
    IndexModel([("likeness", 1), ("created_at", 1)]),
    IndexModel("jti", unique=True, partialFilterExpression={"jti": {"$type": "string"}}),
    IndexModel("tasks", partialFilterExpression={"tasks.0": {"$exists": True}}),
    IndexModel("sending", unique=True, partialFilterExpression={"sending.0": {"$exists": True}}),
]
"""Those that the workers' own promises need: relay, clock, locks, the desk's lists, duplicates and
floods told from requests, tokens that prove once."""

COPIES = ("deliveries", "newsletter", "orders")
WRAPPED = 61
_SEALED_MORE = 29
_TIMEOUT = timedelta(seconds=120)
_NOT_LOADED = {"history": 0, "outbox": 0}


@dataclass(frozen=True, slots=True)
class Move:
    """One transition: what it sets, the steps it closes and opens, and what it owes."""

    request: Document
    what: str
    sets: Document = field(default_factory=dict)
    to: str | None = None
    closes: Sequence[str] = ()
    opens: Sequence[str] = ()
    owes: Sequence[str] = ()


class Store:
    """The three databases of one run."""

    def __init__(self, url: str, db: str) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url, timeoutMS=10_000, tz_aware=True
        )
        options: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
        majority = WriteConcern(w="majority")

        def database(name: str) -> Any:
            return self._client.get_database(name, codec_options=options, write_concern=majority)

        self.database = database
        self._requests = database(db)["requests"]
        self._loose = self._requests.with_options(write_concern=WriteConcern(w=1))
        self._keys = database(f"{db}_keys")["keys"]
        self._company = database(f"{db}_company")

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    async def init(self) -> None:
        """The indexes, and the collection that no transaction may have to make."""
        await self._requests.create_indexes(INDEXES)
        await self._company.create_collection("dsr_subjects")

    async def insert(self, submissions: Iterable[str]) -> tuple[list[str], str]:
        """A wrapped key and a request for each; returns their ids and the stamp of their debts."""
        stamp = uuid4().hex
        requests = [_request(body, stamp) for body in submissions]
        ids = [request["_id"] for request in requests]
        keys = [
            {"_id": f"request:{each}", "epoch": 1, "wrapped": os.urandom(WRAPPED)} for each in ids
        ]
        await self._keys.insert_many(keys, ordered=False)
        await self._requests.bulk_write([InsertOne(r) for r in requests], ordered=False)
        return ids, stamp

    async def read(self, path: str, values: Sequence[str]) -> list[Document]:
        """The requests, without their growing lists."""
        query = {path: {"$in": list(values)}}
        found: list[Document] = await self._requests.find(query, _NOT_LOADED).to_list(None)
        assert len(found) == len(values), "every item names a request"
        return found

    async def commit(self, moves: Sequence[Move]) -> str:
        """One conditional update each; all must match. Returns the stamp of what they owe."""
        stamp = uuid4().hex
        now = datetime.now(UTC)
        writes = [_update(move, stamp, now) for move in moves]
        result = await self._requests.bulk_write(writes, ordered=False)
        assert result.matched_count == len(moves), "nobody else moves a request here"
        return stamp

    async def strike(self, ids: Sequence[str], stamp: str) -> None:
        """What was published is owed no more."""
        await self._loose.update_many(
            {"_id": {"$in": list(ids)}}, {"$pull": {"outbox": {"group": stamp}}}
        )

    async def people(self, emails: Sequence[str]) -> dict[str, Document]:
        """The members with these addresses."""
        cursor = self._company["members"].find({"email": {"$in": list(emails)}}, {"email": 1})
        return {member["email"]: member async for member in cursor}

    async def restrict(self, requests: Sequence[Document]) -> None:
        """The control documents, in one transaction."""
        writes = [
            UpdateOne(
                {"_id": f"member:{r['subject']}"},
                {"$addToSet": {"restrictions.home_address": r["_id"]}, "$inc": {"version": 1}},
                upsert=True,
            )
            for r in requests
        ]
        async with await self._client.start_session() as session, session.start_transaction():
            await self._company["dsr_subjects"].bulk_write(writes, ordered=False, session=session)

    async def correct(self, requests: Sequence[Document]) -> None:
        """Home document, three copies and control document, in one transaction."""
        home, copies, control = [], [], []
        for r in requests:
            value, key = submission(r)["changes"][0]["value"], int(r["subject"])
            home.append(UpdateOne({"_id": key}, {"$set": {"home_address": value}}))
            copies.append(UpdateOne({"member_id": key}, {"$set": {"address": value}}))
            control.append(
                UpdateOne(
                    {"_id": f"member:{r['subject']}"},
                    {
                        "$pull": {"restrictions.home_address": r["_id"]},
                        "$set": {f"slots.{r['_id']}": {"effect": "correct", "places": 4}},
                        "$inc": {"version": 1, "seq": 1},
                    },
                )
            )
        async with await self._client.start_session() as session, session.start_transaction():
            await self._company["members"].bulk_write(home, ordered=False, session=session)
            for name in COPIES:
                await self._company[name].bulk_write(copies, ordered=False, session=session)
            await self._company["dsr_subjects"].bulk_write(control, ordered=False, session=session)


def submission(request: Document) -> Any:
    """What the request was made of."""
    return json.loads(request["sealed"][_SEALED_MORE:])


def _request(body: str, stamp: str) -> Document:
    told = json.loads(body)
    now = datetime.now(UTC)
    return {
        "_id": told["submission_id"],
        "schema": "floor.request/1",
        "version": 1,
        "tracking": f"DSR-{uuid4().hex[:12].upper()}",
        "kind": told["kind"],
        "channel": told["channel"],
        "relation": "self",
        "language": told["language"],
        "status": "received",
        "digest": uuid4().hex * 2,
        "likeness": uuid4().hex * 2,
        "sender": uuid4().hex * 2,
        "loud": False,
        "fields": ["home_address"],
        "subject": None,
        "subject_type": None,
        "sealed": bytes(_SEALED_MORE) + body.encode(),
        "received_at": now,
        "deadline": now,
        "profile": "korea",
        "target": now,
        "created_at": now,
        "updated_at": now,
        "challenge": None,
        "challenges": [],
        "proof": None,
        "applied_at": None,
        "results": {},
        "notices": {},
        "sending": [],
        "notice_ids": [],
        "mails": {},
        "steps": {"challenge": _step(now), "deadline": _step(now)},
        "next_due": now + _TIMEOUT,
        "stamp": stamp,
        "history": [_entry("registered", 1, "received", now)],
        "outbox": _debts(("challenge", "request.received"), stamp, now),
    }


def _update(move: Move, stamp: str, now: datetime) -> UpdateOne:
    request = move.request
    status = move.to or request["status"]
    version = request["version"] + 1
    steps = {name: step for name, step in request["steps"].items() if name not in move.closes}
    steps |= {name: _step(now) for name in move.opens}
    sets = {
        **move.sets,
        "status": status,
        "version": version,
        "steps": steps,
        "next_due": min((step["due"] for step in steps.values()), default=None),
        "updated_at": now,
        "stamp": stamp,
    }
    push: Document = {"history": _entry(move.what, version, status, now)}
    if move.owes:
        push["outbox"] = {"$each": _debts(move.owes, stamp, now)}
    before = {"_id": request["_id"], "version": request["version"]}
    request |= sets
    return UpdateOne(before, {"$set": sets, "$push": push})


def _step(now: datetime) -> Document:
    return {"due": now + _TIMEOUT, "attempts": 0, "sends": 0, "crashes": 0, "error": None}


def _entry(what: str, version: int, status: str, now: datetime) -> Document:
    return {"at": now, "version": version, "what": what, "by": "floor", "status": status}


def _debts(names: Sequence[str], stamp: str, now: datetime) -> list[Document]:
    return [{"kind": "work", "name": name, "at": now, "group": stamp} for name in names]
