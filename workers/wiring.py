"""The one composition root: settings in, a house with everything connected out.

Used by the command line, by `dsr web` and by the tests alike. Nothing connects before `open_parts`
is entered, and everything is closed when it is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schemas import letters
from schemas.datamap import DataMap
from schemas.evidence import Document
from schemas.messages import MAX_ITEMS, Do
from workers.adapters import mongo, signing
from workers.adapters.archive import ArchiveStore
from workers.adapters.assertions import Assertions
from workers.adapters.broker import RabbitBroker
from workers.adapters.erasure import Erasure, Markers, People, Replay
from workers.adapters.evidence import Notary
from workers.adapters.intake_publisher import IntakePublisher
from workers.adapters.intake_seal import IntakeKeys, seal
from workers.adapters.mailer import Mailer
from workers.adapters.outbound import PostOffice
from workers.adapters.parked import ParkedMessages
from workers.adapters.particulars import ParticularsSealer
from workers.adapters.recipients import Recipients
from workers.adapters.recipients.signatures import Signers
from workers.adapters.request_store import RequestStore
from workers.adapters.retention import Sweeper
from workers.adapters.subject_data import SubjectData
from workers.adapters.subject_effects import SubjectEffects
from workers.adapters.tokens import Tokens
from workers.adapters.vault import (
    FolderEpochs,
    KeyFolder,
    Rollover,
    Tombstones,
    Vault,
    rotate,
)
from workers.datamap_file import load
from workers.emails import Composer
from workers.pipeline import STATIONS
from workers.ports import Policy, Tools
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.runtime.decode import IntakeRules
from workers.runtime.house import House
from workers.runtime.topology import topology
from workers.settings import Settings

MAX_TRIES = 5
"""Guesses at one code (CONTRACT: security rule 4)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What was built, for those who need more of it than the stages."""

    settings: Settings
    datamap: DataMap
    house: House
    broker: RabbitBroker
    requests: RequestStore
    subject_data: SubjectData
    archive: ArchiveStore
    retention: Sweeper
    markers: Markers
    tombstones: Tombstones
    replay: Replay
    parked: ParkedMessages
    vault: Vault
    tokens: Tokens
    signers: Signers
    client: mongo.Client


def read_datamap(settings: Settings) -> DataMap:
    """The data map, with the addresses of recipients that the settings override."""
    private = settings.allow_private_recipients
    datamap = load(settings.data_map, allow_private_recipients=private)
    for name, url in settings.recipient_urls.items():
        datamap = datamap.with_recipient_url(name, url, allow_private_recipients=private)
    return datamap


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Connect everything; `DsrError` says what is missing and what to do."""
    datamap = read_datamap(settings)
    holder = KeyFolder.open(settings.keys)
    intake_keys = IntakeKeys.open(settings.keys / "intake")
    async with AsyncExitStack() as stack:
        client = mongo.connect(settings.mongo_url)
        stack.callback(client.close)
        subject_client = client
        if settings.subject_server != settings.mongo_url:
            subject_client = mongo.connect(settings.subject_server)
            stack.callback(subject_client.close)
        db = mongo.database(client, settings.db)
        vault = Vault(mongo.keys_collection(client, settings.keys_database), holder)
        tokens = Tokens(holder)
        requests = RequestStore(db)
        await requests.clock.sync()
        await vault.check()
        subject_db = mongo.database(subject_client, settings.subject_db)
        subject_data = SubjectData(subject_db, datamap, vault, tokens)
        archive_client = client
        if settings.archive_server != settings.mongo_url:
            archive_client = mongo.connect(settings.archive_server)
            stack.callback(archive_client.close)
        archive = ArchiveStore(
            mongo.database(archive_client, settings.archive_db), db, vault, holder
        )
        markers = Markers(subject_db)
        tombstones = Tombstones.open(settings.keys / "tombstones")
        erasure = Erasure(
            subject_db,
            datamap,
            keys=vault,
            archive=archive,
            tombstones=tombstones,
            earlier_requests=requests.final_of,
        )
        broker = await stack.enter_async_context(RabbitBroker(settings.amqp_url))
        organisation = _organisation(datamap)
        mailer = await stack.enter_async_context(
            Mailer(
                settings.smtp_url,
                sender=settings.mail_from,
                sender_name=organisation.name.text(settings.language),
            )
        )
        recipients = await stack.enter_async_context(
            Recipients(
                datamap,
                subject_data.current,
                settings.secrets,
                public_url=settings.public_url,
                allow_private=settings.allow_private_recipients,
            )
        )
        parked = ParkedMessages(db, vault)
        evidence = Notary(holder, datamap, settings.data_map)
        retention = Sweeper(
            subject_db,
            db,
            datamap,
            archive=archive,
            erasure=erasure,
            requests=requests,
            vault=vault,
            tokens=tokens,
            evidence=evidence,
            particulars_after=timedelta(days=settings.particulars_days),
        )
        house = House(
            requests=requests,
            subjects=SubjectEffects(subject_data, erasure),
            outbound=PostOffice(
                Composer(organisation, default_language=settings.language), mailer, recipients
            ),
            publisher=broker.publisher,
            parked=parked,
            rules=IntakeRules(
                intake_keys, settings.require_sealed_intake, settings.channel_users, broker.user
            ),
            tools=Tools(
                now=datetime.now(UTC),
                monotonic=0.0,
                policy=_policy(settings),
                datamap=datamap,
                subjects=subject_data,
                requests=requests,
                sealer=ParticularsSealer(vault),
                tokens=tokens,
                evidence=evidence,
                assertions=Assertions.open(settings.issuers, list(datamap.subjects)),
            ),
            retention=retention if settings.retention_hours else None,
            sweep_every=timedelta(hours=settings.retention_hours),
        )
        yield Parts(
            settings,
            datamap,
            house,
            broker,
            requests,
            subject_data,
            archive,
            retention,
            markers,
            tombstones,
            Replay(markers, tombstones, People(subject_db, datamap, tokens.pseudonym), erasure),
            parked,
            vault,
            tokens,
            Signers(settings.secrets),
            client,
        )


