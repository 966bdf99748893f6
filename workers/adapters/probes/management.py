"""RabbitMQ's management API, the only place where policies can be read.

Policies are read as they were set, not as `policy` and `effective_policy_definition` of a queue:
those come with the statistics, of which 3.10 left a queue's policy out for more than nine seconds
and its operator policy for good. A queue that is not declared yet has neither.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from schemas.errors import DsrError, NotAllowed, SettingsError, Unreachable

TIMEOUT: Final = 5.0
_SETTING: Final = "DSR_AMQP_MANAGEMENT_URL"
_MOST_BYTES: Final = 10_000_000


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
class ManagementSeen:
    """What the management API tells of one virtual host."""

    policies: tuple[Policy, ...]
    permissions: Permissions | None
    """None: only an administrator may see them, or the user is not RabbitMQ's own."""


async def management(url: str, vhost: str, user: str) -> ManagementSeen:
    """Policies of both kinds, and what the user may do. `url` names whoever asks."""
    return await asyncio.to_thread(_read, url, vhost, user)


def _read(url: str, vhost: str, user: str) -> ManagementSeen:
    host = quote(vhost, safe="")
    api = _Api(url)
    try:
        policies = [
            _policy(entry, operator=kind != "policies")
            for kind in ("policies", "operator-policies")
            for entry in api.read(f"{kind}/{host}")
        ]
        try:
            may = api.read(f"permissions/{host}/{quote(user, safe='')}")
        except (NotAllowed, _NotThere):
            return ManagementSeen(tuple(policies), None)
        permissions = Permissions(may["configure"], may["write"], may["read"])
    except (KeyError, TypeError) as error:
        raise Unreachable(_not_it()) from error
    return ManagementSeen(tuple(policies), permissions)


def _policy(entry: Mapping[str, Any], *, operator: bool) -> Policy:
    return Policy(
        name=entry["name"],
        pattern=entry["pattern"],
        apply_to=entry["apply-to"],
        priority=entry["priority"],
        definition=entry["definition"],
        operator=operator,
    )


class _NotThere(DsrError):
    """The API knows no such thing."""

    code = "not_found"


class _Api:
    """One base address and who asks."""

    def __init__(self, url: str) -> None:
        try:
            split = urlsplit(url)
            self._port = split.port
        except ValueError as error:
            raise SettingsError(f"{_SETTING} is not an address") from error
        if split.scheme not in {"http", "https"} or not split.hostname:
            raise SettingsError(f"write {_SETTING} as http://user:password@host:15672")
        self._host, self._tls = split.hostname, split.scheme == "https"
        self._path = split.path.rstrip("/").removesuffix("/api")
        who = f"{unquote(split.username or 'guest')}:{unquote(split.password or 'guest')}"
        self._headers = {"Authorization": f"Basic {base64.b64encode(who.encode()).decode()}"}

    def read(self, what: str) -> Any:
        """The decoded answer to GET."""
        connection = self._connection()
        try:
            connection.request("GET", f"{self._path}/api/{what}", headers=self._headers)
            answer = connection.getresponse()
            body = answer.read(_MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(
                f"RabbitMQ's management API does not answer; check {_SETTING}, and that the plugin"
                " rabbitmq_management is enabled"
            ) from error
        finally:
            connection.close()
        if answer.status in {401, 403}:
            raise NotAllowed(
                f"the management API refuses the user of {_SETTING}: give it the tag"
                " `policymaker` and permissions on the virtual host"
            )
        if answer.status == http.client.NOT_FOUND:
            raise _NotThere(f"the management API knows no such virtual host; check {_SETTING}")
        try:
            return json.loads(body)
        except ValueError as error:
            raise Unreachable(_not_it()) from error

    def _connection(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT, context=context)


def _not_it() -> str:
    return f"what answers at {_SETTING} is not RabbitMQ's management API; check the address"
