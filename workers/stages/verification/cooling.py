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


def is_young(contact: Contact | None, tools: Tools) -> bool:
    """Whether somebody may have put it there just now; of unknown age, or none, counts as well."""
    if contact is None or contact.since is None:
        return True
    return tools.now - contact.since < tools.policy.contact_is_young


def _hold(contact: Contact | None, request: Request, tools: Tools) -> timedelta:
    policy = tools.policy
    wanted = policy.cooling_off_young if is_young(contact, tools) else policy.cooling_off
    left = max(request.deadline - SPARE - tools.now, timedelta(0))
    return min(wanted, left)


async def stop(message: Stop, request: Request | None, tools: Tools) -> Outcome:
    """Whoever reads a contact on file takes the deletion back, unless it has begun already."""
    if request is None or request.kind != "deletion":
        return NOTHING
    expected = tools.tokens.link(request.id, request.link_number, "stop", request.digest)
    if request.status not in RETRACTABLE or not tools.tokens.matches(message.token, expected):
        return NOTHING
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None, "a challenge has a subject"
    return Outcome(effects=(Release(request.id, particulars.subject),))
