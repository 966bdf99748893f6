"""Looks at servers without changing anything: for `dsr doctor` and the health endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aio_pika
import aiosmtplib
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity

from schemas.errors import Unreachable
from workers.adapters import smtp_url
from workers.adapters.mongo import Client, connect, reaching

TIMEOUT = 5.0
READ = "find"


@dataclass(frozen=True, slots=True)
class BrokerSeen:
    """The broker as a worker's user sees it."""

    version: str
    missing: tuple[str, ...]
    unattended: Mapping[str, int]
    """Queues with messages and no consumer."""


@dataclass(frozen=True, slots=True)
class MongoSeen:
    """One database as our user sees it."""

    version: str
    replica_set: bool
    writable: bool
    readers_past_views: tuple[str, ...]


async def broker(url: str, queues: Sequence[str]) -> BrokerSeen:
    """Version, and the state of the queues."""
    missing: list[str] = []
    unattended: dict[str, int] = {}
    try:
        connection = await aio_pika.connect(url, timeout=TIMEOUT)
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


async def mongo(url: str, database: str) -> MongoSeen:
    """Version, replica set, and what this user and others may do in the database."""
    client = connect(url)
    try:
        with reaching("MongoDB"):
            hello = await client.admin.command("hello")
            build = await client.admin.command("buildInfo")
            status = await client.admin.command({"connectionStatus": 1, "showPrivileges": True})
        auth = status["authInfo"]
        privileges = auth.get("authenticatedUserPrivileges", [])
        writable = not auth["authenticatedUsers"] or any(
            "update" in p["actions"] and p["resource"].get("db") in {database, ""}
            for p in privileges
        )
        return MongoSeen(
            version=build["version"],
            replica_set="setName" in hello or hello.get("msg") == "isdbgrid",
            writable=writable,
            readers_past_views=await _readers(client, database) if privileges else (),
        )
    finally:
        client.close()


async def _readers(client: Client, database: str) -> tuple[str, ...]:
    with reaching("MongoDB"):
        answer = await client[database].command({"usersInfo": 1, "showPrivileges": False})
    broad = {"read", "readWrite", "readAnyDatabase", "readWriteAnyDatabase", "root", "dbOwner"}
    return tuple(
        user["user"]
        for user in answer["users"]
        if any(role["role"] in broad for role in user["roles"])
    )


async def mail(url: str) -> str:
    """The mail server's name."""
    server = smtp_url.parse(url)
    client = aiosmtplib.SMTP(
        hostname=server.host, port=server.port, use_tls=server.tls, timeout=TIMEOUT
    )
    try:
        await client.connect()
        answer = await client.ehlo()
        await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise Unreachable(
            "the mail server does not answer; check DSR_SMTP_URL and the server"
        ) from error
    return answer.message.splitlines()[0][:80]


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
