"""What an attempt came to, and the one transition that records whatever was learnt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from schemas.datamap import OpenDsrTransport
from schemas.lifecycle import Opening, Transition
from schemas.messages import ToldAlong
from schemas.notice import GONE, SUBJECT_GONE, Notice, NoticeStatus
from schemas.request import Mail, Request
from workers.ports import OutboundResult, Tools

WAITS: tuple[timedelta, ...] = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""Waits between attempts: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; then escalated."""

LONGEST = sum(WAITS, timedelta(0))
"""So long a recipient is waited for that rests, and that nobody calls meanwhile."""

SOON = timedelta(seconds=5)
RESTS = "recipient_rests"
POLLS: tuple[timedelta, ...] = tuple(timedelta(minutes=m) for m in (5, 30, 120, 360, 720))
"""Waits between questions to a recipient that can be asked; the last one again and again."""


def lock(request: Request, recipient: str) -> str:
    """What one request at a time holds while it tells this recipient about this person."""
    return f"{request.subject}|{recipient}"


def freed(request: Request, record: Transition, *recipients: str) -> Transition:
    """Only the end of our own attempt frees the lock: an acknowledgement may be faster.

    Without names: the locks of all recipients.
    """
    locks = {lock(request, name) for name in recipients or request.notices}
    left = tuple(held for held in request.sending if held not in locks)
    return replace(record, changes={**record.changes, "sending": left})


def waits_for(notices: Mapping[str, Notice]) -> tuple[str, ...]:
    """The recipients that have not said their last word."""
    return tuple(name for name, notice in notices.items() if not notice.status.answered)


def told_along(recipient: str, notice: Notice) -> tuple[ToldAlong, ...]:
    """Those notices that this one told along hear of it, once it got through."""
    if notice.status in {NoticeStatus.PENDING, NoticeStatus.OVERDUE}:
        return ()
    return tuple(ToldAlong(id_, recipient, notice) for id_ in notice.replaces)


def after(
    notice: Notice, recipient: str, result: OutboundResult, tools: Tools
) -> tuple[Notice, tuple[Opening, ...]]:
    """The notice after an attempt, and the clocks that it now needs."""
    status = NoticeStatus.PENDING if result.status == "put_off" else NoticeStatus(result.status)
    acknowledged = notice.status is not NoticeStatus.PENDING
    if acknowledged and (notice.status.settled or not status.settled):
        # The recipient's own acknowledgement was faster than the end of our attempt.
        return notice, ()
    if status is NoticeStatus.PENDING:
        return _again(notice, recipient, result, tools)
    declared = tools.datamap.recipients[recipient]
    answer_due = declared.acknowledge_within.after(tools.now)
    waiting = not status.settled
    told = notice.model_copy(
        update={
            "status": status,
            "seq": result.seq,
            "error": result.code or None,
            "answer_due": answer_due if waiting else None,
        }
    )
    if not waiting:
        return told, ()
    clocks = [Opening(f"answer:{recipient}", answer_due - tools.now, send=False)]
    if isinstance(declared.transport, OpenDsrTransport):
        clocks.append(Opening(f"poll:{recipient}", POLLS[0], send=False))
    return told, tuple(clocks)


def _again(
    notice: Notice, recipient: str, result: OutboundResult, tools: Tools
) -> tuple[Notice, tuple[Opening, ...]]:
    # Where nobody is on record the recipient was not asked; the next look tells.
    tried = result.tried and result.code != SUBJECT_GONE
    attempts = notice.attempts + tried
    failed = notice.model_copy(update={"attempts": attempts, "error": result.code})
    waited = tools.now - (notice.since or tools.now)
    if attempts > len(WAITS) or (not tried and waited >= LONGEST):
        return failed.model_copy(update={"status": NoticeStatus.OVERDUE}), ()
    wait = result.retry_after or timedelta(0)
    if tried:
        wait = max(WAITS[attempts - 1], wait)
    else:
        seldom = _seldom(waited) if result.code == RESTS else SOON
        wait = max(SOON, wait, seldom)
    clock = Opening(f"notice:{recipient}", wait, send=False, attempts=attempts, error=result.code)
    return failed, (clock,)


def _seldom(waited: timedelta) -> timedelta:
    """When to ask again for a notice whose recipient rests: as seldom as if it had been tried.

    Of thousands that wait for one dead recipient one is enough to learn that it lives again; what
    asks for each of them every few seconds takes the time of those who are told.
    """
    wait = next((wait for wait in WAITS if wait > waited), WAITS[-1])
    return min(wait, LONGEST - waited)


def record(  # noqa: PLR0913 - what was learnt, and by whom
    request: Request,
    step: str,
    told: Mapping[str, Notice],
    opens: tuple[Opening, ...],
    tools: Tools,
    *,
    by: str = "propagation",
    moot: Collection[str] = (),
) -> Transition:
    """One transition for what was learnt; opens completion when nobody is waited for any more.

    `moot`: recipients that are not to be told any more.
    """
    notices = {n: one for n, one in {**request.notices, **told}.items() if n not in moot}
    closes = [step]
    closes += [
        f"{clock}:{name}"
        for name, notice in notices.items()
        for clock in ("answer", "poll")
        if notice.status.settled
    ]
    # An attempt that is under way closes its own step, and frees its lock with that.
    closes += [
        f"notice:{name}"
        for name, notice in notices.items()
        if notice.status is not NoticeStatus.PENDING and lock(request, name) not in request.sending
    ]
    before = {name: notice.status for name, notice in request.notices.items()}
    news = {n: one for n, one in told.items() if one.status is not before.get(n)}
    mails = {**_escalations(request, news, tools), **_followups(request, news, tools)}
    opens = (*opens, *(Opening(f"mail:{name}", tools.policy.step_timeout) for name in mails))
    reopened = {opening.step for opening in opens}
    completes = "completion" not in request.mails and all(
        notice.status.settled for notice in notices.values()
    )
    if completes:
        opens = (*opens, Opening("completion", tools.policy.step_timeout))
    return Transition(
        what="notices_settled" if completes else "notices_told",
        by=by,
        changes={
            "notices": notices,
            "waits_for": waits_for(notices),
            **({"mails": {**request.mails, **mails}} if mails else {}),
        },
        closes=tuple(name for name in closes if name not in reopened),
        opens=opens,
        events=tuple(f"notice.{notice.status}" for notice in news.values()),
    )


def _escalations(request: Request, news: Mapping[str, Notice], tools: Tools) -> dict[str, Mail]:
    """The department hears of whoever did not settle in time, or takes no notices any more."""
    return {
        mail: tools.mail(request.id, mail)
        for name, notice in news.items()
        for mail in [f"escalation-{name}"]
        if (notice.status is NoticeStatus.OVERDUE or notice.error == GONE)
        and mail not in request.mails
    }


def _followups(request: Request, news: Mapping[str, Notice], tools: Tools) -> dict[str, Mail]:
    """The person was told that somebody is looking after it, and now there is an answer."""
    completion = request.mails.get("completion")
    promised = completion.notices if completion else {}
    return {
        mail: tools.mail(request.id, mail, notices={name: notice.status})
        for name, notice in news.items()
        for mail in [f"followup-{name}"]
        if promised.get(name) is NoticeStatus.OVERDUE and notice.status.answered
    }
