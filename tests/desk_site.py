"""The desk on real servers, with its people, a company behind it, and workers in this process."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from starlette.applications import Starlette

from schemas.request import RequestRecord
from schemas.review import Role
from tests.town import SMALLMACHINES, Correction, Town, open_town
from workers import web, wiring
from workers.pipeline import STATIONS
from workers.runtime.worker import Worker

PASSWORD = "correct horse battery"
URL = "http://desk.test"
STAFF = {
    "park": Role.AGENT,
    "lim": Role.AGENT,
    "han": Role.REVIEWER,
    "choi": Role.OFFICER,
    "kang": Role.OFFICER,
}
NEW_HOME = {"postcode": "04524", "road": "세종대로 110", "detail": "3층"}
QUESTION = {"kind": "inquiry", "changes": None, "statement": "주문 기록을 왜 보관합니까?"}
PAPER = "paper-files"
LOOK_AGAIN = 0.05


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser."""

    client: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        """Open a page of the desk, in English."""
        return await self.client.get(f"/desk{path}", headers={"accept-language": "en"})

    async def press(self, path: str, on: str = "/own", **fields: Any) -> httpx.Response:
        """Send a form, with the word that the page `on` carries."""
        page = await self.get(on)
        (csrf, *_) = re.findall(r'name="csrf" value="([^"]+)"', page.text)
        return await self.post(path, csrf=csrf, **fields)

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send these fields and nothing else."""
        return await self.client.post(
            f"/desk{path}", data=fields, headers={"accept-language": "en"}
        )


@dataclass(frozen=True, slots=True, repr=False)
class DeskSite:
    """The pages, and what stands behind them."""

    town: Town
    parts: wiring.Parts
    app: Starlette
    fresh: Iterator[int] = field(default_factory=lambda: count(1))
    """Numbers of members who asked for nothing yet."""

    def stranger(self, address: str = "127.0.0.1") -> Person:
        """Somebody who has not signed in, at this address."""
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 40_000)
        )
        return Person(httpx.AsyncClient(transport=transport, base_url=URL))

    async def signed_in(self, name: str, *, complete: bool = True) -> Person:
        """Somebody with a session; how one gets it is a matter of the tests of the door."""
        person = self.stranger()
        token = await self.parts.sessions.open(name, complete=complete)
        person.client.cookies.set("desk", token, domain="desk.test")
        return person

    async def account(self, role: Role, *, own: str | None = None) -> str:
        """A fresh one; its name."""
        name = f"a{uuid4().hex[:8]}"
        await self.parts.accounts.add(name, role, PASSWORD, "a test", own=own)
        return name

    def correction(self, **changes: Any) -> Correction:
        """What a member wants who asked for nothing yet: a change made twice is no change."""
        return self.town.correction(next(self.fresh), **changes)

    async def submitted(self, **other: Any) -> str:
        """A member asks; the tracking code."""
        wish = self.correction(name="김새롬")
        said = {
            name: value for name, value in wish.submission(**other).items() if value is not None
        }
        sent = await self.town.channel.submit(said)
        return str((await self.town.channel.answer(sent))["tracking"])

    async def at_the_desk(self, **other: Any) -> str:
        """Proven, and waiting for a person; the tracking code."""
        tracking = await self.submitted(**other)
        if other.get("kind") != "inquiry":
            await self.town.prove(self.town.corrections[-1])
        await self.until(tracking, "in_review")
        return tracking

    async def at_paper(self) -> str:
        """A correction that stands, of somebody of whom paper files have the address."""
        wish = self.correction(home_address=NEW_HOME)
        gave = {"member_id": wish.member["_id"], "recipient": PAPER, "items": ["home_address"]}
        await self.town.company["disclosures"].insert_one({**gave, "at": datetime.now(UTC)})
        sent = await self.town.channel.submit(wish.submission())
        tracking = str((await self.town.channel.answer(sent))["tracking"])
        await self.town.prove(wish)

        async def told() -> bool:
            notice = (await self.record(tracking)).notices.get(PAPER)
            return notice is not None and notice.status == "delivered"

        await self.town.until(told, "the notice to be with the desk")
        return tracking

    async def record(self, tracking: str) -> RequestRecord:
        """As it stands."""
        found = await self.parts.requests.record(tracking)
        assert found is not None
        return found

    async def done_by_hand(self, tracking: str) -> list[str]:
        """What people of the desk did with it, in order, while workers go on beside them."""
        history = (await self.record(tracking)).history
        return [one.what for one in history if one.by not in STATIONS]

    async def until(self, tracking: str, status: str, within: float = 30) -> None:
        """Wait for it."""
        async with asyncio.timeout(within):
            while (await self.record(tracking)).status != status:  # noqa: ASYNC110 - workers
                await asyncio.sleep(LOOK_AGAIN)


def with_paper(file: Path) -> Path:
    """The usual data map, with paper files that the desk itself corrects."""
    head, _, rest = SMALLMACHINES.read_text().partition("\nrecipients:\n")
    paper = {
        "label": {"ko": "종이 서류", "en": "Paper files"},
        "subject": "member",
        "fields": {"home_address": "address", "name": "name"},
        "transport": {"kind": "task", "instructions": {"ko": "3층 서가", "en": "Shelf, 3rd floor"}},
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{head}\nrecipients:\n  {PAPER}: {json.dumps(paper)}\n{rest}")
    return file


@asynccontextmanager
async def open_desk_site(
    folder: Path, env: Mapping[str, str], public_url: str = URL
) -> AsyncIterator[DeskSite]:
    """Everything up, the accounts of `STAFF` added."""
    async with AsyncExitStack() as exits:
        town = await exits.enter_async_context(
            open_town(
                folder,
                env,
                members=60,
                data_map=with_paper(folder / "map.yaml"),
                usual_recipients=True,
                settings={"DSR_PUBLIC_URL": public_url},
            )
        )
        parts = await exits.enter_async_context(wiring.open_parts(town.settings))
        stop = asyncio.Event()
        worker = Worker(parts.house, parts.broker, list(STATIONS), parts.settings.tick)
        working = asyncio.create_task(worker.run(stop))
        for name, role in STAFF.items():
            await parts.accounts.add(name, role, PASSWORD, "a test")
        app = web.create_app(web.Parts.of(parts))
        try:
            yield DeskSite(town, parts, app)
        finally:
            stop.set()
            await working
