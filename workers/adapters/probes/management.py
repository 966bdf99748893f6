"""RabbitMQ's management API, the only place where policies and alarms can be read.

Policies are read as they were set, not as `policy` and `effective_policy_definition` of a queue:
those come with the statistics, of which 3.10 left a queue's policy out for more than nine seconds
and its operator policy for good. A queue that is not declared yet has neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from schemas.errors import NotAllowed, Unreachable
from workers.adapters.management_api import ManagementApi, NotThere, not_it


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of our virtual host, as it was set."""

    name: str
    pattern: str
    apply_to: str
    priority: int
    definition: Mapping[str, Any]
    operator: bool = False


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a user may do: regular expressions over names of exchanges and queues."""

    configure: str
    write: str
    read: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A node that is short of something, as long as which the cluster takes no message."""

    node: str
    resource: str
    """`memory` or `disk space`."""


@dataclass(frozen=True, slots=True)
class ManagementSeen:
    """What the management API tells of one virtual host, and of the cluster."""

    policies: tuple[Policy, ...]
    permissions: Permissions | None
    """None: only an administrator may see them, or the user is not RabbitMQ's own."""
    alarms: tuple[Alarm, ...] = ()


async def management(url: str, vhost: str, user: str) -> ManagementSeen:
    """Policies of both kinds, and what the user may do. `url` names whoever asks."""
    return await asyncio.to_thread(_read, url, vhost, user)


def _read(url: str, vhost: str, user: str) -> ManagementSeen:
    host = quote(vhost, safe="")
    api = ManagementApi(url)
    try:
        policies = [
            _policy(entry, operator=kind != "policies")
            for kind in ("policies", "operator-policies")
            for entry in api.read(f"{kind}/{host}")
        ]
        alarms = _alarms(api)
        try:
            may = api.read(f"permissions/{host}/{quote(user, safe='')}")
        except (NotAllowed, NotThere):
            return ManagementSeen(tuple(policies), None, alarms)
        permissions = Permissions(may["configure"], may["write"], may["read"])
    except (AttributeError, KeyError, TypeError) as error:
        raise Unreachable(not_it()) from error
    return ManagementSeen(tuple(policies), permissions, alarms)


def _alarms(api: ManagementApi) -> tuple[Alarm, ...]:
    """None where whoever asks may not see them, or the server is too old to tell."""
    try:
        # The answer is an error of the server's where there are some, with the same body.
        told = api.read("health/checks/alarms")
    except (NotAllowed, NotThere):
        return ()
    return tuple(Alarm(one["node"], one["resource"]) for one in told.get("alarms", ()))


def _policy(entry: Mapping[str, Any], *, operator: bool) -> Policy:
    return Policy(
        name=entry["name"],
        pattern=entry["pattern"],
        apply_to=entry["apply-to"],
        priority=entry["priority"],
        definition=entry["definition"],
        operator=operator,
    )
