"""Upkeep: time. Whatever is due is sent again; a clock that ran out is a command or an alarm (D6).

A message that the broker lost, purged or parked therefore costs time, never a request. Each sending
again doubles the next wait, so that a long queue is not made longer.
"""

from __future__ import annotations

from datetime import timedelta

from schemas.lifecycle import Opening, Step, Transition
from schemas.messages import Message, Tick
from schemas.request import Request
from workers.ports import NOTHING, Outcome, Tools

ALARM_AGAIN = timedelta(days=1)


async def handle(message: Message, request: Request | None, tools: Tools) -> Outcome:
    """Send every due step's command, in one transition."""
    assert isinstance(message, Tick) and request is not None, "a tick names a request that exists"
    due = {name: step for name, step in request.steps.items() if step.due <= tools.now}
    if not due:
        return NOTHING
    return Outcome(
        Transition(
            what="alarm" if "deadline" in due else "sent_again",
            by="upkeep",
            opens=tuple(_open_again(name, step, request, tools) for name, step in due.items()),
        )
    )


def _open_again(name: str, step: Step, request: Request, tools: Tools) -> Opening:
    if name == "deadline":
        left = request.deadline - tools.now
        wait = left if left > timedelta(0) else ALARM_AGAIN
        return Opening(name, wait, send=False, sends=step.sends + 1)
    return Opening(
        name,
        tools.policy.step_timeout * (1 << min(step.sends, 10)),
        attempts=step.attempts,
        sends=step.sends + 1,
        crashes=step.crashes,
        error=step.error,
    )
