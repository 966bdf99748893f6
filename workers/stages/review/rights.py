"""Who may decide what, and when; whoever may not is told a code, and nothing happens."""

from __future__ import annotations

from typing import NoReturn

from schemas.errors import Reason, Refused
from schemas.lifecycle import Status
from schemas.messages import Decide
from schemas.request import Particulars, Request
from schemas.review import DECIDERS, FOR_AGENTS, AddExhibit, AddNote, Extend, Resume, Reveal, Review

ANYTIME = (Reveal, AddNote)
"""What changes nothing for the person."""


def refuse(code: str) -> NoReturn:
    """This decision cannot be; the code says why."""
    raise Refused(Reason("$", code))


def check(message: Decide, request: Request | None) -> Request:
    """The request, where this account may decide this about it now."""
    decision = message.decision
    if request is None:
        refuse("no_such_request")
    if message.by.own is not None and message.by.own == request.subject:
        refuse("own_record")
    if message.by.role not in DECIDERS and not isinstance(decision, FOR_AGENTS):
        refuse("not_your_role")
    if isinstance(decision, ANYTIME):
        return request
    if isinstance(decision, Extend | AddExhibit):
        if request.status.final or request.status is Status.APPLIED:
            refuse("decided_already")
    elif request.status is not Status.IN_REVIEW:
        refuse("not_in_review")
    if isinstance(decision, Resume) and review_of(request).pause is None:
        refuse("not_paused")
    return request


def review_of(request: Request) -> Review:
    """Why it is at the desk."""
    assert request.review is not None, "what is in review says why"
    return request.review


def needs_two(request: Request, particulars: Particulars) -> bool:
    """Whether one person's yes is too little: what cannot be undone, or what no code has shown."""
    guardian = particulars.submission.requester.relation != "self"
    return request.kind == "deletion" or guardian or request.proof is None
