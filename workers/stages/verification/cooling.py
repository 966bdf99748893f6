"""What cannot be undone waits: everybody who can be reached hears of it, and can still stop it.

A mailbox is not a person (security rule 3). So a proven deletion cools off, and so does a wish to
see everything that is held, unless a login or the desk has proven it. The time lies inside the
legal deadline; it is longer where the contact that proved it is young, as after somebody has just
changed it. A second contact on file that says yes ends it: see `seconding`.
"""

from __future__ import annotations

from datetime import timedelta

from schemas.contacts import announced, is_second
from schemas.lifecycle import Opening, Transition
from schemas.messages import Stop, Stopped
from schemas.request import Contact, Mail, Particulars, Request
from schemas.words import ANNOUNCEMENTS
from workers.ports import NOTHING, Outcome, Release, Tools
from workers.stages.verification.closing import is_stoppable

SPARE = timedelta(days=1)
"""Left of the legal time when the deletion begins."""


async def announce(request: Request, tools: Tools) -> Outcome:
    """Tell every contact on file, and begin when nobody has stopped it in time."""
    particulars = await tools.sealer.open(request)
    wait = hold(particulars.contact, request, tools)
    mails, opens = request.mails, list[Opening]()
    if wait:
        mails, opens = announcements("cooling", request, particulars, tools)
    return Outcome(
        Transition(
            what="cooling_off",
            by="verification",
            changes={"mails": mails, "begins_at": tools.now + wait},
            closes=("cooling_off",),
            opens=(
                # The step of either kind has the kind's own name.
                Opening(request.kind, wait or tools.policy.step_timeout, send=not wait),
                *opens,
            ),
        )
    )


def announcements(
    purpose: str, request: Request, particulars: Particulars, tools: Tools
) -> tuple[dict[str, Mail], list[Opening]]:
    """A word of this purpose to everybody who hears of it, and the steps that send them."""
    mails = {}
    for number, contact in enumerate(announced(particulars), start=1):
        name = f"{purpose}-{number}"
        # One that somebody may have put there just now is no second contact either.
        second = is_second(contact, request, particulars) and not is_young(contact, tools)
        mails[name] = tools.mail(request.id, name).model_copy(update={"second": second})
    opens = [Opening(f"mail:{name}", tools.policy.step_timeout) for name in mails]
    return {**request.mails, **mails}, opens


def is_young(contact: Contact | None, tools: Tools) -> bool:
    """Whether somebody may have put it there just now; of unknown age, or none, counts as well."""
    if contact is None or contact.since is None:
        return True
    return tools.now - contact.since < tools.policy.contact_is_young


def hold(contact: Contact | None, request: Request, tools: Tools) -> timedelta:
    """How long it waits: inside the legal time, and longer where the contact is young."""
    policy = tools.policy
    wanted = policy.cooling_off_young if is_young(contact, tools) else policy.cooling_off
    left = max(request.deadline - SPARE - tools.now, timedelta(0))
    return min(wanted, left)


async def stop(message: Stop, request: Request | None, tools: Tools) -> Outcome:
    """Whoever reads a contact on file takes it back, unless it has begun already.

    What cools off, a new mail address, or what somebody of the desk has approved alone.
    """
    if request is None or not is_stoppable(request):
        return NOTHING
    expected = tools.tokens.link(request.id, request.link_number, "stop", request.digest)
    if not tools.tokens.matches(message.token, expected):
        return NOTHING
    return await _take_back(request, tools)


async def stop_by_call(message: Stopped, request: Request | None, tools: Tools) -> Outcome:
    """The same, said to somebody who called a contact on file about it; one of the desk is enough.

    What is stopped too much can be asked for again.
    """
    if request is None or not is_stoppable(request):
        return NOTHING
    called = [mail for name, mail in request.mails.items() if name.startswith(ANNOUNCEMENTS)]
    if not any(mail.route == "call" for mail in called):
        return NOTHING
    return await _take_back(request, tools)


async def _take_back(request: Request, tools: Tools) -> Outcome:
    particulars = await tools.sealer.open(request)
    if particulars.subject is None:
        return NOTHING
    return Outcome(effects=(Release(request.id, particulars.subject),))
