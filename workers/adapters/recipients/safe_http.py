"""Outgoing HTTP that cannot be led astray (rules of security, 11).

One endpoint calls one address of the data map and nothing else. Its name is resolved once for each
call, every address is judged, and the very address that was judged is the one that is called. No
redirects, cookies or proxies: nothing here knows of them. One deadline, small answers.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlsplit

from schemas.datamap.addresses import address_fault, url_fault
from schemas.errors import PutOff
from workers.adapters.recipients.http1 import Answer, Connection

CONNECT_SECONDS: Final = 3.0
KEEP_SECONDS: Final = 4.0
"""Shorter than the five seconds after which many servers hang up: who reuses must be first."""

_PORTS: Final = {"https": 443, "http": 80}
_READY_TARGET: Final = "%/?:@!$&'()*+,;=-._~"


class Endpoint:
    """One URL, and what lies below it, called over kept connections of its own.

    Its own, so that a TLS connection that was checked for one host is never used for another that
    happens to live at the same address.
    """

    def __init__(self, url: str, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._forbidden = url_fault(url, allow_private=allow_private) is not None
        split = urlsplit(url)
        self._host = _ascii(split.hostname or "")
        self._port = split.port or _PORTS.get(split.scheme, 0)
        self._tls = split.scheme == "https"
        self._target = quote(split._replace(scheme="", netloc="").geturl() or "/", _READY_TARGET)
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self._authority = shown if split.port is None else f"{shown}:{split.port}"
        self._kept: list[tuple[str, Connection]] = []
        self._lookup: asyncio.Future[list[str]] | None = None

    async def post(
        self, body: bytes, headers: Mapping[str, str], seconds: float, *, below: str = ""
    ) -> Answer:
        """Send once and read the answer, all within so many seconds; `PutOff` with a code."""
        return await self._call("POST", below, body, headers, seconds)

    async def get(self, seconds: float, *, below: str = "") -> Answer:
        """Ask for what lies there; `below` is a path of ours, such as `/requests/<id>`."""
        return await self._call("GET", below, b"", {}, seconds)

    def close(self) -> None:
        """Drop the kept connections."""
        while self._kept:
            self._kept.pop()[1].abort()

    async def _call(
        self, method: str, below: str, body: bytes, headers: Mapping[str, str], seconds: float
    ) -> Answer:
        target = self._target.rstrip("/") + below if below else self._target
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._addresses()
                place = self._take_kept(addresses) or await self._connect(addresses)
                return await self._send(place, method, target.encode(), body, headers)
        except TimeoutError:
            raise PutOff("timeout") from None

    async def _send(
        self,
        place: tuple[str, Connection],
        method: str,
        target: bytes,
        body: bytes,
        headers: Mapping[str, str],
    ) -> Answer:
        address, connection = place
        try:
            answer = await connection.send(
                method,
                target,
                [
                    ("host", self._authority),
                    ("user-agent", "dsr-workers"),
                    ("accept", "application/json"),
                    ("accept-encoding", "identity"),
                    ("content-length", str(len(body))),
                    *headers.items(),
                ],
                body,
            )
        except BaseException:
            connection.abort()
            raise
        if connection.open:
            self._kept.append((address, connection))
        return answer

    def _take_kept(self, addresses: list[str]) -> tuple[str, Connection] | None:
        """The connection used last, if it still stands and its address is still the name's."""
        oldest = asyncio.get_running_loop().time() - KEEP_SECONDS
        while self._kept:
            address, connection = self._kept.pop()
            if connection.open and connection.used_at > oldest and address in addresses:
                return address, connection
            connection.abort()
        return None

    async def _connect(self, addresses: list[str]) -> tuple[str, Connection]:
        """The first address that lets us in; nothing has been sent to those before it."""
        code = "connect_failed"
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    _, connection = await asyncio.get_running_loop().create_connection(
                        Connection,
                        address,
                        self._port,
                        ssl=trusted_authorities() if self._tls else None,
                        # The certificate is checked against the name, not against the address.
                        server_hostname=self._host if self._tls else None,
                    )
            except ssl.SSLError:
                code = "tls_failed"
            except TimeoutError:
                code = "timeout"
            except OSError:
                code = "connect_failed"
            else:
                return address, connection
        raise PutOff(code)

    async def _addresses(self) -> list[str]:
        if self._forbidden:
            raise PutOff("address_forbidden")
        try:
            found = [ip_address(self._host)]
        except ValueError:
            found = [ip_address(text) for text in await self._resolve()]
        if any(address_fault(one, allow_private=self._allow_private) for one in found):
            # One bad address spoils all: a name that leads inside and outside is a trap.
            raise PutOff("address_forbidden")
        return [str(one) for one in found]

    async def _resolve(self) -> list[str]:
        """One lookup at a time, shared by whoever waits: a dead resolver holds one thread only."""
        if self._lookup is None or self._lookup.done():
            self._lookup = asyncio.ensure_future(look_up(self._host, self._port))
        try:
            return await asyncio.shield(self._lookup)
        except OSError as error:
            raise PutOff("name_not_found") from error


async def look_up(host: str, port: int) -> list[str]:
    """Every address of a name, in the order in which the system would try them."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    # A scope (`%eth0`) stays: such an address is not global, and is refused as it stands.
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host  # `url_fault` has said so already, and nothing will be called


@cache
def trusted_authorities() -> ssl.SSLContext:
    """The system's authorities, and `SSL_CERT_FILE`; made once, since reading them takes long."""
    return ssl.create_default_context()
