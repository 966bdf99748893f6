"""What a stage asks about other requests; what a group asks together is one query (D8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.lifecycle import Status
from schemas.notice import Notice, NoticeStatus
from workers.adapters.coalesce import Coalesced
from workers.adapters.mongo import Collection, reaching
from workers.ports import WaitingNotice

UNTOUCHED = [status for status in Status if not status.final and status is not Status.APPLIED]
"""Where nothing was done for a request yet."""


class RequestCounts:
    """Reads over many requests."""

    def __init__(self, requests: Collection) -> None:
        """Of the collection of requests."""
        self._requests = requests
        self._sent = Coalesced(self._count_sent)
        self._asked = Coalesced(self._count_asked)
        self._like = Coalesced(self._find_like)
        self._standing = Coalesced(self._find_statuses)
        self._waiting = Coalesced(self._find_waiting)

    async def challenges_since(self, subject: str, since: datetime) -> int:
        """How many challenges went to this person's contact since then, over all requests."""
        return await self._sent.load(("challenges", subject, since))

    async def digests_since(self, subject: str, since: datetime) -> int:
        """How often this person was told since then that more requests wait."""
        return await self._sent.load(("digests", subject, since))

    async def confirmations_since(self, subject: str, since: datetime) -> int:
        """How many new addresses were written to since then for this person."""
        return await self._sent.load(("confirmations", subject, since))

    async def _count_sent(
        self, keys: Sequence[tuple[str, str, datetime]]
    ) -> Mapping[tuple[str, str, datetime], int]:
        oldest = min(since for _, _, since in keys)
        subjects = list({subject for _, subject, _ in keys})
        lists = sorted({name for name, _, _ in keys})
        sent: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        with reaching("MongoDB"):
            cursor = self._requests.find(
                {
                    "subject": {"$in": subjects},
                    "$or": [{name: {"$gte": oldest}} for name in lists],
                },
                {"subject": 1, **dict.fromkeys(lists, 1)},
            )
            async for document in cursor:
                for name in lists:
                    sent[name, document["subject"]] += document.get(name, ())
        return {
            (name, subject, since): sum(at >= since for at in sent[name, subject])
            for name, subject, since in keys
        }

    async def asked_since(self, sender: str, since: datetime) -> int:
        """How many requests this sender has made since then."""
        return await self._asked.load((sender, since))

    async def _count_asked(
        self, keys: Sequence[tuple[str, datetime]]
    ) -> Mapping[tuple[str, datetime], int]:
        oldest = min(since for _, since in keys)
        senders = list({sender for sender, _ in keys})
        asked: dict[str, list[datetime]] = defaultdict(list)
        query = {"sender": {"$in": senders}, "created_at": {"$gte": oldest}}
        with reaching("MongoDB"):
            found = self._requests.find(query, {"_id": 0, "sender": 1, "created_at": 1})
            async for document in found:
                asked[document["sender"]].append(document["created_at"])
        return {(sender, since): sum(at >= since for at in asked[sender]) for sender, since in keys}

    async def open_like(self, likeness: str) -> str | None:
        """Tracking code of the oldest request of this content that nothing was done for yet."""
        return await self._like.load(likeness)

    async def _find_like(self, keys: Sequence[str]) -> Mapping[str, str | None]:
        query = {"likeness": {"$in": list(keys)}, "status": {"$in": UNTOUCHED}}
        oldest: dict[str, str] = {}
        with reaching("MongoDB"):
            found = self._requests.find(query, {"_id": 0, "likeness": 1, "tracking": 1})
            async for document in found.sort("created_at", 1):
                oldest.setdefault(document["likeness"], document["tracking"])
        return {key: oldest.get(key) for key in keys}

    async def status_of(self, tracking: str) -> Status | None:
        """Where the request of this tracking code stands."""
        return await self._standing.load(tracking)

    async def _find_statuses(self, keys: Sequence[str]) -> Mapping[str, Status | None]:
        query = {"tracking": {"$in": list(keys)}}
        with reaching("MongoDB"):
            found = self._requests.find(query, {"_id": 0, "tracking": 1, "status": 1})
            standing = {d["tracking"]: Status(d["status"]) async for d in found}
        return {key: standing.get(key) for key in keys}

    async def waiting_notices(self, subject: str) -> Sequence[WaitingNotice]:
        """All notices of corrections about this person that wait to be told."""
        return await self._waiting.load(subject)

    async def _find_waiting(self, keys: Sequence[str]) -> Mapping[str, Sequence[WaitingNotice]]:
        query = {
            "subject": {"$in": list(keys)},
            "kind": "correction",
            "waits_for.0": {"$exists": True},
        }
        waiting: dict[str, list[WaitingNotice]] = {key: [] for key in keys}
        with reaching("MongoDB"):
            wanted = {"subject": 1, "created_at": 1, "notices": 1}
            async for document in self._requests.find(query, wanted):
                waiting[document["subject"]] += [
                    WaitingNotice(document["_id"], document["created_at"], name, notice)
                    for name, kept in document["notices"].items()
                    for notice in [Notice.model_validate(kept)]
                    if notice.status is NoticeStatus.PENDING
                ]
        return waiting

    async def escalated_since(self, recipient: str, since: datetime, but: str) -> bool:
        """Whether the department was told of this recipient since then, by another request."""
        told = {"$elemMatch": {"recipient": recipient, "at": {"$gte": since}}}
        query = {"escalations": told, "escalations.0": {"$exists": True}, "_id": {"$ne": but}}
        with reaching("MongoDB"):
            return await self._requests.find_one(query, {"_id": 1}) is not None
