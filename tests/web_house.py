"""A house for tests of the pages: requests in memory, committed as the database commits them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
from starlette.applications import Starlette

from schemas.datamap import DataMap, parse
from schemas.errors import Unreachable
from schemas.lifecycle import Advance, Debtor, Status, Step
from schemas.notice import Notice, NoticeStatus
from schemas.request import Challenge, Request
from tests import web_intake
from tests.datamaps import small
from tests.fakes import Faults, MemorySubjects
from tests.fakes.sealer import MinjisSealer
from tests.web_intake import NoFigures, Taken, draft_sealer
from tests.web_links import LinkTokens
from workers.adapters.calendars import clocks
from workers.adapters.recipients.signatures import Signers, sign
from workers.adapters.tokens import create_secret
from workers.ports import Committed, Policy, Publication, Tools
from workers.runtime.house import House
from workers.web import Parts, ThirdParties, create_app
from workers.web.parts import Rates

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NOTICE = "01935f3e-0000-7000-8000-00000000000a"
OTHER_NOTICE = "01935f3e-0000-7000-8000-00000000000b"
TRACKING = web_intake.TRACKING
PUBLIC_URL = "https://privacy.shop.example"


@dataclass
class MemoryRequests:
    """The store of requests: a transition stands only from the version that it was decided on."""

    requests: dict[str, Request] = field(default_factory=dict)
    commits: int = 0
    away: bool = False

    def now(self) -> datetime:
        """Stands still."""
        return NOW

    async def sync(self) -> None:
        """Has nobody to ask."""

    async def load(self, ids: Iterable[str]) -> dict[str, Request]:
        """By id."""
        return {i: self.requests[i] for i in ids if i in self.requests}

    async def load_by_tracking(self, codes: Iterable[str]) -> dict[str, Request]:
        """By tracking code."""
        if self.away:
            raise Unreachable("MongoDB does not answer")
        wanted = set(codes)
        return {r.tracking: r for r in self.requests.values() if r.tracking in wanted}

    async def load_by_notice(self, notice: str) -> Request | None:
        """By a notice's id."""
        if self.away:
            raise Unreachable("MongoDB does not answer")
        return next((r for r in self.requests.values() if notice in r.notice_ids), None)

    async def waiting_for(self, recipient: str, limit: int) -> list[Request]:
        """Those with a notice that this recipient has not answered for good."""
        found = [r for r in self.requests.values() if recipient in r.notices]
        return [r for r in found if not r.notices[recipient].status.answered][:limit]

    async def commit(self, advances: Sequence[Advance]) -> list[Committed]:
        """Each alone."""
        return [self._commit(advance) for advance in advances]

    def _commit(self, advance: Advance) -> Committed:
        if self.requests[advance.request.id].version != advance.before:
            return Committed("moved", "")
        self.requests[advance.request.id] = advance.request
        self.commits += 1
        return Committed("stands", "stamp")

    async def challenges_since(self, subject: str, since: datetime) -> int:  # noqa: ARG002
        """None: no limit is reached."""
        return 0

    async def strike(self, ids: Iterable[str], stamps: Iterable[str]) -> None:
        """Nothing is kept here that could be struck."""

    async def due(self, limit: int) -> list[str]:  # noqa: ARG002
        """Nothing: no clock runs."""
        return []

    async def owing(self, older_than: timedelta, limit: int, skip: int) -> list[Debtor]:  # noqa: ARG002
        """Nothing: what is owed is published at once."""
        return []


class Published:
    """A publisher that has everything confirmed."""

    async def publish(self, publication: Publication) -> None:
        """Nothing goes anywhere."""


