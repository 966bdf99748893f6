"""Back to the desk: what was proven or approved, but about somebody who is not there. Pure."""

from __future__ import annotations

from datetime import datetime

from schemas.lifecycle import Status, Transition
from schemas.request import Request
from schemas.review import Review, Why


def subject_gone(request: Request, step: str, now: datetime) -> Transition:
    """Instead of the work of that step: nobody is on record any more, or another was faster.

    What was approved before does not count: it was of a person who was there.
    """
    before = request.review or Review(why=(), opened_at=now)
    why = tuple(dict.fromkeys((*before.why, Why.SUBJECT_GONE)))
    again = {"why": why, "approvals": ()}
    return Transition(
        what="subject_gone",
        by=step,
        to=Status.IN_REVIEW,
        changes={"review": before.model_copy(update=again)},
        closes=(step,),
    )
