"""The store of requests: compare and set, unique locks and tracking codes, documents."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from schemas.lifecycle import Advance, Debtor, Status
from schemas.request import Request, to_document
from tests.fakes.faults import Clock, Faults
from workers.ports import Committed, WaitingNotice


class MemoryRequests:
    """The store of requests."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults
        self.documents: dict[str, dict[str, Any]] = {}
        self.commits = 0

    def now(self) -> datetime:
        return self._clock.now

    async def sync(self) -> None:
        self._faults.point("requests.sync")

    async def load(self, ids: Iterable[str]) -> dict[str, Request]:
        wanted = set(ids)
        await self._faults.call("requests.load")
        return {i: _request(self.documents[i]) for i in wanted if i in self.documents}

    async def load_by_tracking(self, codes: Iterable[str]) -> dict[str, Request]:
        wanted = set(codes)
        await self._faults.call("requests.load")
        found = [d for d in self.documents.values() if d["tracking"] in wanted]
        return {document["tracking"]: _request(document) for document in found}

    async def load_by_notice(self, notice: str) -> Request | None:
        await self._faults.call("requests.load")
        found = [d for d in self.documents.values() if notice in d["notice_ids"]]
        return _request(found[0]) if found else None

    async def commit(self, advances: Sequence[Advance]) -> list[Committed]:
        if not advances:
            return []
        await self._faults.call("requests.commit before")
        stamp = uuid4().hex
        fates = [Committed(self._write(advance, stamp), stamp) for advance in advances]
        self.commits += 1
        self._faults.point("requests.commit after")
        return fates

    def _write(self, advance: Advance, stamp: str) -> Any:
        request_id = advance.request.id
        old = self.documents.get(request_id)
        if advance.before and (old is None or old["version"] != advance.before):
            return "moved"
        if advance.before == 0:
            new = {**to_document(advance.request), "history": [], "outbox": []}
        else:
            assert old is not None
            new = {**old, **to_document(advance.request, tuple(advance.changed))}
        others = [d for i, d in self.documents.items() if i != request_id]
        taken = {lock for document in others for lock in document["sending"]}
        tracked = {document["tracking"] for document in others}
        used = {document["jti"] for document in others} - {None}
        if new["jti"] in used:
            return "locked"
        if (advance.before == 0 and old) or taken & {*new["sending"]} or new["tracking"] in tracked:
            return "locked"
        new["stamp"] = stamp
        new["history"] = [*new["history"], *(entry.model_dump() for entry in advance.entries)]
        new["outbox"] = [
            *([] if advance.paid_before else new["outbox"]),
            *({**owed.model_dump(), "group": stamp} for owed in advance.owes),
        ]
        self.documents[request_id] = _copied(new)
        return "stands"

    async def strike(self, ids: Iterable[str], stamps: Iterable[str]) -> None:
        await self._faults.call("requests.strike before")
        for request_id in ids:
            document = self.documents[request_id]
            document["outbox"] = [out for out in document["outbox"] if out["group"] not in stamps]
        self._faults.point("requests.strike after")

    async def due(self, limit: int) -> list[str]:
        await self._faults.call("requests.due")
        due = [
            document
            for document in self.documents.values()
            if document["next_due"] is not None and document["next_due"] <= self._clock.now
        ]
        due.sort(key=lambda document: document["next_due"])
        return [document["_id"] for document in due[:limit]]

    async def owing(self, older_than: timedelta, limit: int, skip: int) -> list[Debtor]:
        await self._faults.call("requests.owing")
        before = self._clock.now - older_than
        owing = [
            document
            for document in self.documents.values()
            if any(out["at"] < before for out in document["outbox"])
        ]
        owing.sort(key=lambda document: min(out["at"] for out in document["outbox"]))
        return [Debtor.model_validate(_copied(d)) for d in owing[skip : skip + limit]]

    async def challenges_since(self, subject: str, since: datetime) -> int:
        return await self._sent("challenges", subject, since)

    async def digests_since(self, subject: str, since: datetime) -> int:
        return await self._sent("digests", subject, since)

    async def confirmations_since(self, subject: str, since: datetime) -> int:
        return await self._sent("confirmations", subject, since)

    async def asked_since(self, sender: str, since: datetime) -> int:
        await self._faults.call("requests.asked")
        return sum(
            document["sender"] == sender and document["created_at"] >= since
            for document in self.documents.values()
        )

    async def open_like(self, likeness: str) -> str | None:
        await self._faults.call("requests.like")
        found = [
            document
            for document in self.documents.values()
            if document["likeness"] == likeness
            and not Status(document["status"]).final
            and document["status"] != "applied"
        ]
        found.sort(key=lambda document: document["created_at"])
        return found[0]["tracking"] if found else None

    async def waiting_notices(self, subject: str) -> list[WaitingNotice]:
        await self._faults.call("requests.waiting")
        requests = [_request(d) for d in self.documents.values() if d["subject"] == subject]
        return [
            WaitingNotice(request.id, request.created_at, name, notice)
            for request in requests
            if request.kind == "correction"
            for name, notice in request.notices.items()
            if notice.status == "pending"
        ]

    async def escalated_since(self, recipient: str, since: datetime, but: str) -> bool:
        await self._faults.call("requests.escalated")
        return any(
            told.recipient == recipient and told.at >= since
            for document in self.documents.values()
            if document["_id"] != but
            for told in _request(document).escalations
        )

    async def status_of(self, tracking: str) -> Status | None:
        await self._faults.call("requests.status")
        found = [d["status"] for d in self.documents.values() if d["tracking"] == tracking]
        return Status(found[0]) if found else None

    async def _sent(self, name: str, subject: str, since: datetime) -> int:
        await self._faults.call(f"requests.{name}")
        return sum(
            at >= since
            for document in self.documents.values()
            if document["subject"] == subject
            for at in document[name]
        )


def _request(document: Mapping[str, Any]) -> Request:
    kept = {name: v for name, v in document.items() if name != "history"}
    return Request.model_validate(_copied(kept))


def _copied(document: dict[str, Any]) -> dict[str, Any]:
    """What nobody else can change; `deepcopy` would take half of the time of all crash tests."""
    copied: dict[str, Any] = pickle.loads(pickle.dumps(document))  # noqa: S301 - our own
    return copied
