"""Words that go by no mail: somebody calls, or prints a letter and posts it, and says so.

The number or the address is shown to whoever does it, and that it was is on record. A word is said
when somebody has recorded it: the last one completes its request, as the mail does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.actors import of_desk
from schemas.bindings import code_lock, escalation_lock
from schemas.lifecycle import TASKS, Opening, Status, Transition
from schemas.messages import Revealed, Settled
from schemas.request import Mail, Request, Route
from workers.ports import NOTHING, Outcome, Reply, Tools

BEFORE_IT_BEGINS = ("cooling-", "notice-")
"""Words that nobody needs any more once what they announce has begun."""
A_MOMENT = timedelta(seconds=1)
GIVEN_UP = timedelta(days=30)
"""After that nobody calls or writes any more about a request that is over."""
COMPLETING = frozenset({"completion", "answer"})
"""What ends a request once it has been said."""


def open_task(name: str, route: Route, request: Request, tools: Tools) -> Transition:
    """The word waits for a person from now on; its clock says when it is late."""
    mails = {**request.mails, name: request.mails[name].model_copy(update={"route": route})}
    closes = [f"mail:{name}"]
    if name == "completion" and f"{route}:interim" in request.tasks:
        # One call says it all.
        given_up = {"status": "undeliverable", "code": "overtaken"}
        mails["interim"] = mails["interim"].model_copy(update=given_up)
        closes.append(f"{route}:interim")
    return Transition(
        what=f"{route}_due",
        by="mailing",
        changes={"mails": mails, **counted(name, request)},
        closes=tuple(closes),
        opens=(Opening(f"{route}:{name}", _within(name, request, tools), send=False),),
    )


def _within(name: str, request: Request, tools: Tools) -> timedelta:
    """When it is late: what is to be stopped is told before it begins, or not at all."""
    if name.startswith(BEFORE_IT_BEGINS) and request.begins_at is not None:
        return min(tools.policy.task_within, max(request.begins_at - tools.now, A_MOMENT))
    return tools.policy.task_within


def late(step: str, request: Request, tools: Tools) -> Transition:
    """Nobody has done it in time: it is on record, and looked at again after as long.

    Not for ever where the request is final: what has to be told by then is too old to be news, and
    the person's particulars would be kept for it.
    """
    name = step.partition(":")[2]
    mail = request.mails[name]
    begun = request.begins_at is not None and tools.now >= request.begins_at
    if begun and name.startswith(BEFORE_IT_BEGINS):
        return settled(request, name, mail, "undeliverable", "overtaken")
    if request.status.final and tools.now - mail.created_at >= GIVEN_UP:
        return settled(request, name, mail, "undeliverable", "nobody_did_it")
    again = Opening(
        step,
        tools.policy.task_within,
        send=False,
        sends=request.steps[step].sends,
        error="late",
    )
    return Transition(what="task_late", by="mailing", opens=(again,))


def reveal(message: Revealed, request: Request | None, tools: Tools) -> Outcome:
    """Who was shown the number, or printed the address, is written down before it is seen."""
    if request is None or message.task not in request.tasks:
        return NOTHING
    route, _, name = message.task.partition(":")
    changes: dict[str, Any] = {}
    if route == "letter":
        printed = request.mails[name].model_copy(
            update={"marks": request.mails[name].marks + 1, "printed_at": tools.now}
        )
        changes = {"mails": {**request.mails, name: printed}}
    return Outcome(
        Transition(
            what="letter_printed" if route == "letter" else "number_shown",
            by=of_desk(message.by),
            changes=changes,
        ),
        reply=Reply(accepted=True),
    )


def settle(message: Settled, request: Request | None) -> Outcome:
    """The call was made or the letter posted; or nobody can be reached so."""
    if request is None or message.task not in request.tasks:
        return NOTHING
    name = message.task.partition(":")[2]
    status, code = ("sent", None) if message.reached else ("undeliverable", "not_reached")
    transition = settled(request, name, request.mails[name], status, code, by=of_desk(message.by))
    return Outcome(transition, reply=Reply(accepted=True))


def is_moot(name: str, mail: Mail, request: Request) -> bool:
    """Whether it holds a code that nobody waits for any more, and has never left."""
    asked = request.status is Status.AWAITING_PROOF
    return name.startswith("challenge-") and not asked and not mail.marks


def counted(name: str, request: Request) -> dict[str, Any]:
    """A code that is about to leave has been counted: another request may send one."""
    if not name.startswith(("challenge-", "digest-", "download-")) or request.subject is None:
        return {}
    held = code_lock(request.subject)
    return {"sending": tuple(lock for lock in request.sending if lock != held)}


def _without_escalation(name: str, request: Request) -> tuple[str, ...]:
    purpose, _, recipient = name.partition("-")
    held = escalation_lock(recipient) if purpose == "escalation" else None
    return tuple(lock for lock in request.sending if lock != held)


def settled(  # noqa: PLR0913 - what a mail came to, and by whom
    request: Request, name: str, mail: Mail, status: str, code: str | None, *, by: str = "mailing"
) -> Transition:
    """A word is said, or cannot be; the completion completes its request."""
    done = mail.model_copy(update={"status": status, "code": code})
    completes = name in COMPLETING
    return Transition(
        what=f"{mail.route}_{status}",
        by=by,
        to=Status.COMPLETED if completes else None,
        changes={
            "mails": {**request.mails, name: done},
            # Whoever held a lock and died has nothing left to send.
            "sending": () if completes else _without_escalation(name, request),
            **({} if completes else counted(name, request)),
        },
        # Another word of this request may be on its way: its own step ends with its own outcome.
        closes=(
            *(f"{kind}{name}" for kind in ("mail:", *TASKS)),
            *(("deadline", "interim") if completes else ()),
        ),
    )
