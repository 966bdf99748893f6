"""The clock of a request at the desk: put off once, and standing still while a person is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from schemas.actors import of_desk
from schemas.deadlines import extended, first_alarm, target
from schemas.delays import EXTENSIONS, MISSING
from schemas.lifecycle import Opening, Transition
from schemas.messages import Decide
from schemas.request import Request
from schemas.review import AskFor, Extend, Extension, Pause, Review
from schemas.words import of_approval
from workers.ports import Outcome, Reply, Tools
from workers.stages.review.rights import refuse, review_of

LOOK_AGAIN = timedelta(days=7)
"""How often the desk is reminded of somebody who does not answer."""
A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a transition that ends a pause changes and opens; nothing new where there was none."""

    changes: Mapping[str, Any]
    opens: tuple[Opening, ...] = ()


async def extend(message: Decide, request: Request, tools: Tools) -> Outcome:
    """Once, before it has passed, and the person is told why and until when."""
    assert isinstance(message.decision, Extend)
    reason = message.decision.reason
    if reason not in EXTENSIONS:
        refuse("unknown_reason")
    if request.extension is not None:
        refuse("extended_already")
    if request.review is not None and request.review.pause is not None:
        refuse("paused")
    if tools.now >= request.deadline:
        refuse("deadline_passed")
    clocks = tools.policy.clocks
    deadline = extended(request.deadline, clocks.named(request.profile))
    alarm = first_alarm(request.received_at, deadline, tools.now)
    name = message.by.name
    return _told(
        Transition(
            what=f"extended:{reason}",
            by=of_desk(name),
            changes={
                "deadline": deadline,
                "target": target(request.received_at, deadline, clocks.target_share),
                "extension": Extension(until=deadline, reason=reason, by=name, at=tools.now),
            },
            opens=(Opening("deadline", alarm, send=False),),
        ),
        request,
        "extension",
        tools,
    )


async def ask(message: Decide, request: Request, tools: Tools) -> Outcome:
    """Ask the requester for what is missing; an approval that has not taken effect is void."""
    assert isinstance(message.decision, AskFor)
    missing, review = message.decision.missing, review_of(request)
    if not missing or not set(missing) <= MISSING.keys():
        refuse("unknown_reason")
    if review.pause is not None:
        refuse("paused")
    name = message.by.name
    clock = request.steps.get("deadline")
    pause = Pause(
        missing=missing, by=name, at=tools.now, alarm=clock.due if clock else request.deadline
    )
    changed = review.model_copy(update={"pauses": (*review.pauses, pause), "approvals": ()})
    return _told(
        Transition(
            what=f"paused:{','.join(missing)}",
            by=of_desk(name),
            changes={"review": changed},
            closes=("deadline", "approved", *of_approval(request.steps)),
            opens=(Opening("paused", LOOK_AGAIN, send=False),),
        ),
        request,
        f"pause-{len(changed.pauses)}",
        tools,
    )


def _told(transition: Transition, request: Request, name: str, tools: Tools) -> Outcome:
    """The transition, and the mail that tells of it."""
    mail = tools.mail(request.id, name)
    return Outcome(
        Transition(
            what=transition.what,
            by=transition.by,
            changes={**transition.changes, "mails": {**request.mails, name: mail}},
            closes=transition.closes,
            opens=(*transition.opens, Opening(f"mail:{name}", tools.policy.step_timeout)),
        ),
        reply=Reply(accepted=True, tracking=request.tracking),
    )


async def resume(message: Decide, request: Request, tools: Tools) -> Outcome:
    """The clock goes on where it stood."""
    again = resumed(request, review_of(request), tools.now)
    return Outcome(
        Transition(
            what="resumed",
            by=of_desk(message.by.name),
            changes=again.changes,
            closes=("paused",),
            opens=again.opens,
        ),
        reply=Reply(accepted=True, tracking=request.tracking),
    )


def resumed(request: Request, review: Review, now: datetime) -> Resumed:
    """With this review: the deadline, and its alarm, are later by as long as the pause was."""
    pause = review.pause
    if pause is None:
        return Resumed({"review": review})
    ended, stood = pause.model_copy(update={"ended_at": now}), now - pause.at
    return Resumed(
        {
            "review": review.model_copy(update={"pauses": (*review.pauses[:-1], ended)}),
            "deadline": request.deadline + stood,
            "target": request.target + stood if request.target else None,
        },
        (Opening("deadline", max(pause.alarm - pause.at, A_MOMENT), send=False),),
    )


async def look_again(request: Request, tools: Tools) -> Outcome:
    """Nobody has answered: the desk is reminded."""
    if request.review is None or request.review.pause is None:
        return Outcome(Transition("clock_stopped", "review", closes=("paused",)))
    later = Opening("paused", LOOK_AGAIN, send=False)
    return Outcome(Transition("still_paused", "review", opens=(later,)))
