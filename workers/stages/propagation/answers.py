"""What recipients say of a notice, by themselves or asked; and that one says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from schemas.errors import KeyGone
from schemas.lifecycle import Opening, Transition
from schemas.messages import Acknowledge, OfNotice, Said, SendAgain, Shown, ToldAlong
from schemas.notice import MISSED, Notice, NoticeStatus
from schemas.request import Request
from workers.ports import NOTHING, AskStatus, OutboundResult, Outcome, Reply, Tools
from workers.stages.propagation.reasons import noted, said
from workers.stages.propagation.settling import (
    LONGEST,
    POLLS,
    RESTS,
    SOON,
    after,
    lock,
    record,
    told_along,
)

LOOK_AGAIN = timedelta(minutes=5)
"""How long an older notice waits for the newer one that tells it along, each time."""


async def hear(message: OfNotice, request: Request | None, tools: Tools) -> Outcome:
    """Whatever names a notice, not a request."""
    match message:
        case Acknowledge():
            return await acknowledge(message, request, tools)
        case Shown():
            return shown(message, request)
        case ToldAlong():
            return take_along(message, request, tools)
        case Said():
            return await said(message, request, tools)
        case SendAgain():
            return await send_again(message, request, tools)


async def acknowledge(message: Acknowledge, request: Request | None, tools: Tools) -> Outcome:
    """The recipient's word; what it has said last is not taken back."""
    notice = _named(message, request)
    if request is None or notice is None:
        return Outcome(reply=Reply(accepted=False))
    status, recipient = NoticeStatus(message.answer.status), message.recipient
    late = notice.status is NoticeStatus.OVERDUE
    if notice.status.answered or notice.status is status or (late and not status.answered):
        return Outcome(reply=Reply(accepted=notice.status is status))
    answered = _answered(notice, status, recipient, tools)
    opens: tuple[Opening, ...] = ()
    if not status.settled and answered.answer_due is not None:
        opens = (Opening(f"answer:{recipient}", answered.answer_due - tools.now, send=False),)
    by = message.by or "propagation"
    done = record(request, f"answer:{recipient}", {recipient: answered}, opens, tools, by=by)
    kept = await noted(request, recipient, message.by, message.answer.reason, tools)
    return Outcome(
        replace(done, changes={**done.changes, **kept}),
        reply=Reply(accepted=True),
        also=told_along(recipient, answered),
    )


def shown(message: Shown, request: Request | None) -> Outcome:
    """Who is shown what a notice says is written down before it is seen."""
    notice = _named(message, request)
    if notice is None or notice.status.answered:
        return NOTHING
    return Outcome(Transition(what="notice_shown", by=message.by), reply=Reply(accepted=True))


def take_along(message: ToldAlong, request: Request | None, tools: Tools) -> Outcome:
    """A newer notice has told this one along: it stands as that one does."""
    notice = _named(message, request)
    if request is None or notice is None or notice.status.answered:
        return NOTHING
    newer, recipient = message.told, message.recipient
    if notice.status is newer.status or lock(request, recipient) in request.sending:
        return NOTHING
    same = {"status": newer.status, "seq": newer.seq, "answer_due": newer.answer_due, "error": None}
    stands = notice.model_copy(update=same)
    step = f"answer:{recipient}"
    opens: tuple[Opening, ...] = ()
    if newer.answer_due is not None and not newer.status.settled:
        opens = (Opening(step, newer.answer_due - tools.now, send=False),)
    return Outcome(record(request, step, {recipient: stands}, opens, tools))


async def send_again(message: SendAgain, request: Request | None, tools: Tools) -> Outcome:
    """What a recipient missed while it took no notices goes out under its old id."""
    notice = _named(message, request)
    if request is None or notice is None or not (notice.status.settled and notice.error in MISSED):
        return NOTHING
    try:
        await tools.sealer.open(request)
    except KeyGone:
        # Nobody knows any more whom it was about.
        return NOTHING
    fresh = {"status": NoticeStatus.PENDING, "error": None, "attempts": 0, "since": tools.now}
    step = f"notice:{message.recipient}"
    # Not at once: a worker remembers for a few seconds that it takes none.
    opens = (Opening(step, 2 * SOON, send=False),)
    told = {message.recipient: notice.model_copy(update=fresh)}
    return Outcome(
        record(request, step, told, opens, tools, by=message.by), reply=Reply(accepted=True)
    )


