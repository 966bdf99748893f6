"""When to try again: an error and a count in, a transition out. Pure."""

from __future__ import annotations

from datetime import timedelta

from schemas.lifecycle import Opening, Step, Transition

FIRST = timedelta(seconds=2)
LONGEST = timedelta(hours=1)
CRASHES_ALONE = 2
"""From this many returns on, an item is handled alone: it may be what kills its worker."""
CRASHES_REST = 20
"""From this many returns on, it rests for an hour each time; it is never given up."""


def wait_after(attempts: int) -> timedelta:
    """2 s, 4 s, 8 s … and never more than an hour."""
    return min(FIRST * (1 << min(attempts, 20)), LONGEST)


def put_off(name: str, step: Step, code: str, stage: str) -> Transition:
    """The step waits and is tried again; the code stands where the desk can see it."""
    return Transition(
        what="put_off",
        by=stage,
        opens=(
            Opening(
                name,
                wait_after(step.attempts),
                send=False,
                attempts=step.attempts + 1,
                crashes=step.crashes,
                error=code,
            ),
        ),
    )


def came_again(name: str, step: Step, stage: str, timeout: timedelta) -> Transition:
    """Count that a message returned unacked, before it is handled once more."""
    return Transition(
        what="came_again",
        by=stage,
        opens=(
            Opening(
                name,
                timeout,
                send=False,
                attempts=step.attempts,
                sends=step.sends,
                crashes=step.crashes + 1,
                error=step.error,
            ),
        ),
    )
