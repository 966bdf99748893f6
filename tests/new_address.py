"""Minji wants her mail at another address, and what comes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.letters import AddressNoticeFacts, ConfirmationFacts
from schemas.messages import Stop
from schemas.request import Contact, Request, RequestRecord
from tests.cast import MORNING
from tests.world import World, with_policy

NEW = "minji.new@mail.example"
CHANGE: dict[str, Any] = {"changes": [{"field": "email", "value": NEW}]}
LONG_AGO = MORNING - timedelta(days=400)
OLD = Contact(kind="mail", value="minji@mail.example", since=LONG_AGO)


def world_of(*contacts: Contact, **policy: Any) -> World:
    """A world in which she is reached there; by an address that is on file for long, unless."""
    world = World(policy=with_policy(**policy))
    world.subjects.records["1001"].contacts = contacts or (OLD,)
    world.subjects.records["1001"].fields["email"] = OLD.value
    return world


def confirmation(world: World, request: Request) -> ConfirmationFacts:
    """What went to the new address."""
    (facts,) = {
        mail.facts
        for mail in world.outbound.mails
        if mail.tracking == request.tracking and isinstance(mail.facts, ConfirmationFacts)
    }
    return facts


async def confirm(world: World, request: Request, code: str | None = None) -> RequestRecord:
    """Whoever reads the new address types its code, or another."""
    given = code or confirmation(world, request).code
    world.publish_proof(request, given, reply_to="dsr.reply.a", correlation_id="1")
    await world.work()
    return world.request(request.id)


async def stop(world: World, request: Request) -> RequestRecord:
    """Whoever reads the old address uses the link in the notice."""
    (mail,) = (m for m in world.outbound.mails if isinstance(m.facts, AddressNoticeFacts))
    assert isinstance(mail.facts, AddressNoticeFacts)
    token = mail.facts.stop_link.rpartition("/")[2]
    await world.at_once("verification", Stop(request.tracking, token), seed=0)
    return world.request(request.id)


def address(world: World) -> Any:
    """The one on her record."""
    return world.subjects.records["1001"].fields["email"]
