"""A private RabbitMQ node: own folder, own ports, own cookie, own port mapper (epmd)."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from workers.local import processes
from workers.local.processes import StackError
from workers.local.server import Server, answers

_NODE = "dsr@localhost"
_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
_SETTINGS = """\
listeners.tcp.default = 127.0.0.1:{port}
heartbeat = 10
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.absolute = 1GB
# The log of the quorum queues: 512 MB by default, much for a folder that is thrown away.
raft.wal_max_size_bytes = 67108864
log.file.level = warning
"""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Regular expressions over names of exchanges and queues; what is not given is not allowed."""

    configure: str = "^$"
    write: str = "^$"
    read: str = "^$"


class Rabbit(Server):
    """The broker. Users, permissions and virtual hosts are made through `ctl`."""

    name = "rabbit"
    port_names: ClassVar[tuple[str, ...]] = ("rabbit", "rabbit_dist")
    variable = "DSR_AMQP_URL"

    @property
    def port(self) -> int:
        """Where it speaks AMQP."""
        return self._ports["rabbit"]

    @property
    def url(self) -> str:
        """The address of the default virtual host, as `guest`."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}"

    def url_of(self, vhost: str, user: str = "guest", password: str = "guest") -> str:  # noqa: S107 - the broker's default, on loopback only
        """The address of a virtual host for a user."""
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"amqp://{who}@127.0.0.1:{self.port}/{quote(vhost, safe='')}"

    @property
    def marks(self) -> tuple[str, ...]:
        """The broker's, then its port mapper's."""
        return (self.mark, self._mapper_mark)

    async def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints for these arguments; takes about a second."""
        process = await asyncio.create_subprocess_exec(
            str(_scripts() / "rabbitmqctl"),
            "--quiet",
            "--node",
            _NODE,
            *arguments,
            env={"PATH": os.environ.get("PATH", os.defpath), **self._environment()},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, complaint = await process.communicate()
        if process.returncode:
            why = " ".join(complaint.decode(errors="replace").split())
            raise StackError(f"rabbitmqctl {arguments[0]} failed: {why}")
        return out.decode()

    async def add_user(self, user: str, password: str, may: Permissions, vhost: str = "/") -> None:
        """Makes a user with these permissions on one virtual host."""
        await self.ctl("add_user", user, password)
        patterns = (may.configure, may.write, may.read)
        await self.ctl("set_permissions", "--vhost", vhost, user, *patterns)

    def load(self, definitions: Path) -> Awaitable[str]:
        """Add what a file of definitions says: users, permissions; what is there already stays."""
        return self.ctl("import_definitions", str(definitions.resolve()))

    async def add_vhosts(self, *vhosts: str) -> None:
        """Makes virtual hosts that `guest` may use; many cost hardly more than one."""
        names = ", ".join(f'<<"{vhost}">>' for vhost in vhosts)
        await self.ctl(
            "eval",
            '[begin rabbit_vhost:add(V, <<"dsr">>), rabbit_auth_backend_internal:set_permissions('
            '<<"guest">>, V, <<".*">>, <<".*">>, <<".*">>, <<"dsr">>) end'
            f" || V <- [{names}]].",
        )

    async def start(self) -> None:
        """Starts the port mapper first: one started by the node would outlive it unknown to us."""
        if "rabbit_epmd" not in self._ports:
            await processes.kill(self._mapper_mark)
        if not processes.find(self._mapper_mark):
            await self._ports.released("rabbit_epmd")
        await super().start()

    def _launch(self) -> None:
        scripts = _scripts()
        self._ports.claim(*self.port_names)
        if not processes.find(self._mapper_mark):
            self._ports.claim("rabbit_epmd")
            self._start_mapper()
        self._write_settings(scripts)
        processes.spawn(
            [str(scripts / "rabbitmq-server")], self._environment(), self.log, self.mark
        )

    def _write_settings(self, scripts: Path) -> None:
        """Own settings throughout, so that nothing of /etc/rabbitmq is read."""
        (self.folder / "rabbitmq.conf").write_text(_SETTINGS.format(port=self.port))
        (self.folder / "advanced.config").write_text("[].\n")
        (self.folder / "enabled_plugins").write_text("[].\n")
        # Erlang looks for each module in the folder of every plugin, used or not: without them the
        # node is up in two thirds of the time.
        home = self.folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        (home / "plugins").mkdir(parents=True)
        for application in (scripts / "rabbitmq-server").resolve().parents[1].glob("plugins/*"):
            if not application.name.startswith("rabbitmq_") or "_prelaunch" in application.name:
                (home / "plugins" / application.name).symlink_to(application)
        (self.folder / "env.conf").write_text(f"RABBITMQ_HOME={shlex.quote(str(home))}\n")

    def _start_mapper(self) -> None:
        epmd = shutil.which("epmd")
        if epmd is None:
            raise StackError("epmd, a part of Erlang, is not on the PATH: install erlang-base")
        processes.spawn(
            [epmd, "-address", "127.0.0.1", "-port", str(self._ports["rabbit_epmd"])],
            {"HOME": str(self.folder)},
            self.log,
            self._mapper_mark,
        )

    async def _ready(self) -> bool:
        protocol_header = b"AMQP\x00\x00\x09\x01"
        connection_start = b"\x01\x00\x00"
        return await answers(self.port, protocol_header, connection_start)

    @property
    def _mapper_mark(self) -> str:
        return f"{self.mark}/epmd"

    def _environment(self) -> Mapping[str, str]:
        folder = self.folder
        return {
            "HOME": str(folder),
            "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._ports["rabbit_epmd"]),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            # Without it the script stays as a parent that has to pass signals on.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_DIST_PORT": str(self._ports["rabbit_dist"]),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
        }


def _scripts() -> Path:
    """The folder of RabbitMQ's own scripts; what Debian has on the PATH wraps them for its user."""
    found = shutil.which("rabbitmq-server")
    beside = Path(found).resolve().parent if found else _SCRIPTS
    for folder in (_SCRIPTS, beside):
        if (folder / "rabbitmq-defaults").is_file():
            return folder
    raise StackError(
        "RabbitMQ is not installed: run `apt-get install rabbitmq-server` as root, "
        "or set DSR_AMQP_URL to a broker of your own"
    )
