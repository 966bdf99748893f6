"""Propagation: whoever received a field that changed is told, and only about what it received.

The disclosure ledger says who that is. A notice keeps one id over all its attempts; it is sent with
the values as they stand at that moment, under a lock per subject and recipient, so that an older
value never follows a newer one. Corrections that wait for a recipient are told as one, by the
newest of them (`together`).
A restriction is told twice: that it stands, and when the person lifts it. Of an objection those
hear that act on the purpose and have received anything of the person.
`planning` says who is told what, `settling` what an attempt came to, `answers` what recipients say,
`reasons` why.
"""

from __future__ import annotations

from typing import Any

from schemas.lifecycle import Opening, Transition
from schemas.messages import Do, Message, OfNotice, Said
from schemas.notice import SUBJECT_GONE, Notice, NoticeStatus
from schemas.request import Particulars, Request
from workers.ports import AskStatus, Done, OutboundResult, Outcome, SendNotice, Tools
from workers.stages.propagation import answers, reasons
from workers.stages.propagation.planning import about, lifted, pending, plan, received
from workers.stages.propagation.settling import (
    WAITS,
    after,
    freed,
    lock,
    record,
    told_along,
    waits_for,
)
from workers.stages.propagation.together import held_back, joined

__all__ = ["WAITS", "conclude", "handle"]


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Decide whom to tell now, and mark the attempt; or take what a recipient answered."""
    if isinstance(message, OfNotice):
        return await answers.hear(message, request, tools)
    assert isinstance(message, Do) and request is not None, "a command names a request that exists"
    kind, _, recipient = message.step.partition(":")
    match kind:
        case "answer":
            return answers.overdue(request, recipient, tools)
        case "poll":
            return answers.ask(request, recipient, tools)
    return await _tell(message, request, tools)


async def _tell(message: Do, request: Request, tools: Tools) -> Outcome:
    kind, _, recipient = message.step.partition(":")
    if kind == "notice" and (rest := tools.rests(recipient)):
        return answers.wait_for_rest(request, recipient, rest, tools)
    particulars = await tools.sealer.open(request)
    assert particulars.subject is not None, "applied requests have a subject"
    told_before: dict[str, Any] = {}
    if kind == "notice":
        notices = pending({recipient: request.notices[recipient]})
    elif kind == "lifting":
        notices, told_before = lifted(request, tools)
    elif request.kind == "deletion":
        # Planned before the record was gone, by the deletion itself.
        notices = pending(request.notices)
    else:
        notices = plan(request, await received(request, particulars.subject, tools), tools)
    if not notices:
        # Nobody to tell; or an attempt ended without a record, and the answer came by itself.
        return Outcome(freed(request, record(request, message.step, {}, (), tools)))
    if request.kind == "correction":
        others = await tools.requests.waiting_notices(request.subject or "")
        if kind == "notice" and held_back(recipient, request, others):
            return answers.wait_for_newer(request, recipient, tools)
        notices = {name: joined(name, n, request, others) for name, n in notices.items()}
    return _mark(message, request, notices, particulars, told_before, tools)


def _mark(  # noqa: PLR0913, PLR0917 - the attempt, and whom it tells what
    message: Do,
    request: Request,
    notices: dict[str, Notice],
    particulars: Particulars,
    told_before: dict[str, Any],
    tools: Tools,
) -> Outcome:
    kind = message.step.partition(":")[0]
    subject, deletes = particulars.subject, request.kind == "deletion"
    assert subject is not None, "whoever is told of has a name"
    step, lease = request.steps[message.step], tools.policy.lease
    marked = {
        name: notice.model_copy(
            update={"marks": notice.marks + 1, "since": notice.since or tools.now}
        )
        for name, notice in notices.items()
    }
    everything = {**request.notices, **marked}
    return Outcome(
        transition=Transition(
            what="notice_attempt",
            by="propagation",
            changes={
                "notices": everything,
                "notice_ids": _ids(request, marked),
                "waits_for": waits_for(everything),
                "sending": tuple({*request.sending, *(lock(request, name) for name in marked)}),
                **told_before,
            },
            # What was still to be said of a restriction is not said once it is lifted.
            closes=_about_recipients(request) if told_before else (),
            opens=(Opening.lease(message.step, step, lease),),
            events=tuple(
                f"notice.{notice.status}" for notice in notices.values() if not notice.marks
            ),
        ),
        effects=tuple(
            SendNotice(
                recipient=name,
                notice_id=notice.id,
                request=request.id,
                subject=subject,
                fields=(*notice.fields, *notice.also),
                lease=tools.monotonic + lease.total_seconds(),
                deleted_as=particulars.known_as.get(name, "") if deletes else None,
                about=about(request, kind),
                tracking=request.tracking,
                asked_at=request.received_at,
                since=notice.since or tools.now,
            )
            for name, notice in marked.items()
        ),
    )


def conclude(message: Message, request: Request, done: Done, tools: Tools) -> Outcome:
    """Record each answer; when the last recipient is settled, completion follows.

    Of somebody who is gone by now nothing can be said any more but that, which the deletion does:
    the notice goes, as if it had been planned a moment later, with nobody on record.
    """
    assert isinstance(message, Do)
    told: dict[str, Notice] = {}
    opens: list[Opening] = []
    words: list[Said] = []
    moot: list[str] = []
    for effect, result in done:
        assert isinstance(result, OutboundResult)
        if isinstance(effect, AskStatus):
            return answers.asked(effect, result, request, tools)
        assert isinstance(effect, SendNotice)
        notice = request.notices[effect.recipient]
        if _is_moot(notice, result):
            moot.append(effect.recipient)
            continue
        told[effect.recipient], opened = after(notice, effect.recipient, result, tools)
        opens += opened
        words += reasons.heard(effect.recipient, told[effect.recipient], result)
    along = (each for name, notice in told.items() for each in told_along(name, notice))
    return Outcome(
        freed(
            request,
            record(request, message.step, told, tuple(opens), tools, moot=moot),
            *told,
            *moot,
        ),
        also=(*along, *words),
    )


def _is_moot(notice: Notice, result: OutboundResult) -> bool:
    """Whether nobody was on record twice: an application may put a document in another's place."""
    gone = result.code == notice.error == SUBJECT_GONE
    return gone and notice.status is NoticeStatus.PENDING


def _about_recipients(request: Request) -> tuple[str, ...]:
    kinds = ("notice:", "answer:", "poll:")
    return tuple(name for name in request.steps if name.startswith(kinds))


def _ids(request: Request, marked: dict[str, Notice]) -> tuple[str, ...]:
    """By which acknowledgements find the request; those of notices that were replaced as well."""
    now = [notice.id for notice in {**request.notices, **marked}.values()]
    return tuple(dict.fromkeys((*request.notice_ids, *now)))
