"""One connection of a process to RabbitMQ, made anew after it was lost, and its channels."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from schemas.errors import Unreachable
from workers.adapters.amqp_lines import AWAY, CALL_TIMEOUT, end_line, line_may_break, within
from workers.adapters.amqp_nodes import Nodes

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel, AbstractConnection


class Link:
    """One connection to one of the nodes, opened when first needed and again after it was lost."""

    def __init__(self, urls: str, name: str) -> None:
        """`name` is what the broker's own tools show for it."""
        self._nodes = Nodes(urls)
        self.user = self._nodes.user
        self._name = name
        self._connection: AbstractConnection | None = None
        self._lock = asyncio.Lock()

    async def channel(self, *, confirms: bool = False) -> AbstractChannel:
        """A new channel; `Unreachable` if there is none to be had now.

        The driver may call a connection open that is broken: one that gives no channel is dropped.
        """
        connection = await self.connection()
        try:
            with line_may_break():
                opening = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
                return await within(CALL_TIMEOUT, opening)
        except AWAY as error:
            await self._drop(connection)
            raise Unreachable("the line to RabbitMQ broke") from error

    async def connection(self) -> AbstractConnection:
        """The living connection; `Unreachable` if there is none to be had now."""
        async with self._lock:
            if self._connection is not None and not _lives(self._connection):
                await self._drop(self._connection)
            if self._connection is None:
                try:
                    with line_may_break():
                        self._connection = await self._nodes.connect(self._name)
                except AWAY as error:
                    raise Unreachable(
                        "RabbitMQ does not answer; check DSR_AMQP_URL and the server"
                    ) from error
            return self._connection

    async def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await end_line(connection.close())

    async def _drop(self, connection: AbstractConnection) -> None:
        if connection is self._connection:  # else somebody else has seen to it
            self._nodes.skip()
            await self.close()


def _lives(connection: AbstractConnection) -> bool:
    """Whether it can still be used; `is_closed` alone speaks only of those that we closed."""
    return connection.connected.is_set() and not connection.is_closed
