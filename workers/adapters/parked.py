"""Parked messages: what can never be handled as it is, kept sealed, with its reasons and origin.

The body is sealed under a key of its own; a proof's or withdrawal's code is not kept at all, also
where a channel had sealed it, or published it as something else. A very large body is kept in
parts, since nothing that a publisher was confirmed may be lost.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import Binary
from pymongo import ASCENDING, IndexModel

from schemas.errors import DsrError, NotFound, Reason
from schemas.parking import keepable
from workers.adapters.mongo import Database, ensure_indexes, reaching
from workers.adapters.vault import Vault
from workers.ports import Envelope, IntakeOpener

PART = 4 * 1024 * 1024
ATTENTION = timedelta(days=3)
"""A parked message is somebody's request: waiting for longer than that is an offence."""
_SETTLED = {"settled_by": "", "settled_reason": "", "settled_at": ""}
INDEXES = [
    IndexModel([("status", ASCENDING), ("parked_at", ASCENDING)], name="status"),
    IndexModel([("due", ASCENDING)], name="due"),
]


class ParkedMessages:
    """The collection `parked` and its parts."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        opener: IntakeOpener,
        naming: bytes,
        now: Callable[[], datetime],
    ) -> None:
        """`naming` is a key: without it an id would tell who tries all codes which one it was.

        `now` is the database's time (D6).
        """
        self._parked = db["parked"]
        self._parts = db["parked_parts"]
        self._vault = vault
        self._opener = opener
        self._naming = naming
        self._now = now

    async def init(self, *, plan: bool = False) -> list[str]:
        """Declare the indexes; returns those that were missing."""
        return await ensure_indexes(self._parked, INDEXES, plan=plan)

    async def park(self, envelope: Envelope, reasons: Sequence[Reason]) -> None:
        """One majority write before the ack; the same message parks once.

        One that was retried and is refused again is listed again; one that was dropped is not.
        """
        parked_id = identity_of(envelope, self._naming)
        body = self._keepable(envelope)
        name = f"parked:{parked_id}"
        with reaching("MongoDB"):
            key = (await self._vault.data_keys([name], create=True))[name]
            parts = [body[n : n + PART] for n in range(0, len(body), PART)]
            for number, part in enumerate(parts):
                sealed = key.seal(part, ("parked", parked_id, str(number)))
                await self._parts.update_one(
                    {"_id": f"{parked_id}:{number}"},
                    {"$setOnInsert": {"sealed": Binary(sealed)}},
                    upsert=True,
                )
            document = _document(envelope, reasons, len(parts), self._now())
            await self._parked.update_one(
                {"_id": parked_id}, {"$setOnInsert": document, "$inc": {"times": 1}}, upsert=True
            )
            waits = {name: document[name] for name in ("status", "parked_at", "due", "reasons")}
            await self._parked.update_one(
                {"_id": parked_id, "status": "retried"}, {"$set": waits, "$unset": _SETTLED}
            )

    async def list(self, status: str = "parked", limit: int = 200) -> list[dict[str, Any]]:
        """The oldest first; no bodies."""
        with reaching("MongoDB"):
            cursor = self._parked.find({"status": status}).sort("parked_at", 1)
            return await cursor.to_list(limit)

    async def overdue(self) -> int:
        """How many have waited for longer than they may."""
        with reaching("MongoDB"):
            return await self._parked.count_documents(
                {"status": "parked", "due": {"$lt": self._now()}}
            )

    async def body(self, parked_id: str) -> bytes:
        """The message as it came (without codes), opened."""
        document = await self._one(parked_id)
        name = f"parked:{parked_id}"
        with reaching("MongoDB"):
            keys = await self._vault.data_keys([name])
            if name not in keys:
                raise NotFound("the body of this parked message was destroyed with its key")
            opened = b""
            for number in range(document["parts"]):
                part = await self._parts.find_one({"_id": f"{parked_id}:{number}"})
                if part is None:
                    raise NotFound("a part of this parked message is missing")
                opened += keys[name].open(part["sealed"], ("parked", parked_id, str(number)))
        return opened

    async def waiting(self, parked_id: str) -> Mapping[str, Any]:
        """One that is parked now: its `origin`, and how many `times` it was parked."""
        document = await self._one(parked_id)
        if document["status"] != "parked":
            raise NotFound(f"{parked_id} is {document['status']} already; see `dsr dead list`")
        return document

    async def seen(self, parked_id: str, by: str) -> None:
        """Record that somebody looks at the body, which may hold anybody's words."""
        look = {"by": {"$literal": by}, "at": "$$NOW"}
        looks = {"$concatArrays": [{"$ifNull": ["$seen", []]}, [look]]}
        with reaching("MongoDB"):
            done = await self._parked.update_one({"_id": parked_id}, [{"$set": {"seen": looks}}])
        if not done.matched_count:
            raise NotFound(f"no parked message {parked_id}; see `dsr dead list`")

    async def retried(self, parked_id: str, by: str, times: int) -> None:
        """Record that it was published again, unless it has been parked once more since then."""
        await self._settle({"_id": parked_id, "times": times}, "retried", by, "retried by hand")

    async def drop(self, parked_id: str, by: str, reason: str) -> None:
        """Record that nothing is to be done, by whose decision and why; only of a parked one."""
        if not await self._settle({"_id": parked_id}, "dropped", by, reason):
            raise NotFound(f"no parked message {parked_id}; see `dsr dead list`")

    def _keepable(self, envelope: Envelope) -> bytes:
        """The body without codes; one that was sealed stays so where there is none in it.

        What nobody here can open is kept, unless it came as a proof: it may be somebody's request.
        """
        word, body = envelope.routing_key.partition(".")[0], envelope.body
        try:
            opened = self._opener.unseal(body)
        except DsrError:
            return keepable(body, word)
        kept = keepable(opened, word)
        return body if kept == opened else kept

    async def _settle(self, which: dict[str, Any], status: str, by: str, reason: str) -> bool:
        with reaching("MongoDB"):
            result = await self._parked.update_one(
                {**which, "status": "parked"},
                {
                    "$set": {"status": status, "settled_by": by, "settled_reason": reason},
                    "$currentDate": {"settled_at": True},
                    "$unset": {"due": ""},
                },
            )
        return bool(result.matched_count)

    async def _one(self, parked_id: str) -> dict[str, Any]:
        with reaching("MongoDB"):
            found = await self._parked.find_one({"_id": parked_id})
        if found is None:
            raise NotFound(f"no parked message {parked_id}; see `dsr dead list`")
        return found


def identity_of(envelope: Envelope, naming: bytes) -> str:
    """The same bytes by the same way are one parked message, however often they are delivered."""
    digest = hmac.new(naming, digestmod="sha256")
    for part in (envelope.exchange, envelope.routing_key, envelope.message_id or ""):
        digest.update(part.encode() + b"\0")
    digest.update(envelope.body)
    return digest.hexdigest()[:24]


def _document(
    envelope: Envelope, reasons: Sequence[Reason], parts: int, now: datetime
) -> dict[str, Any]:
    return {
        "status": "parked",
        "parked_at": now,
        "due": now + ATTENTION,
        "reasons": [{"path": reason.path, "reason": reason.reason} for reason in reasons],
        "origin": {
            "queue": envelope.queue,
            "exchange": envelope.exchange,
            "routing_key": envelope.routing_key[:255],
            "message_id": envelope.message_id,
            "content_type": envelope.content_type,
            "size": len(envelope.body),
            **({"headers": dict(envelope.headers)} if envelope.headers else {}),
        },
        "parts": parts,
    }