def wait_for_newer(request: Request, recipient: str, tools: Tools) -> Outcome:
    """A newer notice to this recipient waits as well, and tells this one along."""
    notice = request.notices[recipient]
    step = f"notice:{recipient}"
    if notice.since is not None and tools.now - notice.since >= LONGEST:
        late = notice.model_copy(update={"status": NoticeStatus.OVERDUE, "error": "told_along"})
        return Outcome(record(request, step, {recipient: late}, (), tools))
    again = Opening(
        step, LOOK_AGAIN, send=False, attempts=request.steps[step].attempts, error="told_along"
    )
    return Outcome(Transition(what="notice_waits", by="propagation", opens=(again,)))


def wait_for_rest(request: Request, recipient: str, rest: timedelta, tools: Tools) -> Outcome:
    """It is left alone just now: nothing is read, sealed or marked for it, since many may wait."""
    notice, step = request.notices[recipient], f"notice:{recipient}"
    if notice.status is not NoticeStatus.PENDING:
        return Outcome(record(request, step, {}, (), tools))
    rests = OutboundResult("put_off", RESTS, rest, tried=False)
    waits, opens = after(notice, recipient, rests, tools)
    return Outcome(record(request, step, {recipient: waits}, opens, tools))


def overdue(request: Request, recipient: str, tools: Tools) -> Outcome:
    """It has not settled in its time."""
    late = request.notices[recipient].model_copy(update={"status": NoticeStatus.OVERDUE})
    return Outcome(record(request, f"answer:{recipient}", {recipient: late}, (), tools))


def ask(request: Request, recipient: str, tools: Tools) -> Outcome:
    """Ask how far it has got."""
    step, lease = f"poll:{recipient}", tools.policy.lease
    return Outcome(
        transition=Transition(
            what="status_asked",
            by="propagation",
            opens=(Opening.lease(step, request.steps[step], lease),),
        ),
        effects=(
            AskStatus(
                recipient,
                request.notices[recipient].id,
                lease=tools.monotonic + lease.total_seconds(),
            ),
        ),
    )


def asked(effect: AskStatus, result: OutboundResult, request: Request, tools: Tools) -> Outcome:
    """What it answered; asked again later while it has not settled."""
    recipient = effect.recipient
    notice, step = request.notices[recipient], f"poll:{recipient}"
    if notice.status.settled:
        return Outcome(record(request, step, {}, (), tools))
    attempts = request.steps[step].attempts + 1
    wait = POLLS[min(attempts, len(POLLS) - 1)]
    again = Opening(step, wait, send=False, attempts=attempts, error=result.code or None)
    news = result.status not in {"put_off", notice.status} and result.status != "delivered"
    if not news:
        return Outcome(record(request, step, {}, (again,), tools))
    answered = _answered(notice, NoticeStatus(result.status), recipient, tools)
    answered = answered.model_copy(update={"error": result.code or None})
    opens = () if answered.status.settled else (again,)
    return Outcome(
        record(request, step, {recipient: answered}, opens, tools),
        also=told_along(recipient, answered),
    )


def _named(message: OfNotice, request: Request | None) -> Notice | None:
    """The notice that is meant, where it is this recipient's."""
    notice = request.notices.get(message.recipient) if request else None
    return notice if notice is not None and notice.id == message.notice else None


def _answered(notice: Notice, status: NoticeStatus, recipient: str, tools: Tools) -> Notice:
    due = notice.answer_due or tools.datamap.recipients[recipient].acknowledge_within.after(
        tools.now
    )
    return notice.model_copy(update={"status": status, "answer_due": due, "error": None})
