"""Private RabbitMQ nodes: own folder, own ports, own cookie, own port mapper (epmd).

One, or the nodes of a cluster. A node that has never run joins the first one by itself.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from workers.local import processes
from workers.local.epmd import PortMapper
from workers.local.ports import Ports
from workers.local.processes import StackError
from workers.local.server import Seat, Server, answers

_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
_SETTINGS = """\
listeners.tcp.default = 127.0.0.1:{port}
heartbeat = 10
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.absolute = {memory}
# The log of the quorum queues: 512 MB by default, much for a folder that is thrown away.
raft.wal_max_size_bytes = 67108864
log.file.level = warning
# RabbitMQ 4 refuses more than 16 MiB by itself; what comes is to be parked with either version.
max_message_size = 134217728
"""
_IDLE = "+sbwt none +sbwtdcpu none +sbwtdio none"
"""Schedulers that have nothing to do do not spin: three nodes share the cores with all else."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Regular expressions over names of exchanges and queues; what is not given is not allowed."""

    configure: str = "^$"
    write: str = "^$"
    read: str = "^$"


class Rabbit(Server):
    """The broker. Users, permissions and virtual hosts are made through `ctl`."""

    variable = "DSR_AMQP_URL"

    def __init__(self, folder: Path, ports: Ports, seat: Seat) -> None:
        """Nothing is started yet."""
        super().__init__(folder, ports, seat.name)
        self.port_names = (self.name, f"{self.name}_dist")
        self._seat = seat
        # The folder of the first node: one cookie, and one port mapper, for all.
        self._home = folder.resolve() / seat.names[0]
        self._mapper = PortMapper(self._home, ports)

    @property
    def port(self) -> int:
        """Where it speaks AMQP."""
        return self._ports[self.name]

    @property
    def url(self) -> str:
        """The addresses of the default virtual host, on every node, as `guest`."""
        return self._on_every_node("guest:guest", "")

    def url_of(self, vhost: str, user: str = "guest", password: str = "guest") -> str:  # noqa: S107 - the broker's default, on loopback only
        """The addresses of a virtual host for a user, on every node."""
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return self._on_every_node(who, f"/{quote(vhost, safe='')}")

    def _on_every_node(self, who: str, path: str) -> str:
        ports = (self._ports[name] for name in self._seat.names)
        return ",".join(f"amqp://{who}@127.0.0.1:{port}{path}" for port in ports)

    @property
    def node(self) -> str:
        """What Erlang calls it."""
        return _node(self.name)

    @property
    def helpers(self) -> tuple[str, ...]:
        """The port mapper's."""
        return (self._mapper.mark,)

    @property
    def address(self) -> str:
        """Of this node alone."""
        return f"amqp://127.0.0.1:{self.port}"

    @property
    def has_joined(self) -> bool:
        """Whether it knows its cluster; else it has yet to join the first node."""
        return self._joined.exists()

    @property
    def _joined(self) -> Path:
        return self.folder / "joined"

    async def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints for these arguments; takes about a second."""
        process = await asyncio.create_subprocess_exec(
            str(_scripts() / "rabbitmqctl"),
            "--quiet",
            "--node",
            self.node,
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
        """Starts the port mapper first."""
        _scripts()  # says what to install
        await self._mapper.start()
        await super().start()
        self._joined.touch()

    async def stop(self) -> None:
        """Ends it in good order; the last node takes the port mapper along."""
        await super().stop()
        others = (self._home.parent / name for name in self._seat.names if name != self.name)
        if not any(processes.find(str(other)) for other in others):
            await self._mapper.stop(self.patience)

    def _launch(self) -> None:
        scripts = _scripts()
        self._ports.claim(*self.port_names)
        self._write_settings(scripts)
        processes.spawn(
            [str(scripts / "rabbitmq-server")], self._environment(), self.log, self.mark
        )

    def _write_settings(self, scripts: Path) -> None:
        """Own settings throughout, so that nothing of /etc/rabbitmq is read."""
        settings = _SETTINGS.format(port=self.port, memory="1GB" if self._seat.alone else "512MB")
        (self.folder / "rabbitmq.conf").write_text(settings + self._peers())
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

    def _peers(self) -> str:
        """Whom a node joins that starts for the first time; queues are led by all of them."""
        if self._seat.alone:
            return ""
        # Else the node that declares the queues leads them all.
        balanced = "queue_leader_locator = balanced\n"
        if not self._seat.number:
            return balanced  # the first one stands by itself until the others come
        nodes = (_node(self._seat.names[0]), self.node)
        return (
            f"{balanced}cluster_formation.peer_discovery_backend = classic_config\n"
            f"cluster_formation.classic_config.nodes.1 = {nodes[0]}\n"
            f"cluster_formation.classic_config.nodes.2 = {nodes[1]}\n"
        )

    async def _ready(self) -> bool:
        protocol_header = b"AMQP\x00\x00\x09\x01"
        connection_start = b"\x01\x00\x00"
        return await answers(self.port, protocol_header, connection_start)

    def _environment(self) -> Mapping[str, str]:
        folder = self.folder
        return {
            "HOME": str(self._home),
            "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._mapper.port),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            # Without it the script stays as a parent that has to pass signals on.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_DIST_PORT": str(self._ports[f"{self.name}_dist"]),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "" if self._seat.alone else _IDLE,
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
        }


def _node(name: str) -> str:
    """The Erlang node of a server: `rabbit` is `dsr`, `rabbit-2` is `dsr-2`."""
    return f"dsr{name.removeprefix('rabbit')}@localhost"


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
