"""What the request form works with: the broker, the map, the key folder, and no database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from schemas.datamap import DataMap
from schemas.errors import Unreachable
from workers.adapters.broker import RabbitBroker
from workers.adapters.drafts import Drafts
from workers.adapters.vault import KeyFolder
from workers.channels.web import WebChannel
from workers.ports import Policy
from workers.settings import Settings
from workers.wiring.company import read_datamap
from workers.wiring.house import policy_of
from workers.wiring.outside import open_publisher
from workers.wiring.telemetry import Page, build_page, open_telemetry


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of pages that only publish."""

    settings: Settings
    datamap: DataMap
    policy: Policy
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    intake: WebChannel
    drafts: Drafts
    figures: Page


@asynccontextmanager
async def open_form(settings: Settings) -> AsyncIterator[Form]:
    """Connect it; `DsrError` says what is missing."""
    datamap = read_datamap(settings)
    drafts = Drafts(KeyFolder.open(settings.keys))
    async with (
        RabbitBroker(settings.amqp_url) as broker,
        open_telemetry(settings) as telemetry,
        open_publisher(settings, spool=False, tracer=telemetry.tracer) as publisher,
    ):

        async def ready() -> dict[str, bool]:
            try:
                await broker.ping()
            except Unreachable:
                return {"rabbitmq": False}
            return {"rabbitmq": True}

        yield Form(
            settings=settings,
            datamap=datamap,
            policy=policy_of(settings),
            ready=ready,
            intake=WebChannel(publisher),
            drafts=drafts,
            figures=build_page(settings, telemetry, None),
        )