async def init(parts: Parts, *, plan: bool = False, indexes: bool = False) -> list[str]:
    """Declare all that workers rely on; returns what was, or with `plan` would be, changed."""
    wanted = topology()
    changes = await parts.broker.missing(queue.name for queue in wanted.queues)
    if not plan:
        await parts.broker.declare(wanted.exchanges, wanted.queues)
    for store in (parts.requests, parts.parked, parts.archive):
        changes += await store.init(plan=plan)
    changes += await parts.subject_data.init(plan=plan, company_indexes=indexes)
    return changes


async def ready(parts: Parts) -> dict[str, bool]:
    """Per server, whether it answers now."""
    probes = {"mongodb": parts.requests.sync(), "rabbitmq": parts.broker.ping()}
    answers = await asyncio.gather(*probes.values(), return_exceptions=True)
    return {
        name: not isinstance(answer, Exception)
        for name, answer in zip(probes, answers, strict=True)
    }


@asynccontextmanager
async def open_publisher(settings: Settings) -> AsyncIterator[IntakePublisher]:
    """What a channel needs, and no more: its connection to the broker."""
    async with IntakePublisher(settings.amqp_url) as publisher:
        yield publisher


def create_keys(settings: Settings) -> None:
    """Make the key folder and the recipients' secrets where there are none; nothing is replaced."""
    KeyFolder.create(settings.keys)
    IntakeKeys.create(settings.keys / "intake")
    Tombstones.create(settings.keys / "tombstones")


async def rotate_keys(settings: Settings, progress: Callable[[int, int], None]) -> Rollover:
    """Roll the data keys over to a new epoch; workers may run meanwhile."""
    holder = KeyFolder.open(settings.keys)
    client = mongo.connect(settings.mongo_url)
    try:
        keys = mongo.keys_collection(client, settings.keys_database)
        return await rotate(keys, holder, FolderEpochs(settings.keys), progress)
    finally:
        client.close()


async def tell_shredded(settings: Settings, epoch: int) -> int:
    """Give the certificates of what was deleted before this epoch their second moment."""
    told, after = 0, ""
    async with open_parts(settings) as parts:
        while ids := await parts.requests.unshredded(epoch, after, MAX_ITEMS):
            items = [Item(Do(request, "shredding")) for request in ids]
            await carry(parts.house, STATIONS["deletion"], items)
            told, after = told + len(ids), ids[-1]
    return told


def intake_public(settings: Settings) -> dict[str, Any]:
    """The public halves of the intake keys, as a JWK set."""
    return IntakeKeys.open(settings.keys / "intake").public_jwks()


def sealed(settings: Settings, body: bytes) -> bytes:
    """A body sealed to the intake's newest key: what was parked never goes out in clear again."""
    return seal(body, intake_public(settings)["keys"][0])


def unsealed(settings: Settings, token: bytes) -> bytes:
    """What a channel had sealed; `Refused` where it had not."""
    return IntakeKeys.open(settings.keys / "intake").unseal(token)


def receipt_key(settings: Settings) -> signing.PublicKey:
    """The public half of the key that signs certificates and receipts."""
    return signing.Signer(KeyFolder.open(settings.keys)).public_key


def read_public_key(file: Path) -> signing.PublicKey:
    """The same from a file, PEM or JWK."""
    return signing.PublicKey.parse(file.read_bytes())


def verify_receipt(body: bytes, key: signing.PublicKey) -> Document:
    """What a certificate or receipt proves; `NotVerified` says why it proves nothing."""
    return signing.verify(body, key)


def _policy(settings: Settings) -> Policy:
    return Policy(
        public_url=settings.public_url.rstrip("/"),
        mail_domain=settings.mail_domain,
        default_language=settings.language,
        proof_window=settings.proof_window,
        grace=timedelta(minutes=settings.grace_minutes),
        step_timeout=timedelta(seconds=settings.step_timeout),
        interim_after=timedelta(minutes=settings.interim_minutes),
        max_tries=MAX_TRIES,
        challenges_a_day=settings.challenges_a_day,
        requests_a_day=settings.requests_a_day,
        cooling_off=timedelta(hours=settings.cooling_off_hours),
        cooling_off_young=timedelta(hours=settings.cooling_off_young_hours),
        contact_is_young=timedelta(days=settings.young_contact_days),
        second_scan=timedelta(hours=settings.second_scan_hours),
    )


def _organisation(datamap: DataMap) -> letters.Organisation:
    """The data map's words on who is responsible, as mails state them."""
    ours = datamap.organisation
    return letters.Organisation(
        name=ours.name,
        department=ours.department,
        phone=ours.phone,
        email=ours.email,
        postal_address=ours.address,
        complaint_bodies=tuple(
            letters.ComplaintBody(name=body.name, url=body.url, phone=body.phone)
            for body in ours.complaint_bodies
        ),
    )
