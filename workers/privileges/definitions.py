"""RabbitMQ definitions: topology, and the users of all roles with their permissions. Pure.

What is committed has no passwords: an empty hash is a user as whom nobody can log in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas.datamap import DataMap
from workers.ports.privileges import BrokerUser
from workers.privileges.resolve import Names, broker_user
from workers.privileges.roles import recipient_queues, roles
from workers.runtime.topology import Queue, recipient_queue, topology

NOBODY: Final = ""
"""The hash of no password."""


def users(
    wanted: Iterable[BrokerUser], hashes: Mapping[str, str], vhost: str
) -> dict[str, list[dict[str, Any]]]:
    """Users and their permissions, as RabbitMQ imports them; `hashes` are salted SHA-256."""
    some = list(wanted)
    return {
        "users": [
            {
                "name": user.name,
                "password_hash": hashes.get(user.name, NOBODY),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": [],
            }
            for user in some
        ],
        "permissions": [
            {
                "user": user.name,
                "vhost": vhost,
                "configure": user.configure,
                "write": user.write,
                "read": user.read,
            }
            for user in some
        ],
        "topic_permissions": [
            {"user": user.name, "vhost": vhost, "exchange": exchange, "write": keys, "read": "^$"}
            for user in some
            for exchange, keys in user.topics.items()
        ],
    }


def definitions(datamap: DataMap, names: Names, vhost: str = "/") -> dict[str, Any]:
    """All of it, for a broker that has nothing of ours yet."""
    wanted = topology()
    own = recipient_queues(datamap).values()
    queues = [*wanted.queues, *map(recipient_queue, own)]
    every = [broker_user(role, names) for role in roles(datamap).values()]
    return {
        "vhosts": [{"name": vhost}],
        **users(every, {}, vhost),
        "exchanges": [
            {
                "name": name,
                "vhost": vhost,
                "type": "topic",
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
            for name in (*wanted.exchanges, *own)
        ],
        "queues": [
            {
                "name": queue.name,
                "vhost": vhost,
                "durable": True,
                "auto_delete": False,
                "arguments": dict(queue.arguments),
            }
            for queue in queues
        ],
        "bindings": [one for queue in queues for one in _bindings(queue, vhost)],
    }


def _bindings(queue: Queue, vhost: str) -> Iterable[dict[str, Any]]:
    for exchange, key in queue.bindings:
        yield {
            "source": exchange,
            "vhost": vhost,
            "destination": queue.name,
            "destination_type": "queue",
            "routing_key": key,
            "arguments": {},
        }
