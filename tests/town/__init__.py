"""A whole running house for tests: a company, its members, third parties, mail, and real workers.

Seen from outside only: what is published, what stands in MongoDB, what arrived by mail and at the
recipients. `checks` holds all of that against each other.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from schemas.request import SubjectRef
from schemas.review import Role
from tests.forked import ROOT
from tests.town.channel import Channel
from tests.town.company import THEIR_WORDS, Company, Correction, Deletion, company
from tests.town.processes import WorkerProcess, dsr
from tests.town.recipients import Recipient, serving
from tests.town.spool import Spool
from workers import wiring
from workers.adapters.tokens import create_secret
from workers.settings import Settings

__all__ = ["Correction", "Town", "dsr", "open_town"]

Document = dict[str, Any]
LOOK_AGAIN = 0.05
PASSWORD = "correct horse battery"
"""Of every account of the desk."""
SMALLMACHINES = ROOT / "deploy/datamaps/smallmachines.yaml"


NO_LIMITS = (
    *("DSR_LIMIT_FORMS", "DSR_LIMIT_CODES", "DSR_LIMIT_STATUS", "DSR_LIMIT_LINKS"),
    *("DSR_LIMIT_LOGINS", "DSR_LIMIT_ALL"),
)


@dataclass(repr=False)  # asyncio and pytest make one of all that a fixture gives
class Town:
    """One company on servers of its own names; made by `open_town`."""

    folder: Path
    env: dict[str, str]
    mongo: AsyncMongoClient[Document]
    recipients: Mapping[str, Recipient]
    spool: Spool
    channel: Channel
    before: Company = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)
    unproven: set[str] = field(default_factory=set)
    """Requests that the test leaves without a proof."""
    workers: list[WorkerProcess] = field(default_factory=list)
    users: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Per role that has servers' users of its own, the settings that name them."""
    started_at: Any = None
    """The oplog's time when the seeding was over."""

    @property
    def settings(self) -> Settings:
        """As a process that is started with `env` would read them."""
        return self.settings_as("")

    def env_as(self, role: str) -> dict[str, str]:
        """The settings of a process of this role."""
        return {**self.env, **self.users.get(role, {})}

    def settings_as(self, role: str) -> Settings:
        """The same, as such a process would read them."""
        named = self.env_as(role).items()
        return Settings(**{name.removeprefix("DSR_").lower(): v for name, v in named})

    @property
    def company(self) -> Any:
        """The company's database."""
        return self.mongo[self.env["DSR_SUBJECT_DB"]]

    @property
    def ours(self) -> Any:
        """The database of requests."""
        return self.mongo[self.env["DSR_DB"]]

    async def snapshot(self) -> Company:
        """Every document of the company, by collection."""
        return {
            name: await self.company[name].find().sort("_id", 1).to_list()
            for name in self.before or await self._collections()
        }

    async def _collections(self) -> list[str]:
        found = await self.company.list_collections()
        return [
            info["name"]
            async for info in found
            if info["type"] == "collection"
            and not info["name"].startswith("dsr_")
            and not info["name"].startswith("system.")
        ]

    async def work(self, *stages: str, **settings: str) -> WorkerProcess:
        """Start a worker process; it is ended with the town."""
        log = self.folder / f"worker-{uuid4().hex[:8]}.log"
        env = self.env_as(stages[0] if len(stages) == 1 else "worker")
        worker = await WorkerProcess.start({**env, **settings}, log, stages)
        self.workers.append(worker)
        return worker

    async def work_afresh(self, root: Path = ROOT) -> WorkerProcess:
        """The same with a process that imports everything itself, from `root`."""
        log = self.folder / f"afresh-{uuid4().hex[:8]}.log"
        worker = await WorkerProcess.start(self.env, log, afresh=True, root=root)
        self.workers.append(worker)
        return worker

    async def staff(self, **roles: Role) -> None:
        """People for the desk; commands that are run from now on know their password."""
        self.env["DSR_ACCOUNT_PASSWORD"] = PASSWORD
        async with wiring.open_parts(self.settings) as parts:
            for name, role in roles.items():
                await parts.accounts.add(name, role, PASSWORD, "a test")

    async def dsr(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Run `dsr` with the town's settings; exit status, standard output, standard error."""
        return await dsr(*arguments, settings=self.env, typed=typed)

    def correction(self, number: int, **changes: Any) -> Correction:
        """What the member of this number wants, kept so that it can be checked."""
        member = next(each for each in self.before["members"] if each["_id"] == number)
        wish = Correction(member, changes)
        self.corrections.append(wish)
        return wish

    def deletion(self, number: int) -> Deletion:
        """The member of this number wants to be forgotten; kept so that it can be checked."""
        member = next(each for each in self.before["members"] if each["_id"] == number)
        wish = Deletion(member, {})
        self.corrections.append(wish)
        return wish

    async def submit(self, *corrections: Correction) -> list[str]:
        """Publish and wait for the tracking codes."""
        sent = await self.channel.submit_all([each.submission() for each in corrections])
        return [(await self.channel.answer(answer))["tracking"] for answer in sent]

    async def prove_as_mail_arrives(self, corrections: Iterable[Correction]) -> None:
        """Answer each challenge once, with the code out of the mail, until all are answered."""
        waiting = {each.id for each in corrections}
        while waiting:
            ready = {i: m for i, m in self.spool.challenges().items() if i in waiting}
            waiting -= ready.keys()
            await asyncio.gather(
                *(self.channel.prove(mail.tracking, mail.code) for mail in ready.values())
            )
            await asyncio.sleep(LOOK_AGAIN)

    async def prove(self, correction: Correction) -> dict[str, Any]:
        """Wait for the challenge's mail and answer it; what verification says."""
        await self.until(lambda: bool(self.spool.of(correction.id, "challenge-1")), "a challenge")
        (mail,) = self.spool.of(correction.id, "challenge-1")
        return await self.channel.answer(await self.channel.prove(mail.tracking, mail.code))

    async def request(self, correction: Correction) -> Document:
        """The request's document."""
        found = await self.ours["requests"].find_one({"_id": correction.id})
        assert found is not None
        return dict(found)

    async def status(self, correction: Correction) -> str:
        """Where the request stands."""
        return str((await self.request(correction))["status"])

    async def completed(self, corrections: Sequence[Correction]) -> bool:
        """Whether all of them are."""
        ids = [each.id for each in corrections]
        done = {"_id": {"$in": ids}, "status": "completed"}
        return int(await self.ours["requests"].count_documents(done)) == len(ids)

    async def until(
        self,
        condition: Callable[[], bool] | Callable[[], Awaitable[bool]],
        what: str,
        within: float = 60,
    ) -> None:
        """Wait for it; a database that is away for the moment is waited for as well."""
        deadline = time.monotonic() + within
        while True:
            try:
                found = condition()
                if found if isinstance(found, bool) else await found:
                    return
            except PyMongoError:
                if time.monotonic() > deadline:
                    raise
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {within:g} s in vain for {what}; {await self.news()}")
            await asyncio.sleep(LOOK_AGAIN)

    async def until_completed(self, corrections: Sequence[Correction], within: float = 90) -> None:
        """Wait until all of them are."""
        await self.until(lambda: self.completed(corrections), "completion", within)

    async def news(self) -> str:
        """How things stand, for a message of failure."""
        statuses: Counter[str] = Counter()
        open_steps: Counter[str] = Counter()
        async for request in self.ours["requests"].find({}, {"status": 1, "steps": 1}):
            statuses[request["status"]] += 1
            if request["status"] != "completed":
                open_steps.update(
                    f"{name}({step.get('error')})" for name, step in request["steps"].items()
                )
        said = "\n".join(worker.said()[-1500:] for worker in self.workers[-2:])
        return f"requests: {dict(statuses)}; open: {dict(open_steps)}; workers said:\n{said}"

    async def insert(self, made: Company) -> None:
        """Write the sample company as its applications would, sealed where the map says so."""
        orders = {order["_id"]: order["member_id"] for order in made["orders"]}
        owner: Mapping[str, Callable[[Document], int]] = {
            "members": lambda document: int(document["_id"]),
            "deliveries": lambda document: orders[document["order_id"]],
        }
        async with wiring.open_parts(self.settings) as parts:
            for name, documents in made.items():
                rows = documents
                if name in owner:
                    whose = [
                        (SubjectRef(type="member", key=str(owner[name](row))), name, row)
                        for row in documents
                    ]
                    rows = await parts.subject_data.seal_documents(whose)
                await self.company[name].insert_many(rows)

    async def init(self, *, indexes: bool) -> None:
        """What `dsr init` does, or `dsr init --indexes`."""
        async with wiring.open_parts(self.settings) as parts:
            await wiring.init(parts, indexes=indexes)


@asynccontextmanager
async def open_town(
    folder: Path,
    env: Mapping[str, str],
    *,
    members: int = 20,
    data_map: Path = SMALLMACHINES,
    usual_recipients: bool = False,
    seed: Callable[[Town], Awaitable[None]] | None = None,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Town]:
    """A town with so many members; `env` names its databases and its virtual host.

    `seed` fills the company's database where `data_map` describes another one. Another map has no
    recipient that answers, unless it has the `usual_recipients`.
    """
    recipients = {
        name: Recipient(name, create_secret(folder / "secrets", name, "out"))
        for name in THEIR_WORDS
    }
    async with AsyncExitStack() as exits:
        await exits.enter_async_context(serving(recipients))
        urls = ",".join(f"{r.name}={r.url}" for r in recipients.values())
        domain = env["DSR_DB"].replace("_", "-") + ".example"
        full = {
            **env,
            "DSR_DATA_MAP": str(data_map),
            "DSR_KEYS": str(folder / "keys"),
            "DSR_SECRETS": str(folder / "secrets"),
            "DSR_RECIPIENT_URLS": urls if data_map is SMALLMACHINES or usual_recipients else "",
            "DSR_ALLOW_PRIVATE_RECIPIENTS": "true",
            "DSR_MAIL_DOMAIN": domain,
            "DSR_TICK": "0.25",
            "DSR_COOLING_OFF_HOURS": "0",
            "DSR_COOLING_OFF_YOUNG_HOURS": "0",
            # Its data is of all ages: what is due is destroyed where a test asks for it.
            "DSR_RETENTION_HOURS": "0",
            # One address plays everybody: what it may do has tests of its own.
            **dict.fromkeys(NO_LIMITS, ""),
            **(settings or {}),
        }
        maildir = Path(full.pop("DSR_MAILDIR"))
        full.setdefault("DSR_ARCHIVE_DB", f"{env['DSR_DB']}_archive")
        client: AsyncMongoClient[Document] = AsyncMongoClient(env["DSR_MONGO_URL"], tz_aware=True)
        exits.push_async_callback(client.close)
        channel = await exits.enter_async_context(Channel(env["DSR_AMQP_URL"]))
        town = Town(folder, full, client, recipients, Spool(maildir, domain), channel)
        wiring.create_keys(town.settings)
        exits.push_async_callback(_end, town)
        if seed is None:
            # An index on a collection that is still empty is made at once; later each takes 0.1 s.
            await town.init(indexes=True)
            await town.insert(company(members))
        else:
            await seed(town)
            await town.init(indexes=False)
        town.before = await town.snapshot()
        hello = await client.admin.command("hello")
        town.started_at = hello["$clusterTime"]["clusterTime"]
        yield town


async def _end(town: Town) -> None:
    """No process and no database of the town is left."""
    for worker in town.workers:
        await worker.kill()
    for name in ("DSR_DB", "DSR_KEYS_DB", "DSR_SUBJECT_DB", "DSR_ARCHIVE_DB"):
        await town.mongo.drop_database(town.env[name])
