"""The embedded servers together: RabbitMQ, mongod and a mail sink in one folder.

Where `DSR_AMQP_URL`, `DSR_MONGO_URL` or `DSR_SMTP_URL` is set, that server is used and nothing is
started for it. Any number of stacks may run beside each other, each in its own folder.

As a cluster it has three nodes of RabbitMQ and a replica set of three; a folder stays what it was
at its first start.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import sys
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from workers.local import processes
from workers.local.mongo import Mongo
from workers.local.ports import Ports
from workers.local.processes import StackError
from workers.local.rabbit import Rabbit
from workers.local.server import Seat, Server
from workers.local.smtp import Smtp


@dataclass(frozen=True, slots=True)
class Status:
    """How one server stands; `address` has no password."""

    server: str
    running: bool
    external: bool
    address: str | None
    processes: tuple[int, ...]


NODES = 3
"""Of RabbitMQ, and members of the replica set, in a cluster: one may be lost."""


class Stack:
    """The servers of one folder.

    As a context: up at the start; what it started is ended with it, or with this process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cluster: bool = False,
        auth: bool = False,
        for_tests: bool = False,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Nothing is started yet; for `auth` and `for_tests` see `Mongo`."""
        self.folder = folder.resolve()
        ports = Ports(self.folder / "stack.json")
        if cluster and _single(ports):
            raise StackError(
                f"{self.folder} holds single servers, which do not become a cluster:"
                " give the cluster a folder of its own with --dir"
            )
        cluster = cluster or _clustered(ports)
        self.rabbits = [Rabbit(self.folder, ports, seat) for seat in _seats("rabbit", cluster)]
        self.mongos = [
            Mongo(
                self.folder,
                ports,
                seat,
                auth=auth,
                for_tests=for_tests,
            )
            for seat in _seats("mongo", cluster)
        ]
        self.rabbit, self.mongo = self.rabbits[0], self.mongos[0]
        self.smtp = Smtp(self.folder, ports)
        self._servers: tuple[Server, ...] = (*self.rabbits, *self.mongos, self.smtp)
        self.external = {
            server.variable: environment[server.variable]
            for server in self._servers
            if environment.get(server.variable)
        }
        self._started: frozenset[str] = frozenset()

    async def up(self) -> frozenset[str]:
        """Starts what does not run; returns the names of what it started, once all are ready.

        Where one cannot start, those that this call started are ended again.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with self._alone():
            for server in self._servers:
                server.launched = False
            try:
                async with asyncio.TaskGroup() as starts:
                    starts.create_task(self._start_brokers())
                    for server in self._ours():
                        if not isinstance(server, Rabbit):
                            starts.create_task(server.start())
            except BaseException as failure:  # noqa: BLE001 - raised again
                await self._stop(server for server in self._servers if server.launched)
                raise _first_of(failure) from None
        return frozenset(server.name for server in self._servers if server.launched)

    async def down(self, only: Collection[str] | None = None) -> None:
        """Ends the servers (or only those of these names) and waits until no process is left."""
        if not self.folder.is_dir():
            return
        async with self._alone():
            await self._stop(
                server for server in self._ours() if only is None or server.name in only
            )

    def status(self) -> list[Status]:
        """Every server as it stands now."""
        named: set[str] = set()
        found = []
        for server in self._servers:
            if server.variable not in named:
                found.append(self._status(server))
            named |= {server.variable} & self.external.keys()
        return found

    def env(self) -> dict[str, str]:
        """The settings that name these servers to everything else of ours."""
        idle = [server.name for server in self._ours() if not server.running()]
        # A cluster is there as long as one of its nodes is: clients find the others.
        if idle and not self._some_of_each_run():
            raise StackError(
                f"not running in {self.folder}: {', '.join(idle)}; start with `dsr stack up`"
            )
        settings = {each.variable: each.url for each in self._ours()} | self.external
        if Smtp.variable not in self.external:
            settings["DSR_MAILDIR"] = str(self.smtp.maildir)
        return settings

    async def __aenter__(self) -> Self:
        self._set_guard()
        try:
            self._started = await self.up()
        except BaseException:
            await processes.kill(self._guard)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.down(only=self._started)
        await processes.kill(self._guard)

    @property
    def _guard(self) -> str:
        return str(self.folder / f"guard-{os.getpid()}")

    def _set_guard(self) -> None:
        """Whatever happens to this process, the servers that it is about to start end with it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        idle = [server for server in self._ours() if not server.running()]
        helpers = (mark for server in idle for mark in server.helpers)
        marks = dict.fromkeys([*(server.mark for server in idle), *helpers])
        processes.spawn(
            [sys.executable, "-m", "workers.local.guard", str(os.getpid()), *marks],
            {"PYTHONPATH": str(Path(__file__).parents[2])},
            self.folder / "guard.log",
            self._guard,
        )

    async def _start_brokers(self) -> None:
        """Nodes that know their cluster wait for each other; newcomers then join it one by one."""
        nodes = [server for server in self._ours() if isinstance(server, Rabbit)]
        known = [node for node in nodes if node is self.rabbit or node.has_joined]
        async with asyncio.TaskGroup() as starts:
            for node in known:
                starts.create_task(node.start())
        for node in nodes:
            if node not in known:
                await node.start()

    def _some_of_each_run(self) -> bool:
        running = {server.variable for server in self._ours() if server.running()}
        return running == {server.variable for server in self._ours()}

    async def _stop(self, servers: Iterable[Server]) -> None:
        await asyncio.gather(*(server.stop() for server in servers))

    def _ours(self) -> list[Server]:
        return [server for server in self._servers if server.variable not in self.external]

    def _status(self, server: Server) -> Status:
        if server.variable in self.external:
            public = ",".join(map(_public, _ADDRESSES.split(self.external[server.variable])))
            return Status(server.name, running=True, external=True, address=public, processes=())
        found = tuple(processes.find(server.mark))
        address = server.address if found else None
        return Status(server.name, bool(found), external=False, address=address, processes=found)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Two commands on one folder take turns; the lock goes with the process that holds it."""
        lock = os.open(self.folder / "stack.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _first_of(failure: BaseException) -> BaseException:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure


_ADDRESSES = re.compile(r",(?=\w+://)")


def _public(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _seats(kind: str, cluster: bool) -> list[Seat]:  # noqa: FBT001 - one private fact
    numbers = range(1, NODES + 1)
    names = tuple(f"{kind}-{number}" for number in numbers) if cluster else (kind,)
    return [Seat(names, number) for number in range(len(names))]


def _single(ports: Ports) -> bool:
    return any(kind in ports for kind in ("rabbit", "mongo"))


def _clustered(ports: Ports) -> bool:
    return any(f"{kind}-1" in ports for kind in ("rabbit", "mongo"))
