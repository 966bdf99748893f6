"""What the pages work with, built once by `workers.wiring`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from schemas.datamap import DataMap
from workers import wiring
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


class Intake(Protocol):
    """The way in of the pages, as the channel `web`."""

    async def submission(self, body: bytes, patience: float) -> str | None:
        """Publish it; the tracking code where registration says one within these seconds."""

    async def proof(self, body: bytes) -> None:
        """Publish it; what comes of it is told by mail alone."""

    async def withdrawal(self, body: bytes) -> None:
        """The same."""


class Drafts(Protocol):
    """Seals what travels through a visitor's browser, for a while."""

    def seal(self, purpose: str, content: bytes) -> str:
        """Something that only we can read, and nobody can alter or use for another purpose."""

    def open(self, purpose: str, sealed: str) -> tuple[bytes, bool] | None:
        """The content, and whether its time is not over; None for what we did not seal for it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts. Addresses and languages come from the house's policy."""

    house: House
    datamap: DataMap
    signers: Signers
    packages: PackageContents
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    """Per server that is needed, whether it answers."""
    intake: Intake
    drafts: Drafts
    desk: wiring.Parts | None = None
    """What the desk works with; None where these pages are served without it."""

    @classmethod
    def of(cls, built: wiring.Parts) -> Self:
        """From what `workers.wiring` has connected."""
        return cls(
            house=built.house,
            datamap=built.datamap,
            signers=built.signers,
            packages=built.packages,
            ready=lambda: wiring.ready(built),
            intake=built.intake,
            drafts=built.drafts,
            desk=built,
        )
