"""How a submission arrives among others: sent twice, or one of very many from one address.

Neither loses it, and neither holds up anybody else. Whoever sends a form twice has two requests,
of which the older one is acted on; both end, and both are told. Where one address asks again and
again, what goes beyond its number waits for a day, acknowledgement included: an address that
somebody else typed in is not flooded by us. What is counted of it is a keyed name.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from schemas.lifecycle import Status
from schemas.request import Particulars, Request
from schemas.submission import Requester, Submission
from workers.ports import Tools

DAY = timedelta(days=1)
ENDED = frozenset({Status.EXPIRED, Status.REFUSED, Status.WITHDRAWN})


async def arrived(submission: Submission, tools: Tools) -> dict[str, Any]:
    """What the request is to remember of it."""
    likeness = tools.tokens.digest(b"like " + submission.likeness())
    sender = _sender(submission.requester, tools)
    older, loud = await asyncio.gather(tools.requests.open_like(likeness), _is_loud(sender, tools))
    return {"likeness": likeness, "duplicate_of": older, "sender": sender, "loud": loud}


def _sender(requester: Requester, tools: Tools) -> str | None:
    address = requester.email or requester.phone
    return tools.tokens.digest(f"sender {address.lower()}".encode()) if address else None


async def _is_loud(sender: str | None, tools: Tools) -> bool:
    if sender is None:
        return False
    return await tools.requests.asked_since(sender, tools.now - DAY) >= tools.policy.requests_a_day


async def waits(request: Request, tools: Tools) -> str | None:
    """Why its challenge waits, if it does; the contact on file can have it sent all the same."""
    if request.summoned:
        return None
    if request.duplicate_of is not None:
        status = await tools.requests.status_of(request.duplicate_of)
        # The older one came to nothing: then this one stands for itself.
        return None if status in ENDED or status is None else "folded"
    if not request.loud or tools.now - request.created_at >= DAY:
        return None
    own = _is_own_contact(await tools.sealer.open(request))
    return None if own else "sender_put_off"


def _is_own_contact(particulars: Particulars) -> bool:
    """The address that asks is on file for this very person: nobody else uses up its number."""
    requester = particulars.submission.requester
    known = {contact.value.lower() for contact in particulars.contacts}
    return bool(known & {(requester.email or "").lower(), requester.phone or ""})
