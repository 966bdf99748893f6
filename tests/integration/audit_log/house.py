"""A log of its own on a real server, the requests that it is about, and who looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.audit_log import Checkpoint
from schemas.lifecycle import Advance, Entry, Status, Transition, advance
from schemas.request import FieldResult, Request
from tests.cast import datamap
from workers.adapters.audit_log import AuditLog, LogCheck, Notary, Pending
from workers.adapters.mongo import Database
from workers.adapters.request_store import RequestStore
from workers.adapters.signing import Signer
from workers.adapters.vault import KeyFolder

SIGNER: Final = Signer(KeyFolder(bytes(32), {1: b"\x01" * 32}))
WAY: Final = (Status.AWAITING_PROOF, Status.VERIFIED, Status.APPLIED, Status.COMPLETED)
LATER: Final = timedelta(minutes=2)
"""When whatever was committed has waited long enough."""
BATCH: Final = 100


class House:
    """Requests, the log, and a notary."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.requests = RequestStore(db)
        self.log = AuditLog(db)
        self.pending = Pending(db)
        self.check = LogCheck(self.log, self.pending, SIGNER.public_key)
        self.notary = Notary(self.log, self.pending, SIGNER, datamap().organisation.name)

    def another_notary(self) -> Notary:
        """One more, as in a second process."""
        return Notary(AuditLog(self.db), self.pending, SIGNER, datamap().organisation.name)

    async def init(self) -> None:
        await self.requests.init()
        await self.log.init()
        await self.requests.sync()

    def now(self) -> datetime:
        return self.requests.now()

    async def seal(self) -> int:
        """One round, when all is quiet."""
        return await self.notary.seal(self.now() + LATER, BATCH)

    async def register(self, name: str, **other: Any) -> Request:
        """A new one, committed as registration does."""
        now = self.now()
        request = Request.model_validate(
            {
                "_id": name,
                "tracking": f"DSR-{name}",
                "kind": "correction",
                "channel": "web",
                "language": "ko",
                "digest": "d",
                "sealed": b"s",
                "received_at": now,
                "deadline": now + timedelta(days=10),
                "created_at": now,
                "updated_at": now,
                **other,
            }
        )
        entry = Entry(at=now, version=1, what="registered", by="registration", status="received")
        await self._commit(Advance(0, request, frozenset(), (entry,), ()))
        return request

    async def move(self, request: Request, to: Status | None = None, **changes: Any) -> Request:
        """One transition further."""
        moved = Transition("moved", "test", to=to, changes=changes)
        step = advance(request, moved, self.now())
        await self._commit(step)
        return step.request

    async def complete(self, name: str, **other: Any) -> Request:
        """One that goes all the way."""
        request = await self.register(name, **other)
        results = {"hobbies": FieldResult(result="corrected", places=1)}
        for status in WAY:
            request = await self.move(request, status, results=results)
        return request

    async def receipt(self, request: Request) -> dict[str, Any] | None:
        """The newest that was issued."""
        return (await self.log.receipts([request.id])).get(request.id)

    async def marked(self) -> set[str]:
        """Requests that the notary has still to look at."""
        found = self.db["requests"].find({"unlogged": {"$exists": True}}, {"_id": 1})
        return {row["_id"] async for row in found}

    async def offences(self, kept: Checkpoint | None = None) -> list[str]:
        """What an audit says of the log."""
        found = self.check.offences(self.now(), kept)
        return [f"{one.request}: {one.what}" async for one in found]

    async def alter(self, collection: str, which: Mapping[str, Any], how: Any) -> None:
        """As whoever has a right to write behind our back."""
        result = await self.db[collection].update_one(which, how)
        assert result.modified_count == 1

    async def _commit(self, step: Advance) -> None:
        (done,) = await self.requests.commit([step])
        assert done.what == "stands"
