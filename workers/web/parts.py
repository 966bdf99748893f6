"""What the pages work with, built once by `workers.wiring`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Protocol, Self

from schemas.datamap import DataMap
from schemas.disclosure import DisclosureWish, Permission
from workers import wiring
from workers.notices import Notices
from workers.ports import Policy
from workers.runtime.house import House


class Signers(Protocol):
    """Knows the recipients' secrets."""

    def who(
        self, recipients: Iterable[str], headers: Mapping[str, str], body: bytes
    ) -> frozenset[str]:
        """Those of the recipients who may have signed this body, within five minutes of now."""


class Processors(Protocol):
    """Knows the certificates of those who speak OpenDSR."""

    def who(self, headers: Mapping[str, str], body: bytes) -> frozenset[str]:
        """Those of the recipients whose signature this is."""


class Doors(Protocol):
    """The codes and sessions of recipients' pages."""

    async def new_code(self, name: str, good_for: timedelta) -> tuple[int, datetime] | None:
        """The number of a fresh one, and what time it is; None where too many were sent."""

    async def count_try(self, name: str) -> int | None:
        """The number of the one that is to be typed in, with this try counted."""

    async def open_door(self, name: str, number: int, session: str, lasts: timedelta) -> bool:
        """It was right, and is used up."""

    async def is_open(self, name: str, session: str) -> bool:
        """Whether this session lives."""


class Postman(Protocol):
    """Writes to people at recipients."""

    def token(self, name: str) -> str:
        """The token of the link to this recipient's page."""

    async def send_code(  # noqa: PLR0913 - a code, to whom, and which
        self, to: str, language: str, code: str, *, number: int, name: str, at: datetime
    ) -> bool:
        """Send the code of the page."""


class DisclosureGate(Protocol):
    """Decides what may be passed on."""

    async def may_disclose(self, wish: DisclosureWish, now: datetime) -> Permission:
        """Whether it may; where the wish says so, recorded as done."""


class ServiceKeys(Protocol):
    """Knows the company's other systems."""

    def who(self, key: str) -> str | None:
        """Whose key that is."""


@dataclass(frozen=True, slots=True)
class ThirdParties:
    """What recipients' pages, callbacks, and the disclosure gate work with."""

    processors: Processors
    notices: Notices
    doors: Doors
    post: Postman
    gate: DisclosureGate
    service_keys: ServiceKeys


class PackageContents(Protocol):
    """Knows what was collected for access requests."""

    async def open(self, package: str) -> AsyncIterator[bytes] | None:
        """The package as one ZIP, piece by piece; None where it is destroyed."""


class Receipts(Protocol):
    """Knows what was issued for completed requests."""

    async def receipts(self, requests: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """The signed receipts of these requests, by id; of each the newest revision."""


class Intake(Protocol):
    """The way in of the pages, as the channel `web`."""

    async def submission(self, body: bytes, patience: float) -> str | None:
        """Publish it; the tracking code where registration says one within these seconds."""

    async def proof(self, body: bytes) -> None:
        """Publish it; what comes of it is told by mail alone."""

    async def withdrawal(self, body: bytes) -> None:
        """The same."""


class Figures(Protocol):
    """What Prometheus reads."""

    async def text(self) -> bytes:
        """The page; `SettingsError` where something is missing for it."""


class Drafts(Protocol):
    """Seals what travels through a visitor's browser, for a while."""

    def seal(self, purpose: str, content: bytes) -> str:
        """Something that only we can read, and nobody can alter or use for another purpose."""

    def open(self, purpose: str, sealed: str) -> tuple[bytes, bool] | None:
        """The content, and whether its time is not over; None for what we did not seal for it."""


class Rates(Protocol):
    """Knows how often which address came."""

    def admit(self, kind: str, address: str) -> float | None:
        """None, and it is counted; or in how many seconds to come again."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the request form and the page for a code need: they only publish."""

    datamap: DataMap
    policy: Policy
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    """Per server that is needed, whether it answers."""
    intake: Intake
    drafts: Drafts
    rates: Rates | None = None
    """None: whoever comes may come as often as they like."""
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = ()

    @classmethod
    def of(cls, built: wiring.Form) -> Self:
        """From what `workers.wiring` has connected."""
        return cls(
            built.datamap,
            built.policy,
            built.ready,
            built.intake,
            built.drafts,
            wiring.build_rates(built.settings),
            built.settings.trusted_proxies,
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts. Addresses and languages come from the house's policy."""

    house: House
    datamap: DataMap
    signers: Signers
    packages: PackageContents
    receipts: Receipts
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    """Per server that is needed, whether it answers."""
    intake: Intake
    drafts: Drafts
    desk: wiring.Parts | None = None
    """What the desk works with; None where these pages are served without it."""
    third_parties: ThirdParties | None = None
    """None: no pages and callbacks of recipients, only their acknowledgements."""
    rates: Rates | None = None
    """None: whoever comes may come as often as they like."""
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = ()
    figures: Figures | None = None
    figures_token: str = ""
    """Whoever has it reads the figures on the pages' own port; empty: nobody."""

    @property
    def form(self) -> Form:
        """Those that only publish."""
        return Form(
            self.datamap,
            self.house.tools.policy,
            self.ready,
            self.intake,
            self.drafts,
            self.rates,
            self.trusted_proxies,
        )

    @classmethod
    def of(cls, built: wiring.Parts) -> Self:
        """From what `workers.wiring` has connected."""
        return cls(
            house=built.house,
            datamap=built.datamap,
            signers=built.signers,
            packages=built.packages,
            receipts=built.audit_log,
            ready=lambda: wiring.ready(built),
            intake=built.intake,
            drafts=built.drafts,
            desk=built,
            rates=wiring.build_rates(built.settings, built.attempts, built.tokens.digest),
            trusted_proxies=built.settings.trusted_proxies,
            figures=built.figures,
            figures_token=built.settings.metrics_token,
            third_parties=ThirdParties(
                processors=built.processors,
                notices=Notices(built.house, built.requests, built.recipients.read),
                doors=built.recipient_states,
                post=built.post,
                gate=built.subject_data,
                service_keys=built.service_keys,
            ),
        )
