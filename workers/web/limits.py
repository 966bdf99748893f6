"""Answers 429 to an address that comes too often, before anything is read or looked up.

So it is the same for known and unknown people. Counted are buttons, and what else asks a server:
a page that is only shown costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from workers.runtime import log
from workers.web.pages import Pages
from workers.web.parts import Rates

Kind = Literal["forms", "codes", "status", "links", "logins"]
Networks = Sequence[IPv4Network | IPv6Network]
Endpoint = Callable[[Request], Awaitable[Response]]
_MOST_HOPS: Final = 10


class Limits:
    """Wraps the endpoints that are counted."""

    def __init__(self, rates: Rates | None, trusted: Networks, pages: Pages) -> None:
        """Without `rates` nothing is counted."""
        self._rates = rates
        self._trusted = trusted
        self._pages = pages

    def on(self, kind: Kind, endpoint: Endpoint) -> Endpoint:
        """The same endpoint, for whoever does not come too often."""
        rates = self._rates
        if rates is None:
            return endpoint

        async def limited(request: Request) -> Response:
            seconds = rates.admit(kind, client_address(request, self._trusted))
            if seconds is None:
                return await endpoint(request)
            log.event("came_too_often", code=kind)
            wait = max(math.ceil(seconds), 1)
            return self._pages.show(
                request,
                "problems/too_often",
                status=429,
                headers={"retry-after": str(wait)},
                minutes=math.ceil(wait / 60),
            )

        return limited


def client_address(request: Request, trusted: Networks) -> str:
    """Who connected; behind proxies of ours the last one in `X-Forwarded-For` that is not ours.

    What stands further left in that header anybody may have written.
    """
    peer = request.client.host if request.client else "-"
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed(hops[-_MOST_HOPS:]):
        if not _is_in(peer, trusted) or not _is_address(hop.strip()):
            break
        peer = hop.strip()
    return peer


def _is_in(address: str, networks: Networks) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
