"""Everything put together: opened, declared, asked whether it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from schemas.datamap import AmqpTransport, DataMap
from schemas.messages import MAX_ITEMS, Do
from workers.adapters import mongo
from workers.adapters.announcing import Announcer, MongoMarks
from workers.adapters.archive import ArchiveStore
from workers.adapters.audit_log import AuditLog, LogCheck
from workers.adapters.broker import RabbitBroker
from workers.adapters.desk_reads import DeskReads
from workers.adapters.drafts import Drafts
from workers.adapters.erasure import Erasure, Markers, Replay
from workers.adapters.exhibits import Exhibits
from workers.adapters.migrations import Layout
from workers.adapters.packages import PackageStore
from workers.adapters.parked import ParkedMessages
from workers.adapters.recipients import Recipients
from workers.adapters.recipients.certificates import Processors
from workers.adapters.recipients.mail import Post
from workers.adapters.recipients.signatures import Signers
from workers.adapters.recipients.states import RecipientStates
from workers.adapters.request_store import RequestStore
from workers.adapters.retention import Sweeper
from workers.adapters.service_keys import ServiceKeys
from workers.adapters.staff import (
    Accounts,
    Attempts,
    Means,
    OnTheWay,
    SecondFactor,
    Session,
    Sessions,
    SignInRefused,
    SingleSignOn,
)
from workers.adapters.subject_data import SubjectData
from workers.adapters.telemetry.backlog import Backlogs
from workers.adapters.tokens import Tokens
from workers.adapters.vault import Tombstones, Vault
from workers.channels.web import WebChannel
from workers.emails import Composer
from workers.pipeline import STATIONS
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.runtime.house import House
from workers.runtime.topology import recipient_queue, topology
from workers.settings import Settings
from workers.wiring.announcing import build_announcer
from workers.wiring.company import build_company, read_datamap
from workers.wiring.databases import open_databases
from workers.wiring.house import build_house
from workers.wiring.keys import Keys
from workers.wiring.outside import open_post_office, open_publisher
from workers.wiring.own import open_own
from workers.wiring.sign_on import open_single_sign_on
from workers.wiring.telemetry import Page, build_page, open_telemetry

SETTLES = 15.0
"""Seconds in which what still runs beside ends: one call of a recipient, and its record."""
READY_WITHIN = 1.5
"""Seconds in which a server answers that is well."""

__all__ = [
    "Means",
    "OnTheWay",
    "Parts",
    "Session",
    "SignInRefused",
    "SingleSignOn",
    "init",
    "open_parts",
    "ready",
    "tell_shredded",
]


@dataclass(frozen=True, slots=True)
class Parts:
    """What was built, for those who need more of it than the stages."""

    settings: Settings
    datamap: DataMap
    house: House
    broker: RabbitBroker
    requests: RequestStore
    subject_data: SubjectData
    erasure: Erasure
    archive: ArchiveStore
    packages: PackageStore
    retention: Sweeper
    markers: Markers
    tombstones: Tombstones
    replay: Replay
    parked: ParkedMessages
    exhibits: Exhibits
    audit_log: AuditLog
    log_check: LogCheck
    accounts: Accounts
    second_factor: SecondFactor
    sessions: Sessions
    single_sign_on: SingleSignOn | None
    """None: the desk signs in by password and code."""
    attempts: Attempts
    desk_reads: DeskReads
    vault: Vault
    layout: Layout
    tokens: Tokens
    signers: Signers
    processors: Processors
    recipients: Recipients
    recipient_states: RecipientStates
    post: Post
    service_keys: ServiceKeys
    client: mongo.Client
    composer: Composer
    """Finds the words, also those that go by call or letter."""
    announcement_marks: MongoMarks
    announcer: Announcer
    intake: WebChannel
    """The way in of the pages, as the channel `web`."""
    drafts: Drafts
    figures: Page
    """What Prometheus reads of this process alone."""
    figures_of_all: Page
    """The same, and what waits in the stores: for one process that is there to look at them."""


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Connect everything; `DsrError` says what is missing and what to do."""
    datamap = read_datamap(settings)
    keys = Keys.open(settings)
    async with AsyncExitStack() as stack:
        telemetry = await stack.enter_async_context(open_telemetry(settings))
        databases = stack.enter_context(open_databases(settings))
        own = await open_own(settings, datamap, databases, keys)
        company = build_company(settings, datamap, databases, own)
        broker = await stack.enter_async_context(RabbitBroker(settings.amqp_url))
        outbound = await stack.enter_async_context(
            open_post_office(settings, datamap, own, company.subject_data)
        )
        accounts = Accounts(databases.own)
        publisher = await stack.enter_async_context(
            open_publisher(settings, spool=False, tracer=telemetry.tracer)
        )
        marks = MongoMarks(databases.own, own.requests.now)
        house = build_house(settings, own, company, broker, outbound, telemetry)
        # What it has published is struck off while the servers are still at hand.
        stack.push_async_callback(house.settle, SETTLES)
        yield Parts(
            settings=settings,
            datamap=datamap,
            house=house,
            broker=broker,
            requests=own.requests,
            subject_data=company.subject_data,
            erasure=company.erasure,
            archive=company.archive,
            packages=own.packages,
            retention=company.retention,
            markers=company.markers,
            tombstones=company.tombstones,
            replay=company.replay,
            parked=own.parked,
            exhibits=own.exhibits,
            audit_log=own.log,
            log_check=own.log_check,
            accounts=accounts,
            second_factor=SecondFactor(databases.own, own.vault),
            sessions=Sessions(databases.own, accounts),
            single_sign_on=stack.enter_context(open_single_sign_on(settings)),
            attempts=Attempts(databases.own),
            desk_reads=DeskReads(databases.own),
            vault=own.vault,
            layout=own.layout,
            tokens=keys.tokens,
            signers=Signers(settings.secrets),
            processors=Processors(datamap, settings.secrets),
            recipients=outbound.recipients,
            recipient_states=own.recipients,
            post=outbound.post,
            service_keys=ServiceKeys(settings.secrets),
            client=databases.client,
            composer=outbound.composer,
            announcement_marks=marks,
            announcer=build_announcer(settings, own, company, marks, outbound),
            intake=WebChannel(publisher),
            drafts=Drafts(keys.holder),
            figures=build_page(settings, telemetry, None),
            figures_of_all=build_page(settings, telemetry, Backlogs(databases.own)),
        )


