"""A mail that came back: its address cannot be reached, and the word goes another way.

Nobody can tell a forged report from a real one. So it changes nothing that is seen from outside,
and no word goes anywhere but to another contact on file: at worst somebody is called in vain.
"""

from __future__ import annotations

from typing import Any

from schemas.contacts import addressee
from schemas.errors import KeyGone
from schemas.lifecycle import Opening, Transition
from schemas.messages import Bounced
from schemas.request import Contact, Particulars, Request
from workers.ports import NOTHING, Outcome, Reply, Tools
from workers.stages.mailing.facts import TO_CONTACT

CODE = "bounced"


async def take(message: Bounced, request: Request | None, tools: Tools) -> Outcome:
    """Record it once; say the word by call or letter where the contact on file was meant."""
    mail = request.mails.get(message.mail) if request else None
    if request is None or mail is None or mail.status != "sent" or mail.route != "mail":
        return NOTHING
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        return NOTHING
    to = addressee(message.mail, request, particulars, tools.datamap)
    if to is None or to.value.lower() != message.address.lower():
        return NOTHING
    failed = mail.model_copy(update={"status": "undeliverable", "code": CODE})
    changes: dict[str, Any] = {"mails": {**request.mails, message.mail: failed}}
    opens: tuple[Opening, ...] = ()
    other = _other(message.mail, to, particulars)
    if other is not None and not request.status.final:
        again = mail.model_copy(update={"status": "pending", "code": CODE})
        changes["mails"] = {**request.mails, message.mail: again}
        changes["sealed"] = await tools.sealer.seal(
            request.id, particulars.model_copy(update={"contact": other})
        )
        if _is_challenge(message.mail, request):
            assert request.challenge is not None, "asked just now"
            rerouted = request.challenge.model_copy(update={"route": other.route})
            changes["challenge"] = rerouted
        opens = (Opening(f"mail:{message.mail}", tools.policy.step_timeout),)
    return Outcome(
        Transition("mail_bounced", "mailbox", changes=changes, opens=opens),
        reply=Reply(accepted=True),
    )


def _other(mail: str, to: Contact, particulars: Particulars) -> Contact | None:
    """The next contact on file that is no mail address, where the word was for the one on file."""
    if mail.partition("-")[0] not in TO_CONTACT or to != particulars.contact:
        return None
    return next((one for one in particulars.contacts if one.route != "mail"), None)


def _is_challenge(mail: str, request: Request) -> bool:
    return request.challenge is not None and mail == f"challenge-{request.challenge.number}"
