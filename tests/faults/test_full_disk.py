"""The database's disk is full: mongod refuses, then ends by itself, and comes back once it is not.

Until then nobody is told that anything was done which was not, and nothing is given up; afterwards
all of it is done once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx
import pytest
from pymongo.errors import PyMongoError

from schemas.errors import NoRoom
from tests.post_office import free_port
from tests.town import Town, open_town
from tests.town.chaos import through, wishes
from tests.town.checks import assert_all_invariants
from tests.town.deletions import assert_deleted
from tests.town.place import folder_for_servers, place
from tests.town.processes import WorkerProcess
from tests.town.small_disk import SmallDisk, small_disk
from workers.adapters.mongo import connect, database, reaching
from workers.local.processes import StackError
from workers.local.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(400)]

SEED = 113
BURST, TRICKLE, LATER = 60, 50, 12
"""Corrections before the disk is full; until the database ends, one by one; and from then on."""
EVERY = 0.03
"""Seconds between two of the trickle: some are half done at any moment."""
GONE = range(1, 13)
"""Whose deletions are in flight as well."""
MEGABYTES = 512
"""The journal takes 300 of them at once, and writes into what it has taken."""
SETTINGS = {"DSR_STEP_TIMEOUT": "15", "DSR_CHALLENGES_A_DAY": "100"}
ALL_PROVEN_WITHIN = 200
"""Seconds, the outage among them: what was lost is asked for no code."""
RESTARTS = 2
"""By whatever starts a server again that ended, while the disk is still full."""


@dataclass(frozen=True)
class Cramped:
    """A database on a disk of its own, beside the broker and the mail server of all."""

    servers: Stack
    disk: SmallDisk

    @asynccontextmanager
    async def full(self) -> AsyncIterator[None]:
        """Until there is room again, and the database has been started again."""
        self.disk.fill()
        try:
            yield
        finally:
            self.disk.clear()
            await self.servers.mongo.start()

    @property
    def runs(self) -> bool:
        """Whether mongod does."""
        return self.servers.mongo.running()


@pytest.fixture
async def cramped(doomed: Stack) -> AsyncIterator[Cramped]:
    """Just started."""
    await doomed.up()
    others = {"DSR_AMQP_URL": doomed.rabbit.url, "DSR_SMTP_URL": doomed.smtp.url}
    with folder_for_servers("dsr-full-disk-") as folder:
        servers = Stack(Path(folder), for_tests=True, environment=others)
        with small_disk(servers.mongo.folder / "data", MEGABYTES) as disk:
            async with servers:
                yield Cramped(servers, disk)


@asynccontextmanager
async def town_on(cramped: Cramped, doomed: Stack, folder: Path) -> AsyncIterator[Town]:
    """Its databases lie on the small disk."""
    env = {**await place(doomed), "DSR_MONGO_URL": cramped.servers.mongo.url}
    async with open_town(folder, env, members=130, settings=SETTINGS) as town:
        yield town


@pytest.fixture
async def correcting(
    cramped: Cramped, doomed: Stack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Whose members have their addresses corrected."""
    async with town_on(cramped, doomed, tmp_path_factory.mktemp("correcting")) as town:
        yield town


