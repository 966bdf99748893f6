"""A town in which every process has users of its own, on servers that let nobody else in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aio_pika
from aio_pika.exceptions import ChannelClosed
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from tests.town import Town, open_town
from tests.town.channel import Channel
from tests.town.place import folder_for_servers, place
from tests.town.processes import dsr_here
from tests.town.table import people
from workers import wiring
from workers.local.stack import Stack
from workers.pipeline import STATIONS
from workers.ports.intake import Answer
from workers.privileges import CHANNELS

_UNAUTHORIZED: Final = 13
_NOTHING: Final = {"$set": {"nothing": True}}


class Channels:
    """What a town's channel does, each message by the channel that it names, as its own user."""

    def __init__(self, town: Town) -> None:
        self._lines = {
            name: Channel(town.env_as(f"channel-{name}")["DSR_AMQP_URL"]) for name in CHANNELS
        }

    async def submit(self, submission: dict[str, Any]) -> Answer:
        """Publish a submission."""
        return await self._lines[submission["channel"]].submit(submission)

    async def prove(self, tracking: str, code: str, *, channel: str, **other: Any) -> Answer:
        """Publish a proof."""
        return await self._lines[channel].prove(tracking, code, channel=channel, **other)

    async def answer(self, waiting: Answer) -> dict[str, Any]:
        """What registration or verification said."""
        return await self._lines["web"].answer(waiting)

    async def __aexit__(self, *error: object) -> None:
        for line in self._lines.values():
            await line.__aexit__(*error)


@dataclass(frozen=True)
class Privileged:
    """The town, the folder of what each role logs in with, and what its second making changed."""

    town: Town
    folder: Path
    plan_before: str
    plan_after: str


@asynccontextmanager
async def open_privileged_town(
    stack: Stack, folder: Path, *, apart: bool = True, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Privileged]:
    """Users made, all stages at work; its own mongod, the broker of the others.

    `apart`: each stage is a process of its own, under its own users; else all are one, as `worker`.
    """
    beside = {"DSR_AMQP_URL": stack.rabbit.url, "DSR_SMTP_URL": stack.smtp.url}
    with folder_for_servers("dsr-users-") as servers:
        async with Stack(Path(servers), auth=True, environment=beside) as own:
            env = await place(stack) | {"DSR_MONGO_URL": own.mongo.url}
            async with open_town(folder, env, seed=_move_in, settings=settings) as town:
                roles = folder / "roles"
                with_users = ("init", "--with-users", str(roles))
                before = await dsr_here(*with_users, "--plan", settings=town.env)
                await dsr_here(*with_users, settings=town.env)
                await stack.rabbit.ctl("import_definitions", str(roles / wiring.IMPORT))
                after = await dsr_here(*with_users, "--plan", settings=town.env)
                town.users = users(roles)
                town.channel = Channels(town)  # type: ignore[assignment]
                works = [town.work(name) for name in STATIONS] if apart else [town.work()]
                await asyncio.gather(*works)
                try:
                    yield Privileged(town, roles, before, after)
                finally:
                    await town.channel.__aexit__()


def users(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Per role, its settings, as a process reads them from its folder."""
    return {
        role.name: {file.name: file.read_text().strip() for file in role.iterdir()}
        for role in folder.iterdir()
        if role.is_dir()
    }


async def _move_in(town: Town) -> None:
    await town.insert(people())
    await town.init(indexes=True)
    for name in town.recipients:
        await dsr_here("recipient", "secrets", name, settings=town.env)


async def may_publish(connection: Any, exchange: str, key: str) -> bool:
    """Whether the broker takes it; what it takes goes nowhere, or to a stage that has ended."""
    channel = await connection.channel()
    to = (
        await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    )
    try:
        await to.publish(aio_pika.Message(b"{}"), key, mandatory=False, timeout=30)
    except ChannelClosed as error:
        return _not_refused(error)
    await channel.close()
    return True


async def may_read(connection: Any, queue: str) -> bool:
    """Whether the broker lets it take a message."""
    channel = await connection.channel()
    try:
        await (await channel.get_queue(queue, ensure=False)).get(fail=False, timeout=30)
    except ChannelClosed as error:
        return _not_refused(error)
    await channel.close()
    return True


def _not_refused(error: ChannelClosed) -> bool:
    if "ACCESS_REFUSED" not in str(error):
        raise error
    return False


async def may_declare(connection: Any, queue: str) -> bool:
    """Whether the broker lets it make a queue."""
    channel = await connection.channel()
    try:
        await channel.declare_queue(queue, durable=True, timeout=30)
    except ChannelClosed as error:
        return _not_refused(error)
    return True


def logged_in(town: Town, role: str) -> AsyncMongoClient[dict[str, Any]]:
    """A client of this role's user."""
    return AsyncMongoClient(town.env_as(role)["DSR_MONGO_URL"])


async def may(client: AsyncMongoClient[dict[str, Any]], town: Town, what: str) -> bool:
    """Whether the server lets it: each command would change nothing, had it the right to."""
    action, _, where = what.partition(" ")
    place, _, collection = where.partition(".")
    names = {"own": "DSR_DB", "keys": "DSR_KEYS_DB", "company": "DSR_SUBJECT_DB"}
    commands: dict[str, dict[str, Any]] = {
        "find": {"find": collection, "filter": {"_id": "nobody"}},
        "insert": {"insert": collection, "documents": [{"_id": ["not an id"]}]},
        "update": {"update": collection, "updates": [{"q": {"_id": "nobody"}, "u": _NOTHING}]},
        "remove": {"delete": collection, "deletes": [{"q": {"_id": "nobody"}, "limit": 1}]},
        "drop": {"drop": collection},
    }
    try:
        await client[town.env[names.get(place, "DSR_ARCHIVE_DB")]].command(commands[action])
    except OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        return False
    return True
