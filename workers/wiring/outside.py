"""What leaves the house, to people and to third parties; and a channel's way in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from schemas import letters
from schemas.datamap import DataMap
from workers.adapters.intake_publisher import IntakePublisher
from workers.adapters.mailer import Mailer
from workers.adapters.outbound import PostOffice
from workers.adapters.recipients import Means, Recipients
from workers.adapters.recipients.mail import Post
from workers.adapters.spool import FolderSpool
from workers.adapters.subject_data import SubjectData
from workers.channels.publisher import Publisher
from workers.channels.traced import TracedLine
from workers.emails import Composer
from workers.ports.telemetry import Tracer
from workers.runtime import log
from workers.settings import Settings
from workers.wiring.keys import intake_sealer
from workers.wiring.own import Own
from workers.wiring.telemetry import open_tracer


@asynccontextmanager
async def open_post_office(
    settings: Settings, datamap: DataMap, own: Own, subject_data: SubjectData
) -> AsyncIterator[PostOffice]:
    """Mails and notices."""
    organisation = _organisation(datamap)
    mailer = Mailer(
        settings.smtp_url,
        sender=settings.mail_from,
        sender_name=organisation.name.text(settings.language),
    )
    composer = Composer(organisation, default_language=settings.language)
    post = Post(mailer, composer, own.keys.tokens, settings.mail_domain)
    means = Means(
        secrets=settings.secrets,
        public_url=settings.public_url,
        allow_private=settings.allow_private_recipients,
        amqp_url=settings.amqp_url,
        post=post,
        states=own.recipients,
        now=own.requests.now,
    )
    recipients = Recipients(datamap, subject_data.current, means)
    async with mailer, recipients:
        yield PostOffice(composer, mailer, recipients, post)


@asynccontextmanager
async def open_publisher(
    settings: Settings, *, spool: bool = True, tracer: Tracer | None = None
) -> AsyncIterator[Publisher]:
    """What a channel needs, and no more: its line to the broker, the key to seal to, its spool.

    Not `spool`: for a channel whose own source keeps what the broker cannot take. `tracer`: that of
    this process, where it has one already.
    """
    kept = None
    if spool and settings.spool is not None:
        kept = FolderSpool(settings.spool, settings.spool_mb * 1024 * 1024)
    async with (
        nullcontext(tracer) if tracer else open_tracer() as follows,
        IntakePublisher(settings.amqp_url) as line,
        Publisher(TracedLine(line, follows), intake_sealer(settings), kept, _spooling) as publisher,
    ):
        yield publisher


def _spooling(error: Exception) -> None:
    log.failure("spool_failed", error, code=getattr(error, "code", "internal"))


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
        website=ours.website,
    )
