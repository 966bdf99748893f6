"""What leaves the house, to people and to third parties; and a channel's way in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schemas import letters
from schemas.datamap import DataMap
from workers.adapters.intake_line import IntakeLine
from workers.adapters.intake_publisher import IntakePublisher
from workers.adapters.intake_seal import sealer
from workers.adapters.mailer import Mailer
from workers.adapters.outbound import PostOffice
from workers.adapters.recipients import Recipients
from workers.adapters.subject_data import SubjectData
from workers.emails import Composer
from workers.settings import Settings
from workers.wiring.keys import intake_public


@asynccontextmanager
async def open_post_office(
    settings: Settings, datamap: DataMap, subject_data: SubjectData
) -> AsyncIterator[PostOffice]:
    """Mails and notices."""
    organisation = _organisation(datamap)
    mailer = Mailer(
        settings.smtp_url,
        sender=settings.mail_from,
        sender_name=organisation.name.text(settings.language),
    )
    recipients = Recipients(
        datamap,
        subject_data.current,
        settings.secrets,
        public_url=settings.public_url,
        allow_private=settings.allow_private_recipients,
    )
    composer = Composer(organisation, default_language=settings.language)
    async with mailer, recipients:
        yield PostOffice(composer, mailer, recipients)


@asynccontextmanager
async def open_publisher(settings: Settings) -> AsyncIterator[IntakePublisher]:
    """What a channel needs, and no more: its connection to the broker."""
    async with IntakePublisher(settings.amqp_url) as publisher:
        yield publisher


def open_intake_line(settings: Settings) -> IntakeLine:
    """The pages' way in: opened when it is first used, sealed to the newest intake key."""
    return IntakeLine(settings.amqp_url, sealer(intake_public(settings)["keys"][0]))


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
