"""When more is asked in a person's name than codes are sent in a day.

The contact is told so once a day, in one mail that lists nothing and proves nothing. It holds one
link for all that waits: opened, it asks for the tracking code of the person's own request, and has
that one's challenge sent at once. So a stranger's flood costs a person one more mail and no day.

Why that is safe: the link only makes us send what we would send tomorrow, to the same contact on
file; what proves is the challenge, bound to its request, saying what it would allow. The link is
128 bits, made from the pseudonym and the day, so it summons nobody else's requests, and goes stale.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.bindings import code_lock
from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Summon
from schemas.request import Contact, Request
from workers.ports import NOTHING, Outcome, Tools, waiting_token

DAY = timedelta(days=1)
GOOD_FOR = 3
"""Days on which a digest's link opens something, its own included; later there is another one."""


async def tell_once_a_day(
    request: Request, subject: str, contact: Contact, tools: Tools
) -> tuple[dict[str, Any], tuple[Opening, ...]]:
    """The digest, unless this person had one today: what to write, and the step that sends it.

    By mail only: its link is stale before a letter is read, and nobody takes it down in a call.
    """
    if contact.route != "mail" or await tools.requests.digests_since(subject, tools.now - DAY):
        return {}, ()
    name = f"digest-{len(request.digests) + 1}"
    mail = tools.mail(request.id, name)
    changes = {
        # As with a challenge: whoever wants to tell the same person waits until this one counts.
        "sending": (*request.sending, code_lock(subject)),
        "digests": (*request.digests, tools.now),
        "mails": {**request.mails, name: mail},
    }
    return changes, (Opening(f"mail:{name}", tools.policy.step_timeout),)


def summon(message: Summon, request: Request | None, tools: Tools) -> Outcome:
    """Have the waiting challenge of this request sent now, if the link is that of its person."""
    if request is None or request.status is not Status.AWAITING_PROOF:
        return NOTHING
    if request.subject is None or not request.is_open("challenge"):
        return NOTHING
    days = [tools.now - number * DAY for number in range(GOOD_FOR)]
    tokens = [waiting_token(request.subject, day, tools) for day in days]
    if not any(tools.tokens.matches(message.token, token) for token in tokens):
        return NOTHING
    return Outcome(
        Transition(
            what="challenge_summoned",
            by="verification",
            changes={"summoned": True},
            opens=(Opening("challenge", tools.policy.step_timeout),),
        )
    )
