"""Runs a program over a backlog, or request by request, between the sinks and the servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aio_pika
from pymongo import MongoClient

from tests.benchmarks import measure, members
from tests.benchmarks.programs import Program, Running, Sink, floor, ours
from tests.benchmarks.work import CORRECTIONS, Work
from workers.local import processes
from workers.local.stack import Stack

INTAKE = "dsr.intake"
_IN_FLIGHT = 200
_PATIENCE = 60.0
_SECONDS_EACH = 0.2
"""A program that is slower than that has stopped."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Half of a backlog: submissions until the challenges are mailed, or proofs until completed."""

    seconds: float
    cpu: dict[str, float]
    """CPU seconds by process."""
    others: float
    """CPU seconds that the rest of the machine used meanwhile."""
    memory: float
    """The worker's peak, in MB."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """A backlog from its first submission to its last completion mail."""

    program: str
    count: int
    phases: tuple[Phase, Phase]
    lost: tuple[str, ...]
    """What should have come and did not; empty is right."""
    repeated: dict[str, int]
    """What went out more than once: allowed after an attempt without an outcome, and rare."""
    said: tuple[str, ...]
    """The program's own last lines."""

    @property
    def rate(self) -> float:
        """Requests per second, both phases together."""
        return self.count / sum(phase.seconds for phase in self.phases)

    @property
    def memory(self) -> float:
        """The worker's peak, in MB."""
        return max(phase.memory for phase in self.phases)

    def cpu_each(self) -> dict[str, float]:
        """CPU milliseconds per request, by process."""
        first, second = (phase.cpu for phase in self.phases)
        return {name: (first[name] + second[name]) / self.count * 1000 for name in first}


@dataclass(frozen=True, slots=True)
class Place:
    """The virtual host and the databases of one run."""

    amqp: str
    mongo: str
    db: str

    @property
    def company(self) -> str:
        """The company's database."""
        return f"{self.db}_company"


@asynccontextmanager
async def open_bench(folder: Path) -> AsyncIterator[Bench]:
    """The servers and sinks, up; ended when it is left."""
    async with AsyncExitStack() as exits:
        mails = await exits.enter_async_context(Sink("smtp"))
        webhooks = await exits.enter_async_context(Sink("webhook"))
        # The stack's own mail sink writes a file for each mail; ours stands in its place.
        there = {"DSR_SMTP_URL": f"smtp://127.0.0.1:{mails.port}"}
        stack = await exits.enter_async_context(Stack(folder / "stack", environment=there))
        client: MongoClient[dict[str, Any]] = MongoClient(stack.mongo.url)
        exits.callback(client.close)
        yield Bench(folder, mails, webhooks, stack, client)


@dataclass(slots=True)
class Bench:
    """The servers and sinks, shared by all runs."""

    folder: Path
    mails: Sink
    webhooks: Sink
    stack: Stack
    client: MongoClient[dict[str, Any]]
    _made: int = 0

    async def make(self, work: Work, kind: str, count: int) -> tuple[Program, Place]:
        """A program in a virtual host and databases of its own, with `count` members to work on.

        `kind` is `ours`, `floor` or `singly`, followed by ` x2` where two processes of it work.
        """
        self._made += 1
        name = f"bench{self._made}"
        await self.stack.rabbit.add_vhosts(name)
        place = Place(self.stack.rabbit.url_of(name), self.stack.mongo.url, name)
        work.seed(self.client, place.company, count)
        name_of_kind = kind.partition(" x")[0]
        if name_of_kind == "ours":
            program = ours(
                work, self.folder, place.amqp, place.mongo, place.db,
                self.mails.port, self.webhooks.port,
            )  # fmt: skip
        else:
            program = floor(
                work, self.folder, place.amqp, place.mongo, place.db,
                self.mails.port, self.webhooks.port, singly=name_of_kind == "singly",
            )  # fmt: skip
        await program.set_up()
        return program, place

    async def backlog(self, work: Work, kind: str, count: int) -> Backlog:
        """Publish while nothing consumes, start, and time it until the last mail; twice."""
        program, place = await self.make(work, kind, count)
        await publish(place, "submission", work.submissions(count))
        said: list[str] = []
        processes = int(kind.partition(" x")[2] or 1)
        registration = await self._work(program, processes, count, said)
        challenges = await self.mails.take()
        first = list({mail["id"]: mail for mail in challenges}.values())
        await publish(place, "proof", members.proofs(first))
        completion = await self._work(program, processes, count, said)
        came = {
            "challenge mails": challenges,
            "completion mails": await self.mails.take(),
            "webhooks": await self.webhooks.take(),
        }
        distinct = {what: len({each["id"] for each in all_}) for what, all_ in came.items()}
        lost = [f"{what}: {n} of {count}" for what, n in distinct.items() if n != count]
        lost += self.differences(work, place, count)
        repeated = {what: len(all_) - distinct[what] for what, all_ in came.items()}
        self.drop(place)
        return Backlog(
            kind,
            count,
            (registration, completion),
            tuple(lost),
            {what: n for what, n in repeated.items() if n},
            tuple(said),
        )

    def differences(self, work: Work, place: Place, count: int) -> list[str]:
        """What the stores say is not as it must be, once the program has ended."""
        completed = self.client[place.db]["requests"].count_documents({"status": "completed"})
        found = {"requests completed": (completed, count)}
        found |= work.outcome(self.client, place.db, count)
        return [f"{what}: {n} of {wanted}" for what, (n, wanted) in found.items() if n != wanted]

    def drop(self, place: Place) -> None:
        """The databases of one run."""
        for name in (place.db, f"{place.db}_keys", f"{place.db}_archive", place.company):
            self.client.drop_database(name)

    async def _work(self, program: Program, processes: int, count: int, said: list[str]) -> Phase:
        running = [Running(program) for _ in range(processes)]
        try:
            return await self._timed(running, count)
        finally:
            for each in running:
                said += each.said()

    async def _timed(self, running: Sequence[Running], count: int) -> Phase:
        async with AsyncExitStack() as exits:
            # At once: the first to be ready must not have the backlog to itself.
            await asyncio.gather(*map(exits.enter_async_context, running))
            pids = self._pids([each.pid for each in running])
            before, machine = _cpu(pids), measure.machine_seconds()
            started = time.monotonic()
            within = _PATIENCE + count * _SECONDS_EACH
            ended = await running[0].until(self.mails.nth(count, within))
            after, machine = _cpu(pids), measure.machine_seconds() - machine
            used = {name: after[name] - before[name] for name in pids}
            return Phase(
                ended - started,
                used,
                max(0.0, machine - sum(used.values())),
                max(measure.peak_memory(each.pid) for each in running),
            )

    def _pids(self, workers: list[int]) -> dict[str, list[int]]:
        return {
            "worker": workers,
            "mongod": processes.find(self.stack.mongo.mark),
            "beam": processes.find(self.stack.rabbit.mark),
            "sinks": [self.mails.pid, self.webhooks.pid],
        }


