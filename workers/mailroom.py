"""`dsr mailbox`: the mailbox with everything around it, and what it tells of requests.

Whatever a mail means for a request that exists already is a transition like any other: files go to
the desk as evidence that "mailbox" handed in, a bounce is a fact that the request remembers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from schemas.errors import DsrError, KeyGone
from schemas.lifecycle import Status
from schemas.messages import Bounced, Decide
from schemas.request import Request
from schemas.review import AddExhibit, Role, Staff
from workers import wiring
from workers.channels.mailbox.deciding import Office
from workers.channels.mailbox.watch import Done, Mailbox
from workers.hearing import hear
from workers.pipeline import STATIONS
from workers.ports.mailbox import Exhibit
from workers.runtime import log
from workers.runtime.cases import Item
from workers.runtime.conveyor import carry
from workers.settings import Settings
from workers.wiring.mailbox import open_folder

WHO = Staff("mailbox", Role.AGENT)
"""Who handed it in, in a request's history."""


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Read the mailbox until `stop` is set."""
    async with (
        open_folder(settings) as (folder, reader),
        wiring.open_parts(settings) as parts,
        wiring.open_publisher(settings, spool=False) as publisher,
    ):
        await folder.unseen()  # says at once where the mailbox cannot be reached
        log.event("mailbox_started")
        desk = Desk(parts)
        house = office(settings, parts)
        mailbox = Mailbox(folder, reader, publisher, desk, house, _tell, _failed)
        await mailbox.run(stop, settings.imap_poll)


def office(settings: Settings, parts: wiring.Parts) -> Office:
    """What deciding has to know of the house."""
    return Office(parts.datamap, settings.mail_domain, settings.mail_from, settings.language)


def _tell(done: Done) -> None:
    log.event("mail_read", code=done)


def _failed(error: Exception) -> None:
    log.failure("mail_not_finished", error, code=getattr(error, "code", "internal"))


class Desk:
    """What mails do to requests that exist already."""

    def __init__(self, parts: wiring.Parts) -> None:
        self._parts = parts

    async def keep(
        self,
        request: str | None,
        tracking: str | None,
        exhibits: Sequence[Exhibit],
        *,
        sender: str | None = None,
    ) -> bool:
        """Keep files with an open request; what somebody adds only where it is at the desk."""
        found = await self._found(request, tracking)
        if found is None or found.status.final or found.status is Status.APPLIED:
            return False
        if sender is not None and not await self._may_add(found, sender):
            return False
        kept = {one.id for one in found.review.exhibits} if found.review else set()
        for one in exhibits:
            if one.id not in kept and not await self._keep(found, one):
                break
        return True

    async def unreachable(self, request: str, mail: str, address: str) -> bool:
        """A mail did not arrive: the word goes another way, where there is one."""
        return await hear(self._parts.house, "mailing", Bounced(request, mail, address))

    async def _found(self, request: str | None, tracking: str | None) -> Request | None:
        store = self._parts.requests
        if request is not None and (found := (await store.load([request])).get(request)):
            return found
        return (await store.load_by_tracking([tracking])).get(tracking) if tracking else None

    async def _may_add(self, request: Request, sender: str) -> bool:
        """From may be forged; this only keeps strangers' mails apart from the person's."""
        if request.status is not Status.IN_REVIEW:
            return False
        try:
            particulars = await self._parts.house.tools.sealer.open(request)
        except KeyGone:
            return False
        known = {one.value.lower() for one in particulars.contacts}
        return sender.lower() in known | {(particulars.submission.requester.email or "").lower()}

    async def _keep(self, request: Request, exhibit: Exhibit) -> bool:
        """Sealed first, then on record; False where the desk has as much as can be kept."""
        store = self._parts.exhibits
        await store.drop(exhibit.id)  # what a crash between the two may have left
        await store.keep(request.id, exhibit.id, exhibit.name, exhibit.content)
        decision = AddExhibit(exhibit.id, size=len(exhibit.content))
        item = Item(Decide(request.tracking, str(uuid4()), WHO, decision))
        try:
            await carry(self._parts.house, STATIONS["review"], [item])
        except DsrError:
            await store.drop(exhibit.id)
            raise
        if item.reasons:
            await store.drop(exhibit.id)
        return not item.reasons