@pytest.fixture
async def deleting(
    cramped: Cramped, doomed: Stack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Some of whose members want to be forgotten."""
    async with town_on(cramped, doomed, tmp_path_factory.mktemp("deleting")) as town:
        yield town


async def nothing_happens() -> None:
    """Load alone."""


async def kept(town: Town, doomed: Stack) -> dict[str, int]:
    """How many messages the broker has in each queue: waiting, or in hand and not acked.

    As it was up to five seconds ago, which is how often a queue tells.
    """
    vhost = town.env["DSR_AMQP_URL"].rpartition("/")[2]
    said = await doomed.rabbit.ctl("list_queues", "--vhost", vhost, "name", "messages")
    lines = (line.split() for line in said.splitlines() if line.startswith("dsr."))
    return {name: int(messages) for name, messages in lines}


async def end_at_the_next_checkpoint(cramped: Cramped, town: Town) -> None:
    """It comes each minute; until then what is written lies in the journal alone."""
    with suppress(PyMongoError):
        await town.mongo.admin.command("fsync")
    await town.until(lambda: not cramped.runs, "that mongod ends by itself")
    assert "No space left on device" in cramped.servers.mongo.log.read_text()


async def start_in_vain(cramped: Cramped, town: Town) -> None:
    """Some starts end before it is ready, some soon after."""
    with suppress(StackError):
        await cramped.servers.mongo.start()
    await town.until(lambda: not cramped.runs, "that mongod ends once more", within=120)


async def each_tried_again(*towns: Town) -> None:
    """Every worker has asked the database once more, and waits again."""
    for town in towns:
        for worker in town.workers:
            said = paused(worker)
            await town.until(lambda: paused(worker) > said, "another try")  # noqa: B023


def paused(worker: WorkerProcess) -> int:
    """How often it has said that it waits for a server."""
    return worker.log.read_text().count('"paused"')


async def assert_told(town: Town, port: int) -> None:
    """An operator hears which server is missing, and that the workers and the other one live."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        ready = await client.get("/readyz")
        assert (await client.get("/healthz")).status_code == 200
    assert ready.status_code == 503
    assert ready.json()["servers"] == {"mongodb": False, "rabbitmq": True}
    code, said, wrong = await town.dsr("doctor", "--json")
    assert code == 1, wrong
    found = {each["what"]: each for each in json.loads(said)}
    assert "MongoDB does not answer" in found["MongoDB"]["detail"]
    assert found["RabbitMQ"]["ok"]


async def test_work_waits_while_the_databases_disk_is_full_and_is_all_done_afterwards(
    cramped: Cramped, doomed: Stack, correcting: Town, deleting: Town
) -> None:
    town, random, port = correcting, Random(SEED), free_port()
    print(f"seed {SEED}")  # noqa: T201
    workers = [await town.work(DSR_METRICS_PORT=str(port)), await town.work()]
    workers.append(await deleting.work())
    made = wishes(town, BURST + TRICKLE + LATER)
    burst, trickle, later = made[:BURST], made[BURST:-LATER], made[-LATER:]
    gone = [deleting.deletion(number) for number in GONE]

    async def strike() -> None:
        async with cramped.full():
            async with asyncio.TaskGroup() as meanwhile:
                ending = meanwhile.create_task(end_at_the_next_checkpoint(cramped, town))
                for wish in trickle:
                    await town.channel.submit(wish.submission())
                    # All at once when it has ended: then they wait all the same.
                    await asyncio.sleep(0 if ending.done() else EVERY)
            await town.channel.submit_all([wish.submission() for wish in later])
            for _ in range(RESTARTS):
                await start_in_vain(cramped, town)
            await assert_told(town, port)
            before = await kept(town, doomed), await kept(deleting, doomed)
            assert before[0]["dsr.registration"] >= LATER
            await each_tried_again(town, deleting)
            assert before == (await kept(town, doomed), await kept(deleting, doomed))
            assert all(worker.alive for worker in workers)

    async with asyncio.TaskGroup() as all_of_it:
        all_of_it.create_task(through(town, burst, random, strike, strikes=1))
        all_of_it.create_task(through(deleting, gone, random, nothing_happens, strikes=0))
        proving = town.prove_as_mail_arrives(trickle + later)
        all_of_it.create_task(asyncio.wait_for(proving, ALL_PROVEN_WITHIN))
    await town.until_completed(made)
    await assert_all_invariants(town)
    await assert_deleted(deleting, gone)
    assert all(worker.alive for worker in workers)
    assert not any('"parked"' in worker.log.read_text() for worker in workers)


async def test_what_a_full_disk_has_no_room_for_is_refused_until_there_is_some(
    cramped: Cramped,
) -> None:
    """Before it ends it takes changes of what is there, and refuses whatever needs a new file."""
    client = connect(cramped.servers.mongo.url)
    there, new = database(client, "small")["there"], database(client, "small")["new"]
    try:
        await there.insert_one({})
        cramped.disk.fill()
        await there.insert_one({})
        for _ in range(2):
            with pytest.raises(NoRoom), reaching("MongoDB"):
                await new.insert_one({})
            with pytest.raises(NoRoom), reaching("MongoDB"):
                await new.insert_many([{}, {}], ordered=False)
        cramped.disk.clear()
        await new.insert_one({})
        assert await there.count_documents({}) == 2
        assert cramped.runs
    finally:
        client.close()
