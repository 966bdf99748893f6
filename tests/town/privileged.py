"""A town in which every process has users of its own, on servers that let nobody else in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
async def open_privileged_town(stack: Stack, folder: Path) -> AsyncIterator[Privileged]:
    """Users made, one process for each stage at work; its own mongod, the broker of the others."""
    beside = {"DSR_AMQP_URL": stack.rabbit.url, "DSR_SMTP_URL": stack.smtp.url}
    with folder_for_servers("dsr-users-") as servers:
        async with Stack(Path(servers), auth=True, environment=beside) as own:
            env = await place(stack) | {"DSR_MONGO_URL": own.mongo.url}
            async with open_town(folder, env, seed=_move_in) as town:
                roles = folder / "roles"
                with_users = ("init", "--with-users", str(roles))
                before = await dsr_here(*with_users, "--plan", settings=town.env)
                await dsr_here(*with_users, settings=town.env)
                await stack.rabbit.ctl("import_definitions", str(roles / wiring.IMPORT))
                after = await dsr_here(*with_users, "--plan", settings=town.env)
                town.users = users(roles)
                town.channel = Channels(town)  # type: ignore[assignment]
                await asyncio.gather(*(town.work(name) for name in STATIONS))
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