@dataclass(slots=True)
class OneByOne:
    """A program at low load: each request waits for the one before it."""

    bench: Bench
    place: Place
    running: Running
    waiting: Iterator[tuple[str, bytes]]
    channel: aio_pika.abc.AbstractChannel
    took: list[float] = field(default_factory=list)

    async def one(self) -> None:
        """From publishing a proof to its completion mail."""
        proof = next(self.waiting)
        started = time.monotonic()
        await _publish_one(self.channel, "proof", proof)
        ended = await self.running.until(self.bench.mails.nth(1, _PATIENCE))
        self.took.append(ended - started)
        await self.bench.mails.take()


async def low_load(bench: Bench, kinds: Iterable[str], count: int, warm: int) -> dict[str, Any]:
    """Seconds of each request per program, taken in turns, so that both meet the same disk."""
    async with AsyncExitStack() as exits:
        racers: dict[str, OneByOne] = {}
        for kind in kinds:
            program, place = await bench.make(CORRECTIONS, kind, count + warm)
            await publish(place, "submission", members.submissions(count + warm))
            running = await exits.enter_async_context(Running(program))
            await running.until(bench.mails.nth(count + warm, _PATIENCE))
            connection = await exits.enter_async_context(await aio_pika.connect(place.amqp))
            channel = await connection.channel()
            proofs = members.proofs(await bench.mails.take())
            racers[kind] = OneByOne(bench, place, running, proofs, channel)
        for _ in range(count + warm):
            for racer in racers.values():
                await racer.one()
    found = {kind: racer.took[warm:] for kind, racer in racers.items()}
    lost = [
        f"{kind}: {difference}"
        for kind, racer in racers.items()
        for difference in bench.differences(CORRECTIONS, racer.place, count + warm)
    ]
    await bench.webhooks.take()
    for racer in racers.values():
        bench.drop(racer.place)
    return {"seconds": found, "lost": lost}


async def publish(place: Place, word: str, messages: Iterable[tuple[str, bytes]]) -> None:
    """Publish as a channel does: persistent, confirmed, mandatory; many in flight."""
    async with await aio_pika.connect(place.amqp) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        flying: set[asyncio.Task[None]] = set()
        for message in messages:
            flying.add(asyncio.create_task(_publish_one(channel, word, message)))
            if len(flying) >= _IN_FLIGHT:
                _, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*flying)


async def _publish_one(
    channel: aio_pika.abc.AbstractChannel, word: str, message: tuple[str, bytes]
) -> None:
    message_id, body = message
    exchange = await channel.get_exchange(INTAKE, ensure=False)
    await exchange.publish(
        aio_pika.Message(
            body,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            content_type="application/json",
            message_id=message_id,
        ),
        f"{word}.web",
        mandatory=True,
    )


def _cpu(pids: dict[str, list[int]]) -> dict[str, float]:
    return {name: measure.cpu_seconds(those) for name, those in pids.items()}
