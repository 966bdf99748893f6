"""Where a request stands, as far as whoever asked may see it. Pure.

The code for it goes to the address that the request brought, which nobody has proven. So only where
that address is the contact on file itself is all of it shown; or to whoever has a PIN from the very
call in which the code was read back that proved it. Where somebody else is on file, and
something has happened that happens to nobody (a proof, a "not me"), everybody else sees what a
request about nobody would look like by now (I15); what is done the contact on file hears by mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from schemas.lifecycle import RETRACTABLE, Status
from schemas.notice import NoticeStatus
from schemas.request import Particulars, Request
from schemas.review import Why

Stage = Literal["checking", "review", "at_work", "telling", "done", "refused", "closed"]
Actor = Literal["person", "staff", "machine", "recipients", "nobody"]

_STAGES: dict[Status, tuple[Stage, Actor]] = {
    Status.RECEIVED: ("checking", "machine"),
    Status.AWAITING_PROOF: ("checking", "person"),
    Status.IN_REVIEW: ("review", "staff"),
    Status.VERIFIED: ("at_work", "machine"),
    Status.APPLIED: ("telling", "recipients"),
    Status.COMPLETED: ("done", "nobody"),
    Status.REFUSED: ("refused", "nobody"),
    Status.EXPIRED: ("closed", "nobody"),
    Status.WITHDRAWN: ("closed", "nobody"),
}
ONE_CALL = timedelta(hours=1)
"""Between a PIN that the desk gives and a code that is read back to it: one and the same call."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a status page shows."""

    stage: Stage
    actor: Actor
    """Who acts next."""
    asked_at: datetime
    due: datetime | None
    """None once it is over."""
    proven_at: datetime | None = None
    done_at: datetime | None = None
    ended_at: datetime | None = None
    full: bool = False
    """Whether this is the contact on file: then it can be taken back here, or fetched."""
    retractable: bool = False
    package: bool = False
    recipients: Mapping[str, NoticeStatus] = field(default_factory=dict)
    """Who was told, and what each has answered by now: no more than the completion's mail says."""
    lifted: bool = False
    """They were told that the restriction is lifted."""


def progress(
    request: Request, particulars: Particulars, now: datetime, window: timedelta
) -> Progress:
    """`window` is how long a proof of such a request is waited for."""
    own = _is_contact_on_file(particulars) or _is_of_the_call_that_proved(request)
    if particulars.contact is not None and not own and _tells_of_somebody(request):
        return _as_of_nobody(request, now, window)
    stage, actor = _STAGES[request.status]
    return Progress(
        stage=stage,
        actor=actor,
        asked_at=request.received_at,
        due=None if request.status.final else request.deadline,
        proven_at=request.proof.at if request.proof else None,
        done_at=request.applied_at,
        ended_at=request.updated_at if request.status.final else None,
        full=own,
        retractable=own and request.status in RETRACTABLE and request.challenge is not None,
        package=own and request.package is not None and now < request.package.destroy_after,
        recipients=_answers(request) if own else {},
        lifted=request.lifting is not None and request.lifting.told_before is not None,
    )


def _answers(request: Request) -> dict[str, NoticeStatus]:
    """Once it is carried out: before that nobody is told anything."""
    if request.applied_at is None:
        return {}
    return {name: notice.status for name, notice in request.notices.items()}


def _tells_of_somebody(request: Request) -> bool:
    """Whether it stands where no request about nobody ever comes to stand."""
    disowned = request.review is not None and Why.DISOWNED in request.review.why
    return request.proof is not None or disowned or request.status is Status.WITHDRAWN


def _as_of_nobody(request: Request, now: datetime, window: timedelta) -> Progress:
    """Nobody proves it; in the end it lapses, and a guardian's comes to the desk."""
    stage: Stage = "checking"
    if now >= request.created_at + window:
        stage = "review" if request.relation == "guardian" else "closed"
    actors: dict[Stage, Actor] = {"checking": "person", "review": "staff", "closed": "nobody"}
    return Progress(
        stage=stage,
        actor=actors[stage],
        asked_at=request.received_at,
        due=None if stage == "closed" else request.deadline,
        ended_at=request.created_at + window if stage == "closed" else None,
    )


def _is_of_the_call_that_proved(request: Request) -> bool:
    """Whether the PIN was given to whoever proved the request on the phone."""
    if request.pin is None or request.proof is None or request.proof.route != "phone":
        return False
    return abs(request.pin.issued_at - request.proof.at) <= ONE_CALL


def _is_contact_on_file(particulars: Particulars) -> bool:
    contact, given = particulars.contact, particulars.submission.requester.email
    if contact is None or given is None or contact.kind != "mail":
        return False
    return contact.value.lower() == given.lower()
