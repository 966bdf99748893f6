"""Propagation: whoever received a field that changed is told, and only about what it received.

The disclosure ledger says who that is. A notice keeps one id over all its attempts; it is sent with
the values as they stand at that moment, under a lock per subject and recipient, so that an older
value never follows a newer one.
A restriction is told twice: that it stands, and when the person lifts it. Of an objection those
hear that act on the purpose and have received anything of the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from schemas.errors import PutOff
from schemas.lifecycle import Opening, Transition
from schemas.messages import Acknowledge, Do, Message
from schemas.notice import Notice, NoticeKind, NoticeStatus
from schemas.request import Request, SubjectRef
from workers.ports import NOTHING, Done, OutboundResult, Outcome, SendNotice, Tools

WAITS: tuple[timedelta, ...] = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
"""Waits between attempts: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; then escalated."""


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Decide whom to tell now, and mark the attempt; or take what a recipient answered."""
    if isinstance(message, Acknowledge):
        return _acknowledge(message, request, tools)
    assert isinstance(message, Do) and request is not None, "a command names a request that exists"
    kind, _, recipient = message.step.partition(":")
    if kind == "answer":
        return _overdue(request, recipient, tools)
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None, "applied requests have a subject"
    deletes = request.kind == "deletion"
    told_before: dict[str, Any] = {}
    if kind == "notice":
        notices = _pending({recipient: request.notices[recipient]})
    elif kind == "lifting":
        notices, told_before = _lifted(request, tools)
    elif deletes:
        # Planned before the record was gone, by the deletion itself.
        notices = _pending(request.notices)
    else:
        notices = _plan(request, await _received(request, particulars.subject, tools), tools)
    if not notices:
        # Nobody to tell; or an attempt ended without a record, and the answer came by itself.
        return Outcome(_freed(request, _record(request, message.step, {}, (), tools)))
    step, lease = request.steps[message.step], tools.policy.lease
    marked = {
        name: notice.model_copy(update={"marks": notice.marks + 1})
        for name, notice in notices.items()
    }
    return Outcome(
        transition=Transition(
            what="notice_attempt",
            by="propagation",
            changes={
                "notices": {**request.notices, **marked},
                "notice_ids": _ids(request, marked),
                "sending": tuple({*request.sending, *(_lock(request, name) for name in marked)}),
                **told_before,
            },
            # What was still to be said of a restriction is not said once it is lifted.
            closes=_about_recipients(request) if told_before else (),
            opens=(Opening.lease(message.step, step, lease),),
        ),
        effects=tuple(
            SendNotice(
                recipient=name,
                notice_id=notice.id,
                request=request.id,
                subject=particulars.subject,
                fields=notice.fields,
                lease=tools.monotonic + lease.total_seconds(),
                deleted_as=particulars.known_as.get(name, "") if deletes else None,
                about=_about(request, kind),
            )
            for name, notice in marked.items()
        ),
    )


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Record each answer; when the last recipient is settled, completion follows."""
    assert isinstance(message, Do)
    told: dict[str, Notice] = {}
    opens: list[Opening] = []
    for effect, result in done:
        assert isinstance(effect, SendNotice) and isinstance(result, OutboundResult)
        notice = request.notices[effect.recipient]
        told[effect.recipient], opening = _after(notice, effect.recipient, result, tools)
        opens += [opening] if opening else []
    return Outcome(
        _freed(request, _record(request, message.step, told, tuple(opens), tools), *told)
    )


async def _received(
    request: Request, subject: SubjectRef, tools: Tools
) -> Mapping[str, tuple[str, ...]]:
    """Per recipient what it is told of: fields that it received, or purposes on which it acts."""
    declared = tools.datamap.subjects[subject.type]
    everything = tuple(declared.fields)
    match request.kind:
        case "restriction":
            return await tools.subjects.recipients(subject, request.granted or everything)
        case "objection":
            known = await tools.subjects.recipients(subject, everything)
            acts_on = {
                recipient: tuple(
                    name
                    for name, result in request.results.items()
                    if result.result != "refused"
                    and recipient in declared.purposes[name].recipients
                )
                for recipient in known
            }
            return {recipient: names for recipient, names in acts_on.items() if names}
    changed = (name for name, result in request.results.items() if result.result == "corrected")
    return await tools.subjects.recipients(subject, tuple(changed))


def _lifted(request: Request, tools: Tools) -> tuple[dict[str, Notice], dict[str, Any]]:
    """The notices that a restriction is lifted, and the first time where those before them go.

    Not while one of those is on its way: its end would be taken for that of the newer one.
    """
    assert request.lifting is not None, "what is lifted says since when"
    if request.lifting.told_before is not None:
        return _pending(request.notices), {}
    if request.sending or request.is_open("propagation"):
        raise PutOff("notice_under_way")
    fresh = {
        name: Notice(id=tools.tokens.new_id(), fields=notice.fields)
        for name, notice in request.notices.items()
    }
    lifting = request.lifting.model_copy(update={"told_before": request.notices})
    return fresh, {"lifting": lifting}


def _about_recipients(request: Request) -> tuple[str, ...]:
    return tuple(name for name in request.steps if name.startswith(("notice:", "answer:")))


def _about(request: Request, step: str) -> NoticeKind:
    lifted = request.lifting is not None and request.lifting.told_before is not None
    if step == "lifting" or lifted:
        return "restriction_lifted"
    match request.kind:
        case "deletion" | "restriction" | "objection":
            return request.kind
    return "correction"


def _ids(request: Request, marked: Mapping[str, Notice]) -> tuple[str, ...]:
    """By which acknowledgements find the request; those of notices that were replaced as well."""
    now = [notice.id for notice in {**request.notices, **marked}.values()]
    return tuple(dict.fromkeys((*request.notice_ids, *now)))


def _plan(
    request: Request, received: Mapping[str, tuple[str, ...]], tools: Tools
) -> dict[str, Notice]:
    """The notices of this request that have not gone out yet: new ones, or marked by a crash."""
    planned = {
        name: request.notices.get(name) or Notice(id=tools.tokens.new_id(), fields=fields)
        for name, fields in received.items()
    }
    return _pending(planned)


def _pending(notices: Mapping[str, Notice]) -> dict[str, Notice]:
    return {n: notice for n, notice in notices.items() if notice.status is NoticeStatus.PENDING}


def _lock(request: Request, recipient: str) -> str:
    return f"{request.subject}|{recipient}"


def _freed(request: Request, record: Transition, *recipients: str) -> Transition:
    """Only the end of our own attempt frees the lock: an acknowledgement may be faster.

    Without names: the locks of all recipients.
    """
    locks = {_lock(request, name) for name in recipients or request.notices}
    left = tuple(lock for lock in request.sending if lock not in locks)
    return replace(record, changes={**record.changes, "sending": left})


def _after(
    notice: Notice, recipient: str, result: OutboundResult, tools: Tools
) -> tuple[Notice, Opening | None]:
    """The notice after an attempt, and the clock that it now needs."""
    status = NoticeStatus.PENDING if result.status == "put_off" else NoticeStatus(result.status)
    acknowledged = notice.status is not NoticeStatus.PENDING
    if acknowledged and (notice.status.settled or not status.settled):
        # The recipient's own acknowledgement was faster than the end of our attempt.
        return notice, None
    if status is not NoticeStatus.PENDING:
        answer_due = tools.datamap.recipients[recipient].acknowledge_within.after(tools.now)
        waiting = not status.settled
        told = notice.model_copy(
            update={
                "status": status,
                "seq": result.seq,
                "error": result.code or None,
                "answer_due": answer_due if waiting else None,
            }
        )
        clock = Opening(f"answer:{recipient}", answer_due - tools.now, send=False)
        return told, clock if waiting else None
    attempts = notice.attempts + 1
    failed = notice.model_copy(update={"attempts": attempts, "error": result.code})
    if attempts > len(WAITS):
        return failed.model_copy(update={"status": NoticeStatus.OVERDUE}), None
    wait = max(WAITS[attempts - 1], result.retry_after or timedelta(0))
    return failed, Opening(
        f"notice:{recipient}", wait, send=False, attempts=attempts, error=result.code
    )


def _record(
    request: Request,
    step: str,
    told: Mapping[str, Notice],
    opens: tuple[Opening, ...],
    tools: Tools,
) -> Transition:
    """One transition for what was learnt; opens completion when nobody is waited for any more."""
    notices = {**request.notices, **told}
    closes = [step]
    closes += [f"answer:{name}" for name, notice in notices.items() if notice.status.settled]
    # An attempt that is under way closes its own step, and frees its lock with that.
    closes += [
        f"notice:{name}"
        for name, notice in notices.items()
        if notice.status is not NoticeStatus.PENDING and _lock(request, name) not in request.sending
    ]
    reopened = {opening.step for opening in opens}
    told_already = "completion" in request.mails
    if not told_already and all(notice.status.settled for notice in notices.values()):
        opens = (*opens, Opening("completion", tools.policy.step_timeout))
    before = {name: notice.status for name, notice in request.notices.items()}
    news = [n.status for name, n in notices.items() if n.status is not before.get(name)]
    return Transition(
        what="notices_settled" if opens and opens[-1].step == "completion" else "notices_told",
        by="propagation",
        changes={"notices": notices},
        closes=tuple(name for name in closes if name not in reopened),
        opens=opens,
        events=tuple(f"notice.{status}" for status in news),
    )


def _acknowledge(message: Acknowledge, request: Request | None, tools: Tools) -> Outcome:
    if request is None:
        return NOTHING
    notice = request.notices.get(message.recipient)
    status = NoticeStatus(message.answer.status)
    if notice is None or notice.id != message.notice:
        return NOTHING
    if notice.status.settled or notice.status is status:
        return NOTHING
    clock = f"answer:{message.recipient}"
    answer_due = notice.answer_due or tools.datamap.recipients[
        message.recipient
    ].acknowledge_within.after(tools.now)
    opens = () if status.settled else (Opening(clock, answer_due - tools.now, send=False),)
    answered = notice.model_copy(update={"status": status, "answer_due": answer_due, "error": None})
    return Outcome(_record(request, clock, {message.recipient: answered}, opens, tools))


def _overdue(request: Request, recipient: str, tools: Tools) -> Outcome:
    overdue = request.notices[recipient].model_copy(update={"status": NoticeStatus.OVERDUE})
    return Outcome(_record(request, f"answer:{recipient}", {recipient: overdue}, (), tools))