class MemoryReceipts:
    """What the notary has issued, by request."""

    def __init__(self, issued: Mapping[str, Mapping[str, Any]]) -> None:
        self.issued = issued

    async def receipts(self, requests: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """Those of these requests."""
        return {one: self.issued[one] for one in requests if one in self.issued}


@dataclass
class MemoryPackages:
    """Packages by id; one that is not here is destroyed."""

    content: dict[str, bytes] = field(default_factory=dict)

    async def open(self, package: str) -> AsyncIterator[bytes] | None:
        """In one piece."""
        return _once(self.content[package]) if package in self.content else None


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


@dataclass(repr=False)
class Site:
    """The pages, and all that stands behind them."""

    app: Starlette
    client: httpx.AsyncClient
    requests: MemoryRequests
    subjects: MemorySubjects
    packages: MemoryPackages
    intake: Taken
    secrets: Path
    servers: dict[str, bool]

    async def acknowledge(
        self,
        body: bytes = b'{"status":"applied"}',
        *,
        notice: str = NOTICE,
        signed_for: str | None = None,
        recipient: str = "carrier",
        at: datetime | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Post an acknowledgement as a recipient would; `at` is the moment of its signature."""
        secret = create_secret(self.secrets, recipient, "in")
        signed = sign(secret, signed_for or notice, body.decode("latin-1"), at)
        return await self.client.post(
            f"/notices/{notice}/ack",
            content=body,
            headers=_latin({"content-type": "application/json", **signed, **(headers or {})}),
        )

    def notice(self, name: str = "carrier") -> Notice:
        """As it stands."""
        (request,) = self.requests.requests.values()
        return request.notices[name]


def datamap() -> DataMap:
    """Two recipients that are told by webhook."""
    content = small.content()
    carrier = content["recipients"]["carrier"]
    content["recipients"]["insurer"] = {**carrier, "fields": {"name": "insured"}}
    return parse(content, source="shop.yaml")


def told_request() -> Request:
    """Kim Minji's request: the name stands corrected, two recipients have been told."""
    told = Notice(
        id=NOTICE,
        fields=("name",),
        status=NoticeStatus.DELIVERED,
        marks=1,
        answer_due=NOW + timedelta(days=3),
    )
    return Request.model_validate(
        {
            "_id": "01935f3e-0000-7000-8000-000000000001",
            "tracking": TRACKING,
            "kind": "correction",
            "channel": "web",
            "language": "ko",
            "status": Status.APPLIED,
            "digest": "d",
            "fields": ("name",),
            "subject": "pseudonym",
            "subject_type": "member",
            "sealed": b"",
            "received_at": NOW,
            "deadline": NOW + timedelta(days=10),
            "created_at": NOW,
            "updated_at": NOW,
            "notices": {"carrier": told, "insurer": told.model_copy(update={"id": OTHER_NOTICE})},
            "notice_ids": (NOTICE, OTHER_NOTICE),
            "steps": {
                f"answer:{name}": Step(due=NOW + timedelta(days=3))
                for name in ("carrier", "insurer")
            },
        }
    )


def challenged_request() -> Request:
    """Kim Minji's request, while her answer to the challenge is awaited."""
    return told_request().model_copy(
        update={
            "status": Status.AWAITING_PROOF,
            "notices": {},
            "notice_ids": (),
            "challenge": Challenge(number=1, issued_at=NOW, ends_at=NOW + timedelta(days=1)),
            "steps": {"expiry": Step(due=NOW + timedelta(days=1))},
        }
    )


@asynccontextmanager
async def open_site(
    secrets: Path,
    request: Request | None = None,
    public_url: str = PUBLIC_URL,
    the_map: DataMap | None = None,
    *,
    third_parties: Callable[[House, MemoryRequests], ThirdParties] | None = None,
    rates: Rates | None = None,
    receipts: MemoryReceipts | None = None,
    figures_token: str = "",
) -> AsyncIterator[Site]:
    """The pages over one request, called without a network in between."""
    requests, packages = MemoryRequests(), MemoryPackages()
    subjects = MemorySubjects(Faults())
    if request is not None:
        requests.requests[request.id] = request
    the_map = the_map or datamap()
    for name in the_map.recipients:
        create_secret(secrets, name, "in")
    servers = {"mongo": True, "broker": True}

    async def ready() -> Mapping[str, bool]:
        return servers

    unused = cast("Any", None)
    house = House(
        requests=requests,
        subjects=subjects,
        outbound=unused,
        publisher=cast("Any", Published()),
        answers=unused,
        parked=unused,
        rules=unused,
        tools=Tools(
            now=NOW,
            monotonic=0.0,
            policy=_policy(public_url),
            datamap=the_map,
            subjects=unused,
            requests=cast("Any", requests),
            sealer=cast("Any", MinjisSealer()),
            tokens=cast("Any", LinkTokens()),
            evidence=unused,
            assertions=unused,
        ),
    )
    intake, drafts = Taken(), draft_sealer()
    third = third_parties(house, requests) if third_parties else None
    parts = Parts(
        house,
        the_map,
        Signers(secrets),
        packages,
        receipts or MemoryReceipts({}),
        ready,
        intake,
        drafts,
        third_parties=third,
    )
    app = create_app(replace(parts, rates=rates, figures=NoFigures(), figures_token=figures_token))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=public_url) as client:
        yield Site(app, client, requests, subjects, packages, intake, secrets, servers)


def _policy(public_url: str) -> Policy:
    return Policy(
        public_url=public_url,
        mail_domain="shop.example",
        default_language="ko",
        proof_window=timedelta(days=1),
        grace=timedelta(hours=1),
        step_timeout=timedelta(minutes=2),
        interim_after=timedelta(hours=1),
        max_tries=5,
        challenges_a_day=3,
        requests_a_day=20,
        cooling_off=timedelta(days=1),
        cooling_off_young=timedelta(days=3),
        contact_is_young=timedelta(days=7),
        second_scan=timedelta(days=1),
        letter_window=timedelta(days=7),
        task_within=timedelta(days=2),
        package_kept=timedelta(days=7),
        package_downloads=5,
        clocks=clocks("korea", "", "Europe/Brussels", 0.5),
        approval_delay=timedelta(days=1),
    )


def _latin(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """As bytes, so that an attack may use any of them."""
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
