"""A proven deletion cools off: everybody who can be reached hears of it, and can still stop it.

A mailbox is not a person (security rule 3). The time lies inside the legal deadline; it is longer
where the contact that proved the deletion is young, as after somebody has just changed it.
"""

from __future__ import annotations

from datetime import timedelta

from schemas.lifecycle import Opening, Transition
from schemas.messages import Stop
from schemas.request import Contact, Mail, Request
from workers.ports import NOTHING, Outcome, Release, Tools
from workers.stages.verification.closing import RETRACTABLE

SPARE = timedelta(days=1)
"""Left of the legal time when the deletion begins."""


async def announce(request: Request, tools: Tools) -> Outcome:
    """Tell every contact on file, and begin when nobody has stopped it in time."""
    particulars = await tools.sealer.open(request)
    hold = _hold(particulars.contact, request, tools)
    mails = dict(request.mails)
    opens = [Opening("deletion", hold or tools.policy.step_timeout, send=not hold)]
    if hold:
        reachable = [contact for contact in particulars.contacts if contact.kind == "mail"]
        for number in range(1, len(reachable) + 1):
            name = f"cooling-{number}"
            mails[name] = Mail(
                message_id=f"<{request.id}.{name}@{tools.policy.mail_domain}>",
                created_at=tools.now,
            )
            opens.append(Opening(f"mail:{name}", tools.policy.step_timeout))
    return Outcome(
        Transition(
            what="cooling_off",
            by="verification",
            changes={"mails": mails, "begins_at": tools.now + hold},
            closes=("cooling_off",),
            opens=tuple(opens),
        )
    )


def _hold(contact: Contact | None, request: Request, tools: Tools) -> timedelta:
    policy = tools.policy
    since = contact.since if contact else None
    young = since is None or tools.now - since < policy.contact_is_young
    wanted = policy.cooling_off_young if young else policy.cooling_off
    left = max(request.deadline - SPARE - tools.now, timedelta(0))
    return min(wanted, left)


async def stop(message: Stop, request: Request | None, tools: Tools) -> Outcome:
    """Whoever reads a contact on file takes it back, unless it has begun already.

    A deletion that cools off, or what somebody of the desk has approved alone.
    """
    if request is None or not (request.kind == "deletion" or request.is_open("approved")):
        return NOTHING
    expected = tools.tokens.link(request.id, request.link_number, "stop", request.digest)
    if request.status not in RETRACTABLE or not tools.tokens.matches(message.token, expected):
        return NOTHING
    particulars = await tools.sealer.open(request)
    if particulars.subject is None:
        return NOTHING
    return Outcome(effects=(Release(request.id, particulars.subject),))
