"""Who connects as whom: every process of the demo has users of its own, as in earnest.

With a server that is not ours no users are made on any: everybody connects as its address says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workers import wiring
from workers.local.stack import Stack
from workers.settings import Settings

OBSERVER = "events"
"""Listens to what happens, as a downstream system would."""
_SERVERS = ("DSR_AMQP_URL", "DSR_MONGO_URL")


class Users:
    """The users of all roles; `administrator` names who makes them."""

    def __init__(self, stack: Stack, folder: Path, administrator: Mapping[str, str]) -> None:
        self._stack = stack
        self._folder = folder
        self._fixed = any(name in stack.external for name in _SERVERS)
        self.administrator = {name: administrator[name] for name in _SERVERS}

    async def make(self, settings: Settings) -> None:
        """Make them; the broker's all in one go, since each call of its tool takes a second."""
        if self._fixed:
            return
        await wiring.make_users(settings, self._folder)
        await self._stack.rabbit.load(self._folder / wiring.IMPORT)

    def of(self, role: str) -> dict[str, str]:
        """The settings that a process of this role starts with."""
        if self._fixed:
            return self.administrator
        return {file.name: file.read_text().strip() for file in (self._folder / role).iterdir()}

    def of_channel(self, name: str) -> dict[str, str]:
        """Those of an intake channel."""
        return self.of(f"channel-{name}")
