"""Everything that the demo runs on, in one folder: servers, settings, workers, third parties."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workers import wiring
from workers.adapters.event_stream import served
from workers.adapters.tokens import create_secret
from workers.local.demo.cast import ERRANDS, KNOWN, RECIPIENTS
from workers.local.demo.mailbox import Mailbox
from workers.local.demo.members import sample_company
from workers.local.demo.programs import DSR, ROOT, Programs
from workers.local.demo.seeding import seed
from workers.local.demo.users import Users
from workers.local.ports import Ports
from workers.local.processes import StackError
from workers.local.server import answers
from workers.local.stack import Stack
from workers.settings import Settings

Tell = Callable[[str], None]
CHANNELS = tuple(dict.fromkeys(errand.channel for errand in ERRANDS))
START = 60
"""Seconds that a program may take to start."""
_LOOK_AGAIN = 0.05
"""Seconds between two looks at a program that is starting."""


@dataclass(frozen=True, slots=True)
class House:
    """What stands, for whoever plays in it."""

    folder: Path
    stack: Stack
    programs: Programs
    users: Users
    parts: wiring.Parts
    mailbox: Mailbox
    maildir: Path


@asynccontextmanager
async def open_house(folder: Path, tell: Tell) -> AsyncIterator[House]:
    """Servers up, company seeded, workers and recipients at work; all of it ended at the end."""
    async with AsyncExitStack() as exits:
        stack = Stack(folder / "servers", auth=True)
        drawing = asyncio.create_task(asyncio.to_thread(_company))
        exits.callback(drawing.cancel)
        await exits.enter_async_context(stack)
        names = ", ".join(_server_name(status) for status in stack.status())
        tell(f"servers are up: {names}")
        servers = stack.env()
        maildir = await _check(stack, servers)
        users = Users(stack, folder / "roles", servers)
        ports = Ports(folder / "ports.json")
        ports.claim("web", *RECIPIENTS)
        environment = servers | _settings(folder, ports)
        programs = await exits.enter_async_context(
            # Of the two servers each process is told for itself, as the users of its role.
            Programs(folder, {n: v for n, v in environment.items() if n not in users.administrator})
        )
        _create_secrets(folder)
        _start_recipients(programs, folder, ports)
        async with asyncio.TaskGroup() as work:
            work.create_task(users.make(_as_settings(environment)))
            init = programs.once([*DSR, "init", "--indexes"], environment=users.administrator)
            work.create_task(init)
            work.create_task(programs.meanwhile(_listening(ports)))
        tell(f"dsr init: broker and database are ready; {len(RECIPIENTS)} third parties listen")
        programs.start("worker", [*DSR, "worker"], users.of("worker"))
        programs.start("web", [*DSR, "web"], users.of("web"))
        parts = await exits.enter_async_context(wiring.open_parts(_as_settings(environment)))
        if stack.mongo.variable in stack.external:
            exits.push_async_callback(_drop_databases, parts)
        company = await drawing
        rows = sum(map(len, company.values()))
        await seed(parts, company)
        tell(f"{len(company['members'])} members, {rows:,} documents in {len(company)} collections")
        await _ready(programs, ports["web"])
        yield House(folder, stack, programs, users, parts, Mailbox(maildir), maildir)


async def _check(stack: Stack, servers: Mapping[str, str]) -> Path:
    """Where the mail arrives; `StackError` where servers that are not ours cannot be used."""
    if stack.rabbit.variable in stack.external and await served(
        servers["DSR_AMQP_URL"], "dsr.registration"
    ):
        raise StackError(
            "workers are at work on that broker already: unset DSR_AMQP_URL, "
            "or name a virtual host of the demo's own in it"
        )
    maildir = servers.get("DSR_MAILDIR") or os.environ.get("DSR_MAILDIR")
    if maildir is None:
        raise StackError(
            "codes are read from the mail that arrives: unset DSR_SMTP_URL, "
            "or name the Maildir of that mail server in DSR_MAILDIR"
        )
    return Path(maildir)


def _company() -> dict[str, list[dict[str, Any]]]:
    return sample_company(datetime.now(UTC).replace(microsecond=0), KNOWN)


def _server_name(status: Any) -> str:
    return f"{status.server} ({'yours' if status.external else status.address})"


def _settings(folder: Path, ports: Ports) -> dict[str, str]:
    run = f"dsr_demo_{secrets.token_hex(4)}"
    recipients = ",".join(f"{name}=http://127.0.0.1:{ports[name]}/" for name in RECIPIENTS)
    return {
        "DSR_DB": run,
        "DSR_KEYS_DB": f"{run}_keys",
        "DSR_SUBJECT_DB": f"{run}_company",
        "DSR_ARCHIVE_DB": f"{run}_archive",
        # Nobody waits for a day in a demo; elsewhere a deletion can be stopped meanwhile.
        "DSR_COOLING_OFF_HOURS": "0",
        "DSR_COOLING_OFF_YOUNG_HOURS": "0",
        "DSR_DATA_MAP": str(_data_map()),
        "DSR_KEYS": str(folder / "keys"),
        "DSR_SECRETS": str(folder / "secrets"),
        "DSR_RECIPIENT_URLS": recipients,
        "DSR_ALLOW_PRIVATE_RECIPIENTS": "true",
        "DSR_WEB_PORT": str(ports["web"]),
        "DSR_PUBLIC_URL": f"http://127.0.0.1:{ports['web']}",
        "DSR_MAIL_FROM": "privacy@smallmachines.example",
        "DSR_MAIL_DOMAIN": "smallmachines.example",
    }


def _data_map() -> Path:
    """In a wheel the maps stand beside this package, else at the root of the repository."""
    installed = Path(__file__).parents[1] / "datamaps" / "smallmachines.yaml"
    return installed if installed.is_file() else ROOT / "deploy/datamaps/smallmachines.yaml"


def _as_settings(environment: dict[str, str]) -> Settings:
    named = {name.removeprefix("DSR_").lower(): value for name, value in environment.items()}
    return Settings(**named)


def _create_secrets(folder: Path) -> None:
    for name in RECIPIENTS:
        create_secret(folder / "secrets", name, "out")
        create_secret(folder / "secrets", name, "in")


def _start_recipients(programs: Programs, folder: Path, ports: Ports) -> None:
    for name, manner in RECIPIENTS.items():
        arguments = ["-m", "workers.local.recipient", name, manner, str(ports[name])]
        programs.start(name, [*arguments, str(folder / "secrets")])


async def _listening(ports: Ports) -> None:
    for name in RECIPIENTS:
        await _until_it_answers(ports[name], b"", b"")


async def _ready(programs: Programs, port: int) -> None:
    """The pages answer, and nothing has ended meanwhile."""
    request, answer = b"GET /readyz HTTP/1.0\r\n\r\n", b"HTTP/1.1 200"
    await programs.meanwhile(_until_it_answers(port, request, answer))


async def _until_it_answers(port: int, say: bytes, expect: bytes) -> None:
    try:
        async with asyncio.timeout(START):
            while not await answers(port, say, expect):  # noqa: ASYNC110 - another process
                await asyncio.sleep(_LOOK_AGAIN)
    except TimeoutError:
        raise StackError(f"nothing answers on port {port} of 127.0.0.1 after {START} s") from None


async def _drop_databases(parts: wiring.Parts) -> None:
    """On a server that is not ours nothing stays behind."""
    settings = parts.settings
    for name in (
        settings.db,
        settings.keys_database,
        settings.subject_db,
        settings.archive_db,
    ):
        await parts.client.drop_database(name)
