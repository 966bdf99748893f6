"""RabbitMQ as a worker's user sees it, through AMQP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity

from schemas.errors import Unreachable
from workers.adapters.amqp_nodes import Nodes

TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class BrokerSeen:
    """What the broker tells every client."""

    version: str
    missing: tuple[str, ...]
    unattended: Mapping[str, int]
    """Queues with messages and no consumer."""


def place_of(urls: str) -> tuple[str, str]:
    """The virtual host and the user of one or more AMQP addresses."""
    nodes = Nodes(urls)
    return nodes.vhost, nodes.user


async def broker(url: str, queues: Sequence[str]) -> BrokerSeen:
    """Version, and the state of the queues."""
    missing: list[str] = []
    unattended: dict[str, int] = {}
    try:
        connection = await Nodes(url).connect(timeout=TIMEOUT)
        async with connection:
            assert connection.transport is not None
            properties = connection.transport.connection.server_properties
            for name in queues:
                channel = await connection.channel()
                try:
                    queue = await channel.declare_queue(name, passive=True, timeout=TIMEOUT)
                except ChannelNotFoundEntity:
                    missing.append(name)
                    continue
                seen = queue.declaration_result
                if seen.message_count and not seen.consumer_count:
                    unattended[name] = seen.message_count
                await channel.close()
    except (AMQPError, OSError, TimeoutError) as error:
        raise Unreachable("RabbitMQ does not answer; check DSR_AMQP_URL and the server") from error
    return BrokerSeen(_text(properties.get("version", "?")), tuple(missing), unattended)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
