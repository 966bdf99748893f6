"""Mailing: every mail of a request leaves here, and nowhere else.

The attempt mark is committed before a mail leaves, its outcome after. A worker that dies in between
sends the same bytes once more under the same Message-ID; it never sends a third copy unmarked (I8).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.lifecycle import Opening, Status, Transition
from schemas.messages import Do, Message
from schemas.new_address import new_addresses
from schemas.request import Mail, Particulars, Request, code_lock
from workers.ports import Done, OutboundResult, Outcome, SendMail, Tools
from workers.stages.mailing.facts import facts

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 21600, 43200))
"""Waits after a mail server said "not now"; after the last one the mail is undeliverable."""

TO_REQUESTER = frozenset({"acknowledgement", "expiry", "answer"})
"""Purposes that go to the address that the request brought, which nobody has proven."""

TO_WHOEVER_ASKED = frozenset({"refusal", "extension", "pause"})
"""To the contact on file once that is proven, before it like those: they say nothing of anybody."""

TO_ALL_CONTACTS = frozenset({"cooling", "approval", "notice"})

COMPLETING = frozenset({"completion", "answer"})
"""What ends a request once it has left."""


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Mark the attempt and hand over what is to be sent."""
    assert isinstance(message, Do) and request is not None, "a command names a request that exists"
    name = message.step.partition(":")[2]
    mail = request.mails[name]
    particulars = await tools.sealer.open(request)
    ours = name.startswith("alarm-")
    to = tools.datamap.organisation.email if ours else _address(name, request, particulars, tools)
    if to is None:
        return Outcome(_settle(request, name, mail, "undeliverable", "no_address"))
    step, lease = request.steps[message.step], tools.policy.lease
    marked = mail.model_copy(update={"marks": mail.marks + 1})
    return Outcome(
        transition=Transition(
            what="mail_attempt",
            by="mailing",
            changes={"mails": {**request.mails, name: marked}, **_counted(name, request)},
            opens=(Opening.lease(message.step, step, lease),),
        ),
        effects=(
            SendMail(
                to=to,
                language=tools.policy.default_language if ours else request.language,
                facts=facts(name, request, tools, particulars.answer),
                message_id=mail.message_id,
                tracking=request.tracking,
                date=mail.created_at,
            ),
        ),
    )


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Sent, given up, or tried again later; the completion mail completes its request."""
    assert isinstance(message, Do)
    ((_, result),) = done
    assert isinstance(result, OutboundResult)
    name = message.step.partition(":")[2]
    mail = request.mails[name]
    if result.status == "sent":
        return Outcome(_settle(request, name, mail, "sent", None))
    if result.status == "refused" or mail.attempts >= len(WAITS):
        return Outcome(_settle(request, name, mail, "undeliverable", result.code))
    failed = mail.model_copy(update={"attempts": mail.attempts + 1, "code": result.code})
    again = Opening(
        message.step,
        WAITS[mail.attempts],
        send=False,
        attempts=failed.attempts,
        error=result.code,
    )
    return Outcome(
        Transition(
            what="mail_put_off",
            by="mailing",
            changes={"mails": {**request.mails, name: failed}},
            opens=(again,),
        )
    )


def _address(name: str, request: Request, particulars: Particulars, tools: Tools) -> str | None:
    if name == "confirmation":
        return new_addresses(particulars, tools.datamap)[0]
    purpose, _, number = name.partition("-")
    proven = request.proof is not None and particulars.contact is not None
    if purpose in TO_REQUESTER or (purpose in TO_WHOEVER_ASKED and not proven):
        return particulars.submission.requester.email
    if purpose in TO_ALL_CONTACTS or (purpose == "withdrawal" and number != "1"):
        reachable = [contact.value for contact in particulars.contacts if contact.kind == "mail"]
        return reachable[int(number) - 1]
    return particulars.contact.value if particulars.contact else None


def _counted(name: str, request: Request) -> dict[str, Any]:
    """A code that is about to leave has been counted: another request may send one."""
    if not name.startswith(("challenge-", "digest-")) or request.subject is None:
        return {}
    held = code_lock(request.subject)
    return {"sending": tuple(lock for lock in request.sending if lock != held)}


def _settle(request: Request, name: str, mail: Mail, status: str, code: str | None) -> Transition:
    settled = mail.model_copy(update={"status": status, "code": code})
    completes = name in COMPLETING
    return Transition(
        what=f"mail_{status}",
        by="mailing",
        to=Status.COMPLETED if completes else None,
        changes={
            "mails": {**request.mails, name: settled},
            # Whoever held a lock and died has nothing left to send.
            "sending": () if completes else request.sending,
        },
        # Another mail of this request may be on its way: its own step ends with its own outcome.
        closes=(f"mail:{name}", *(("deadline", "interim") if completes else ())),
    )
