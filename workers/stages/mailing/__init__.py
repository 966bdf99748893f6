"""Mailing: every word of a request to a person leaves here, and nowhere else.

A word goes by mail where its addressee has an address; else it waits as a call to be made or a
letter to be posted (`tasks`), and counts as said once somebody records that it was.

The attempt mark is committed before a mail leaves, its outcome after. A worker that dies in between
sends the same bytes once more under the same Message-ID; it never sends a third copy unmarked (I8).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.bindings import escalation_lock
from schemas.contacts import TO_DEPARTMENT, addressee
from schemas.errors import KeyGone
from schemas.lifecycle import Opening, Transition
from schemas.messages import Bounced, Do, Message, Revealed, Settled
from schemas.request import Contact, Escalation, Request
from schemas.submission import Submission
from workers.ports import Done, OutboundResult, Outcome, SendMail, Tools
from workers.stages.mailing import bounces, tasks
from workers.stages.mailing.facts import facts
from workers.stages.mailing.tasks import counted, settled

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 7200, 21600, 43200))
"""Waits after a mail server said "not now"; after the last one the mail is undeliverable."""

A_DAY = timedelta(days=1)


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Mark the attempt and hand over what is to be sent; or have a person do it."""
    match message:
        case Revealed():
            return tasks.reveal(message, request, tools)
        case Settled():
            return tasks.settle(message, request)
        case Bounced():
            return await bounces.take(message, request, tools)
    assert isinstance(message, Do) and request is not None, "a command names a request that exists"
    return await _say(message, request, tools)


async def _say(  # noqa: PLR0911 - why it is said otherwise, or not at all
    message: Do, request: Request, tools: Tools
) -> Outcome:
    kind, _, name = message.step.partition(":")
    mail = request.mails[name]
    purpose, _, about = name.partition("-")
    ours = purpose in TO_DEPARTMENT
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        # Its person was deleted meanwhile: nobody knows any more who was to hear of it.
        return Outcome(settled(request, name, mail, "undeliverable", "particulars_destroyed"))
    if kind != "mail":
        return Outcome(tasks.late(message.step, request, tools))
    if tasks.is_moot(name, mail, request):
        return Outcome(settled(request, name, mail, "undeliverable", "overtaken"))
    if purpose == "escalation" and await _is_known(about, request, tools):
        return Outcome(settled(request, name, mail, "undeliverable", "told_already"))
    department = Contact(kind="mail", value=tools.datamap.organisation.email)
    to = department if ours else addressee(name, request, particulars, tools.datamap)
    if to is None:
        why = "nobody_asked" if request.rule else "no_address"
        return Outcome(settled(request, name, mail, "undeliverable", why))
    if to.route != "mail":
        return Outcome(tasks.open_task(name, to.route, request, tools))
    step, lease = request.steps[message.step], tools.policy.lease
    marked = mail.model_copy(update={"marks": mail.marks + 1})
    return Outcome(
        transition=Transition(
            what="mail_attempt",
            by="mailing",
            changes={
                "mails": {**request.mails, name: marked},
                **counted(name, request),
                **(_told(about, request, tools) if purpose == "escalation" else {}),
            },
            opens=(Opening.lease(message.step, step, lease),),
        ),
        effects=(
            SendMail(
                to=to.value,
                language=tools.policy.default_language if ours else request.language,
                facts=facts(name, request, tools, particulars.answer),
                message_id=mail.message_id,
                tracking=request.tracking,
                date=mail.created_at,
                in_reply_to=_thread(to.value, particulars.submission),
            ),
        ),
    )


def _thread(to: str, submission: Submission) -> str | None:
    """The mail that asked, where it is whoever asked that is written to: nobody else knows it."""
    return submission.in_reply_to if to == submission.requester.email else None


async def _is_known(recipient: str, request: Request, tools: Tools) -> bool:
    """Whether the department has heard of it today: a dead recipient is one mail, not many."""
    return await tools.requests.escalated_since(recipient, tools.now - A_DAY, request.id)


def _told(recipient: str, request: Request, tools: Tools) -> dict[str, Any]:
    """It is counted, under a lock: of those that come at the same time one is sent."""
    told = Escalation(recipient=recipient, at=tools.now)
    held = tuple({*request.sending, escalation_lock(recipient)})
    return {"escalations": (*request.escalations, told), "sending": held}


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Sent, given up, or tried again later; the completion mail completes its request."""
    assert isinstance(message, Do)
    ((_, result),) = done
    assert isinstance(result, OutboundResult)
    name = message.step.partition(":")[2]
    mail = request.mails[name]
    if result.status == "sent":
        return Outcome(settled(request, name, mail, "sent", None))
    if result.status == "refused" or mail.attempts >= len(WAITS):
        return Outcome(settled(request, name, mail, "undeliverable", result.code))
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
