"""Deletions because a purpose ended, from the first step to the certificate.

A row of `expiries` is made before anything is deleted and goes once the certificate is kept: by it
the next sweep finds what a crash left. The subject's key is not in it; until the deletion is done
it stands in the subject's control document.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo import UpdateOne

from schemas.datamap import DataMap
from schemas.destruction import Destroyed, certificate_of
from schemas.evidence import CollectionCount, DestructionCertificate, ErasureSummary
from workers.adapters.mongo import Database, reaching
from workers.adapters.retention.tally import Tally
from workers.ports import Evidence
from workers.ports.retention import Swept

PAGE: Final = 50
_HERE: Final = "MongoDB"


@dataclass(frozen=True, slots=True)
class Expiry:
    """One person's purpose that ended, without the person."""

    request: str
    rule: str
    subject_type: str
    pseudonym: str
    since: datetime | None = None
    """Not kept: it is for the report of the sweep that began it."""


class Expiries:
    """The collections `expiries` and `certificates`."""

    def __init__(self, ours: Database, datamap: DataMap, evidence: Evidence) -> None:
        self._expiries = ours["expiries"]
        self._certificates = ours["certificates"]
        self._datamap = datamap
        self._evidence = evidence

    async def begin(self, expiries: Sequence[Expiry], now: datetime) -> None:
        """Write them down; one that is there already stays."""
        rows = [
            UpdateOne(
                {"_id": one.request},
                {
                    "$setOnInsert": {
                        "rule": one.rule,
                        "subject_type": one.subject_type,
                        "pseudonym": one.pseudonym,
                        "at": now,
                    }
                },
                upsert=True,
            )
            for one in expiries
        ]
        with reaching(_HERE):
            await self._expiries.bulk_write(rows, ordered=False)

    async def begun(self) -> AsyncIterator[list[Expiry]]:
        """Those without certificate, so many at a time."""
        last = ""
        while True:
            with reaching(_HERE):
                cursor = self._expiries.find({"_id": {"$gt": last}}).sort("_id", 1)
                rows = await cursor.to_list(PAGE)
            if not rows:
                return
            last = rows[-1]["_id"]
            yield [
                Expiry(row["_id"], row["rule"], row["subject_type"], row["pseudonym"])
                for row in rows
            ]

    async def forget(
        self, requests: Iterable[str], *, begun_before: datetime | None = None
    ) -> None:
        """Nothing is to be finished of them."""
        query: dict[str, Any] = {"_id": {"$in": list(requests)}}
        if begun_before is not None:
            query["at"] = {"$lt": begun_before}
        with reaching(_HERE):
            await self._expiries.delete_many(query)

    async def certify(self, done: Mapping[Expiry, ErasureSummary], tally: Tally) -> None:
        """Keep a certificate of each; who keeps it first counts it."""
        if not done:
            return
        expiries = list(done)
        rows = [
            UpdateOne(
                {"_id": one.request},
                {"$setOnInsert": {"certificate": self._signed(one, done[one], tally.now)}},
                upsert=True,
            )
            for one in expiries
        ]
        with reaching(_HERE):
            result = await self._certificates.bulk_write(rows, ordered=False)
        ours = [expiries[number] for number in result.upserted_ids or {}]
        swept = [line for one in ours for line in self._lines(one, done[one])]
        await tally.add(swept, keys=sum(done[one].keys_destroyed for one in ours))
        await self.forget(one.request for one in expiries)

    async def shred(self, now: datetime) -> None:
        """The second moment of those whose key epoch is gone: no backup opens them any more."""
        query = {"certificate.shredded_at": None}
        with reaching(_HERE):
            epochs = await self._certificates.distinct("certificate.key_epoch", query)
        gone = [epoch for epoch in epochs if await self._evidence.is_destroyed(epoch)]
        with reaching(_HERE):
            found = self._certificates.find({**query, "certificate.key_epoch": {"$in": gone}})
            async for row in found:
                kept = DestructionCertificate.model_validate(row["certificate"])
                signed = self._evidence.sign(kept.shredded(now))
                await self._certificates.update_one(
                    {"_id": row["_id"], "certificate.revision": kept.revision},
                    {"$set": {"certificate": signed}},
                )

    def _signed(self, one: Expiry, summary: ErasureSummary, now: datetime) -> dict[str, Any]:
        destroyed = Destroyed(
            id=one.request,
            # Nobody asked for it, so nobody was given a code: it is filed under its own id.
            tracking=one.request,
            subject=one.pseudonym,
            subject_type=one.subject_type,
        )
        certificate = certificate_of(
            destroyed,
            summary,
            self._datamap,
            version=self._evidence.datamap,
            key_epoch=self._evidence.current_epoch(),
            at=now,
        )
        return self._evidence.sign(certificate)

    def _lines(self, one: Expiry, summary: ErasureSummary) -> list[Swept]:
        home = self._datamap.subjects[one.subject_type].home
        return [
            _line(one, count, one.since if count.collection == home else None)
            for count in summary.counts
        ]


def _line(one: Expiry, count: CollectionCount, since: datetime | None) -> Swept:
    return Swept(
        what="subject",
        name=one.rule,
        collection=count.collection,
        documents=count.deleted + count.archived,
        archived=count.archived,
        changed=count.anonymised + count.changed,
        oldest=since,
    )
