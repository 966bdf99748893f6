"""How often a page may be used: from one address, and from all addresses together.

`limits` reads the rules (`60/10 minutes`). The counts of all processes lie in MongoDB (`Attempts`),
and a window ends by the database's clock. The storage for MongoDB that `limits` has was not taken:
it ends windows by this machine's clock, so that one a day ahead would shut everybody out for a
day; it makes its indexes on the way, with a client of its own; and a visitor would wait for it.
Here nobody waits: a process counts on what it knows, and asks the database beside the answers.

What is counted is an address, never a person: nobody can use up what is somebody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final, Protocol

from limits import RateLimitItem, parse

from schemas.errors import DsrError, SettingsError

EVERY: Final = 0.1
"""Seconds until the others know what this process has counted."""
MOST: Final = 20_000
"""Windows that are remembered here; the database remembers all."""
_SITE: Final = 64
"""Bits of an IPv6 address that a household or office has in common."""
_ALL: Final = "all"
_Name = tuple[str, str]
"""Of a window: kind of page, and address."""


class Counts(Protocol):
    """Counts for all processes."""

    async def add(self, name: str, within: timedelta, n: int) -> tuple[int, float]:
        """So many more; how many there are in this window, and in how many seconds it ends."""


@dataclass(slots=True)
class _Window:
    """What is known of one, and when it ends by the loop's clock."""

    ends_at: float
    known: int = 0
    untold: int = 0
    telling: bool = False


class Rates:
    """The rules, and the windows that are open now. Use within one event loop."""

    def __init__(
        self,
        counts: Counts | None,
        digest: Callable[[bytes], str],
        rules: Mapping[str, str],
        together: str,
    ) -> None:
        """`rules`: per kind of page the rule for one address; an empty one is none.

        Without `counts` no other process hears of what this one has counted.
        """
        self._counts = counts
        self._digest = digest
        self._rules = {kind: _rule(f"DSR_LIMIT_{kind}", text) for kind, text in rules.items()}
        self._together = _rule("DSR_LIMIT_ALL", together)
        self._windows: dict[_Name, _Window] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def admit(self, kind: str, address: str) -> float | None:
        """None, and it is counted; or in how many seconds to come again."""
        now = asyncio.get_running_loop().time()
        counted = [
            (name, rule, self._window(name, rule, now))
            for name, rule in (
                ((kind, _site(address)), self._rules[kind]),
                ((kind, _ALL), self._together),
            )
            if rule is not None
        ]
        full = [
            window.ends_at - now
            for _, rule, window in counted
            if window.known + window.untold >= rule.amount
        ]
        if full:
            return max(full)
        for name, rule, window in counted:
            window.untold += 1
            self._tell(name, rule, window)
        return None

    def _window(self, name: _Name, rule: RateLimitItem, now: float) -> _Window:
        found = self._windows.get(name)
        if found is None or found.ends_at <= now:
            self._make_room(now)
            found = self._windows[name] = _Window(now + rule.get_expiry())
        return found

    def _make_room(self, now: float) -> None:
        if len(self._windows) < MOST:
            return
        self._windows = {n: one for n, one in self._windows.items() if one.ends_at > now}
        for name in list(self._windows)[: len(self._windows) - MOST + 1]:
            del self._windows[name]

    def _tell(self, name: _Name, rule: RateLimitItem, window: _Window) -> None:
        if self._counts is not None and not window.telling:
            window.telling = True
            task = asyncio.create_task(self._told(self._counts, name, rule, window))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _told(
        self, counts: Counts, name: _Name, rule: RateLimitItem, window: _Window
    ) -> None:
        """While the database is away each process goes on with its own count."""
        within, (kind, site) = timedelta(seconds=rule.get_expiry()), name
        # Who came stands nowhere in clear.
        key = f"page:{kind}:{site if site == _ALL else self._digest(site.encode())}"
        while window.untold:
            await asyncio.sleep(EVERY)
            new, window.untold = window.untold, 0
            window.known += new
            try:
                known, left = await counts.add(key, within, new)
            except DsrError:
                continue
            window.known = known
            window.ends_at = asyncio.get_running_loop().time() + left
        window.telling = False


def _rule(name: str, text: str) -> RateLimitItem | None:
    try:
        return parse(text) if text else None
    except ValueError:
        raise SettingsError(f"{name.upper()} is not usable: write it as 60/10 minutes") from None


@lru_cache(4096)
def _site(address: str) -> str:
    """Whoever has one address of IPv6 has a whole network of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if (mapped := found.ipv4_mapped) is not None:
        return str(mapped)
    return str(ip_network((found.packed[: _SITE // 8] + bytes(8), _SITE)))
