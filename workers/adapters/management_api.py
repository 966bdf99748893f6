"""RabbitMQ's management API: what is asked of it, and what is told to it."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from schemas.errors import DsrError, NotAllowed, SettingsError, Unreachable

TIMEOUT: Final = 5.0
_SETTING: Final = "DSR_AMQP_MANAGEMENT_URL"
_MOST_BYTES: Final = 10_000_000
_NEEDS: Final = "the tag `policymaker` and permissions on the virtual host"


class NotThere(DsrError):
    """The API knows no such thing."""

    code = "not_found"


class Refusal(DsrError):
    """The API understood, and would not."""

    code = "broker_refused"


class ManagementApi:
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
        try:
            return json.loads(self._ask("GET", what, None, _NEEDS))
        except ValueError as error:
            raise Unreachable(not_it()) from error

    def send(self, what: str, body: Any) -> None:
        """POST this, as an administrator."""
        self._ask("POST", what, json.dumps(body), "the tag `administrator`")

    def _ask(self, method: str, what: str, said: str | None, needs: str) -> bytes:
        connection = self._connection()
        headers = self._headers | ({"Content-Type": "application/json"} if said else {})
        try:
            connection.request(method, f"{self._path}/api/{what}", said, headers)
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
            raise NotAllowed(f"the management API refuses the user of {_SETTING}: give it {needs}")
        if answer.status == http.client.NOT_FOUND:
            raise NotThere(f"the management API knows no such virtual host; check {_SETTING}")
        if method == "POST" and answer.status >= http.client.BAD_REQUEST:
            raise Refusal(f"the management API did not take it (status {answer.status})")
        return body

    def _connection(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT, context=context)


def not_it() -> str:
    """What to say of an answer that it would never give."""
    return f"what answers at {_SETTING} is not RabbitMQ's management API; check the address"
