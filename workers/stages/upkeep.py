"""Upkeep: time. Whatever is due is sent again; a clock that ran out is a command or an alarm (D6).

A message that the broker lost, purged or parked therefore costs time, never a request. Each sending
again doubles the next wait, so that a long queue is not made longer.

A request that is not final near its deadline, and at it, is an alarm: an entry in its history, and
a mail to the department. Every day that it is late there is one entry more, and no mail.
"""

from __future__ import annotations

from schemas.deadlines import next_alarm
from schemas.lifecycle import Opening, Step, Transition
from schemas.messages import Message, Tick
from schemas.request import Mail, Request
from workers.ports import NOTHING, Outcome, Tools


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Send every due step's command, in one transition."""
    assert isinstance(message, Tick) and request is not None, "a tick names a request that exists"
    due = {name: step for name, step in request.steps.items() if step.due <= tools.now}
    if not due:
        return NOTHING
    opens = tuple(_open_again(name, step, request, tools) for name, step in due.items())
    if "deadline" not in due:
        return Outcome(Transition(what="sent_again", by="upkeep", opens=opens))
    mail, opening = _alarm_mail(request, tools)
    return Outcome(
        Transition(
            what="alarm",
            by="upkeep",
            changes={"mails": {**request.mails, **mail}},
            opens=(*opens, *opening),
        )
    )


def _alarm_mail(request: Request, tools: Tools) -> tuple[dict[str, Mail], tuple[Opening, ...]]:
    """The mail to the department, and its step; nothing where it has been told already."""
    told = [mail for name, mail in request.mails.items() if name.startswith("alarm-")]
    if any(mail.created_at >= request.deadline for mail in told):
        return {}, ()
    name = f"alarm-{len(told) + 1}"
    mail = tools.mail(request.id, name)
    return {name: mail}, (Opening(f"mail:{name}", tools.policy.step_timeout),)


def _open_again(name: str, step: Step, request: Request, tools: Tools) -> Opening:
    if name == "deadline":
        wait = next_alarm(request.received_at, request.deadline, tools.now)
        return Opening(name, wait, send=False, sends=step.sends + 1)
    return Opening(
        name,
        tools.policy.step_timeout * (1 << min(step.sends, 10)),
        attempts=step.attempts,
        sends=step.sends + 1,
        crashes=step.crashes,
        error=step.error,
    )
