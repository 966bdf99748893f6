"""The broker's users of the demo: each channel its own, which may do no more than it must."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping

from schemas.messages import EVENTS, INTAKE
from workers.local.rabbit import Permissions
from workers.local.stack import Stack

OBSERVER = "observer"
"""Listens to what happens, as a downstream system would."""
_OWN_QUEUE = r"amq\.gen-.*"
CHANNEL = Permissions(write=f"^{re.escape(INTAKE)}$")
"""Answers come by the broker's direct reply-to, which asks for no permission."""
LISTENER = Permissions(
    configure=f"^{_OWN_QUEUE}$",
    write=f"^{_OWN_QUEUE}$",
    read=f"^({_OWN_QUEUE}|{re.escape(EVENTS)})$",
)


class BrokerUsers:
    """Who connects as whom; with a broker that is not ours, everybody as its address says."""

    def __init__(self, stack: Stack, url: str, channels: Iterable[str]) -> None:
        self._stack = stack
        self._external = url if stack.rabbit.variable in stack.external else None
        self._names = {OBSERVER: OBSERVER} | {name: f"intake-{name}" for name in channels}
        self._passwords = {name: secrets.token_hex(16) for name in self._names}

    async def create(self) -> None:
        """Make them, all in one go: each call of the broker's tool takes a second."""
        if self._external is not None:
            return
        await self._stack.rabbit.ctl("eval", self._expression())

    def url(self, name: str) -> str:
        """The broker's address for a channel, or for the observer."""
        if self._external is not None:
            return self._external
        return self._stack.rabbit.url_of("/", self._names[name], self._passwords[name])

    def of_channels(self) -> Mapping[str, str]:
        """Per channel its user (DSR_CHANNEL_USERS); nothing where there are none of ours."""
        if self._external is not None:
            return {}
        return {name: user for name, user in self._names.items() if name != OBSERVER}

    def _expression(self) -> str:
        made = []
        for name, user in self._names.items():
            may = LISTENER if name == OBSERVER else CHANNEL
            patterns = ", ".join(_binary(p) for p in (may.configure, may.write, may.read))
            made.append(
                f"rabbit_auth_backend_internal:add_user({_binary(user)}, "
                f'{_binary(self._passwords[name])}, <<"dsr">>), '
                f"rabbit_auth_backend_internal:set_permissions({_binary(user)}, "
                f'<<"/">>, {patterns}, <<"dsr">>)'
            )
        return ", ".join(made) + "."


def _binary(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'<<"{escaped}">>'