async def init(parts: Parts, *, plan: bool = False, indexes: bool = False) -> list[str]:
    """Declare all that workers rely on; returns what was, or with `plan` would be, changed."""
    wanted = topology()
    changes = await parts.layout.init(plan=plan)
    changes += await parts.broker.missing(queue.name for queue in wanted.queues)
    queues = await _recipients_queues(parts, plan=plan)
    changes += queues
    if not plan:
        await parts.broker.declare(wanted.exchanges, wanted.queues)
    stores = (
        parts.requests,
        parts.audit_log,
        parts.parked,
        parts.archive,
        parts.packages,
        parts.exhibits,
        parts.accounts,
        parts.sessions,
        parts.attempts,
        parts.announcement_marks,
    )
    for store in stores:
        changes += await store.init(plan=plan)
    changes += await parts.subject_data.init(plan=plan, company_indexes=indexes)
    return changes


async def _recipients_queues(parts: Parts, *, plan: bool) -> list[str]:
    """Exchange and queue of each recipient that is told by our own broker."""
    names = [
        recipient.transport.queue
        for name, recipient in parts.datamap.recipients.items()
        if isinstance(recipient.transport, AmqpTransport)
        and not (parts.settings.secrets / f"{name}.amqp").is_file()
    ]
    missing = await parts.broker.missing(names)
    if not plan:
        await parts.broker.declare(names, [recipient_queue(name) for name in names])
    return missing


async def ready(parts: Parts) -> dict[str, bool]:
    """Per server, whether it answers now."""
    probes = {"mongodb": parts.requests.sync(), "rabbitmq": parts.broker.ping()}
    # Each for itself: one that is silent does not hide how the other is.
    bounded = (asyncio.wait_for(probe, READY_WITHIN) for probe in probes.values())
    answers = await asyncio.gather(*bounded, return_exceptions=True)
    return {
        name: not isinstance(answer, Exception)
        for name, answer in zip(probes, answers, strict=True)
    }


async def tell_shredded(settings: Settings, epoch: int) -> int:
    """Give the certificates of what was deleted before this epoch their second moment."""
    told, after = 0, ""
    async with open_parts(settings) as parts:
        while ids := await parts.requests.unshredded(epoch, after, MAX_ITEMS):
            items = [Item(Do(request, "shredding")) for request in ids]
            await carry(parts.house, STATIONS["deletion"], items)
            told, after = told + len(ids), ids[-1]
    return told
