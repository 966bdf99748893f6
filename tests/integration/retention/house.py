"""A company, our databases and its archive, all real, and sweeps of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson

from schemas.datamap import DataMap
from schemas.lifecycle import Status
from schemas.request import Request, SubjectRef
from tests.fakes import (
    Faults,
    MemoryBroker,
    MemoryParked,
    MemorySubjects,
    NothingSealed,
    RecordingOutbound,
)
from tests.integration.subject_data.company import Company
from tests.login import Login
from tests.world import POLICY
from workers.adapters import mongo
from workers.adapters.archive import Archived, ArchiveStore
from workers.adapters.erasure import Erasure
from workers.adapters.evidence import Certificates
from workers.adapters.packages import PackageStore
from workers.adapters.particulars import ParticularsSealer
from workers.adapters.request_store import RequestStore
from workers.adapters.retention import Sweeper
from workers.adapters.retention.openings import Openings
from workers.adapters.subject_effects import SubjectEffects
from workers.adapters.tokens import Tokens
from workers.adapters.vault import KeyFolder, Tombstones, Vault
from workers.ports import Tools
from workers.ports.retention import SweepReport
from workers.runtime import outbox
from workers.runtime.decode import IntakeRules
from workers.runtime.ended import delete_ended
from workers.runtime.house import House

NOW = datetime.now(UTC).replace(microsecond=0)
"""Deletions ask the server for the time, so the tests play on its own day."""
DAY = timedelta(days=1)
MINJI, JIHO = SubjectRef(type="member", key="1"), SubjectRef(type="member", key="2")
NOTHING_ELSE: Any = (None, None)
"""No package is collected here, and no evidence was handed in."""
Counts = dict[tuple[str, str, str], tuple[int, int]]


class RetentionHouse:
    """All that a sweep reaches; `new_sweeper` is another worker."""

    def __init__(
        self, client: mongo.Client, name: str, datamap: DataMap, folder: Path, file: Path
    ) -> None:
        self.holder = KeyFolder.open(folder)
        self.ours = mongo.database(client, name)
        self.archived = mongo.database(client, f"{name}_archive")
        self.keys = mongo.keys_collection(client, f"{name}_keys")
        self.vault = Vault(self.keys, self.holder)
        self.tokens = Tokens(self.holder)
        subject_db = mongo.database(client, f"{name}_company")
        self.company = Company(subject_db, datamap, self.vault, self.tokens)
        self.requests = RequestStore(self.ours)
        self.archive = ArchiveStore(self.archived, self.ours, self.vault, self.holder)
        self.packages = PackageStore(self.ours, self.vault)
        self.tombstones = Tombstones.open(folder / "tombstones")
        self.notary = Certificates(self.holder, datamap, file)
        self.sweeper = self.new_sweeper()

    def new_sweeper(self) -> Sweeper:
        """Another worker beside the first, by the company's present map."""
        datamap, db = self.company.datamap, self.company.db
        self.erasure = Erasure(
            db,
            datamap,
            keys=self.vault,
            archive=self.archive,
            tombstones=self.tombstones,
            earlier_requests=self.requests.final_of,
            packages=self.packages,
        )
        return Sweeper(
            db,
            self.ours,
            datamap,
            archive=self.archive,
            packages=self.packages,
            requests=self.requests,
            vault=self.vault,
            tokens=self.tokens,
            openings=Openings(
                requests=self.requests,
                sealer=ParticularsSealer(self.vault),
                tokens=self.tokens,
                clocks=POLICY.clocks,
                language="ko",
                within=timedelta(minutes=2),
            ),
            particulars_after=timedelta(days=1095),
        )

    def use(self, change: Mapping[str, Any]) -> None:
        """Go on with a changed map: `retention_bases.payment.duration` and so on."""
        content = self.company.datamap.model_dump(mode="json", by_alias=True)
        for path, value in change.items():
            *above, last = path.split(".")
            node = content
            for step in above:
                node = node[step]
            node[last] = value
        self.company.use(DataMap.model_validate(content))
        self.sweeper = self.new_sweeper()

    async def sweep(self, now: datetime = NOW, *, dry_run: bool = False) -> SweepReport:
        """One sweep by the first worker."""
        return await self.sweeper.sweep(now, dry_run=dry_run)

    async def swept(self) -> SweepReport:
        """The same, and the workers carry out what it has opened."""
        report = await self.sweep()
        await self.work()
        return report

    async def work(self) -> None:
        """The deletion stage, with the real stores; nothing is published or leaves the house."""
        await self.requests.sync()
        faults = Faults()
        subjects: Any = self.company.data
        house = House(
            requests=self.requests,
            subjects=SubjectEffects(subjects, self.erasure, *NOTHING_ELSE),
            outbound=RecordingOutbound(MemorySubjects(faults), faults),
            publisher=MemoryBroker(faults),
            answers=MemoryBroker(faults),
            parked=MemoryParked(faults),
            rules=IntakeRules(NothingSealed()),
            strike_after=0.0,
            tools=Tools(
                now=NOW,
                monotonic=0.0,
                policy=POLICY,
                datamap=self.company.datamap,
                subjects=subjects,
                requests=self.requests,
                sealer=ParticularsSealer(self.vault),
                tokens=self.tokens,
                evidence=self.notary,
                assertions=Login().assertions,
            ),
        )
        await delete_ended(house, self.requests)
        await outbox.relay(house)
        await house.settle(5)

    def pseudonym(self, who: SubjectRef) -> str:
        """As the evidence names the person."""
        return self.tokens.pseudonym(who.type, who.key)

    async def logs(self, *times: Any, member: int | None = 1) -> None:
        """Access logs of these times."""
        await self.company.db["access_logs"].insert_many(
            [
                {"_id": f"log-{n}", "member_id": member, "at": at, "request": {"action": "login"}}
                for n, at in enumerate(times)
            ]
        )

    async def ids(self, collection: str) -> list[Any]:
        """What is left in one of the company's collections."""
        found = await self.company.db[collection].find({}, {"_id": 1}).to_list(None)
        return sorted(document["_id"] for document in found)

    async def request(self, id_: str, status: Status, who: SubjectRef | None = None) -> None:
        """A request as far as a sweep looks at it, final for as long as it is there."""
        await self.final(id_, NOW, status=status, who=who)

    async def final(
        self,
        id_: str,
        at: datetime,
        *,
        status: Status = Status.COMPLETED,
        who: SubjectRef | None = None,
        **other: Any,
    ) -> None:
        """A request that has this status since then, with its key."""
        await self.vault.data_keys([f"request:{id_}"], create=True)
        document: dict[str, Any] = {
            "_id": id_,
            "tracking": id_,
            "status": status,
            "subject": self.pseudonym(who) if who else None,
            "created_at": at - 10 * DAY,
            "history": [
                {"at": at - 10 * DAY, "status": Status.RECEIVED},
                {"at": at, "status": status},
            ],
            "steps": {},
            "sending": [],
        }
        await self.ours["requests"].insert_one({**document, **other})

    async def read(self, who: SubjectRef, basis: str) -> list[Archived]:
        """What the law keeps of a person."""
        return [
            one async for one in self.archive.read(self.pseudonym(who), basis, "park", "a test")
        ]

    async def opened(self) -> list[Request]:
        """Deletions by a rule, as they stand."""
        ids = await self.ours["requests"].distinct("_id", {"rule": {"$ne": None}})
        return list((await self.requests.load(ids)).values())

    async def certificates(self) -> list[dict[str, Any]]:
        """All that were kept."""
        found = self.ours["requests"].find({"certificate": {"$ne": None}})
        return [row["certificate"] async for row in found]

    async def everything(self) -> dict[str, list[bytes]]:
        """All that stands in all four databases, to the byte."""
        made = {}
        for db in (self.company.db, self.ours, self.archived, self.keys.database):
            for name in await db.list_collection_names(filter={"type": "collection"}):
                if not name.startswith("system."):
                    found = db[name].find().sort("_id", 1)
                    made[f"{db.name}.{name}"] = [bson.encode(row) async for row in found]
        return made


def counts(report: SweepReport) -> Counts:
    """Documents destroyed, and those of them that were archived."""
    return {
        (one.what, one.name, one.collection): (one.documents, one.archived) for one in report.swept
    }


def added(reports: Sequence[SweepReport]) -> Counts:
    """The same of several sweeps together."""
    made: Counts = {}
    for report in reports:
        for where, (documents, archived) in counts(report).items():
            known = made.get(where, (0, 0))
            made[where] = (known[0] + documents, known[1] + archived)
    return made
