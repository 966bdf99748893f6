"""What the pages work with, built once by `workers.wiring`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.datamap import DataMap
from workers import wiring
from workers.ports import Publisher
from workers.runtime.house import House


class Signers(Protocol):
    """Knows the recipients' secrets."""

    def who(
        self, recipients: Iterable[str], headers: Mapping[str, str], body: bytes
    ) -> frozenset[str]:
        """Those of the recipients who may have signed this body, within five minutes of now."""


class PackageContents(Protocol):
    """Knows what was collected for access requests."""

    async def open(self, package: str) -> AsyncIterator[bytes] | None:
        """The package as one ZIP, piece by piece; None where it is destroyed."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts. Addresses and languages come from the house's policy."""

    house: House
    datamap: DataMap
    signers: Signers
    packages: PackageContents
    publisher: Publisher
    """Publishes as the channel `web`."""
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    """Per server that is needed, whether it answers."""
    desk: wiring.Parts | None = None
    """What the desk works with; None where these pages are served without it."""
