"""The nodes of a RabbitMQ cluster: one address, or several that lead to the same virtual host.

`amqp://user:password@one/vhost,amqp://user:password@two/vhost`: whoever loses its node goes on with
the next one. The driver itself takes one address at a time.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import aio_pika
from aio_pika.exceptions import AMQPError

from schemas.errors import SettingsError
from workers.adapters.amqp_decoding import be_lenient
from workers.adapters.amqp_lines import CALL_TIMEOUT, within

if TYPE_CHECKING:
    from aio_pika.abc import AbstractConnection

HEARTBEAT = 10
_BETWEEN = re.compile(r"\s*,\s*(?=amqps?://)")
"""A comma inside of a password separates nothing."""
_HOST = re.compile(r"[^\s,/@]+")


class Nodes:
    """Connects to one node of several, in turn; what was lost last is tried last."""

    def __init__(self, urls: str) -> None:
        self._urls = _BETWEEN.split(urls.strip())
        if len({place_of(url) for url in self._urls}) > 1:
            raise SettingsError(
                "the addresses of DSR_AMQP_URL must name one user and one virtual host:"
                " they are the nodes of one cluster"
            )
        self.vhost, self.user = place_of(self._urls[0])
        # Processes spread over the nodes.
        self._first = os.getpid() % len(self._urls)

    async def connect(
        self, name: str | None = None, timeout: float = CALL_TIMEOUT
    ) -> AbstractConnection:
        """A new connection, so named; what the driver raises where no node gives one.

        `timeout` holds for each node.
        """
        be_lenient()
        properties: dict[str, Any] | None = {"connection_name": name} if name else None
        for left in reversed(range(len(self._urls))):
            url = self._urls[self._first]
            try:
                connecting = aio_pika.connect(
                    url, timeout=timeout, heartbeat=HEARTBEAT, client_properties=properties
                )
                return await within(2 * timeout, connecting)
            except (AMQPError, OSError, TimeoutError):
                if not left:
                    raise
                self.skip()
        raise AssertionError("there is at least one node")

    def skip(self) -> None:
        """Begin with the next node from now on: this one was lost."""
        self._first = (self._first + 1) % len(self._urls)


def place_of(url: str) -> tuple[str, str]:
    """The virtual host and the user of one AMQP address; `SettingsError` for what is none."""
    try:
        split = urlsplit(url)
        known = split.scheme in {"amqp", "amqps"} and split.port != 0
        right = known and _HOST.fullmatch(split.hostname or "") is not None
    except ValueError:  # of a port that is no number, or of brackets that do not close
        right = False
    if not right:
        raise SettingsError(
            "DSR_AMQP_URL is not an address of RabbitMQ: write it as"
            " amqp://user:password@host:5672/vhost, with % codes for special characters in the"
            " password; of a cluster all addresses, with a comma between"
        )
    return unquote(split.path[1:]) or "/", unquote(split.username or "guest")
