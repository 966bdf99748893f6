"""Calls to make and letters to post: shown to whoever does them, and recorded as done.

What a person is told by another route than mail waits on its request as a task. Numbers, addresses
and codes are shown only after who asked for them stands in the request's history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schemas import tracking as codes
from schemas.contacts import addressee
from schemas.errors import KeyGone, NotFound
from schemas.messages import OfPerson, Revealed
from schemas.request import Request, Route
from workers.documents import render_letter
from workers.emails import Letter
from workers.hearing import hear
from workers.stages.mailing.facts import facts
from workers.wiring import Parts

MOST = 1000


@dataclass(frozen=True, slots=True)
class Task:
    """One word that waits for a person; no personal data."""

    tracking: str
    task: str
    """The name of the open step: `call:challenge-1`, `letter:completion`."""
    word: str
    language: str
    due: datetime
    late: bool
    printed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The same with what is needed to do it: personal data, and perhaps a code."""

    task: Task
    to: str
    letter: Letter
    page: str
    """The letter as HTML, to be printed."""


async def waiting(parts: Parts, route: Route) -> list[Task]:
    """What waits by this route, the most urgent first."""
    found = await parts.requests.with_tasks(MOST)
    return [task for request in found for task in _of(request, route)]


async def one(parts: Parts, tracking: str, route: Route, word: str | None = None) -> Task:
    """The task of this request; `NotFound` where there is none, or more than one to choose from."""
    code = spelled(tracking)
    request = (await parts.requests.load_by_tracking([code])).get(code)
    found = _of(request, route) if request else []
    if word is not None:
        found = [task for task in found if task.word == word]
    if len(found) > 1:
        names = ", ".join(task.word for task in found)
        raise NotFound(f"{code} has more than one {route} waiting, name it: {names}")
    if not found:
        raise NotFound(f"{code} has no such {route} waiting; see `dsr {route}s list`")
    return found[0]


async def reveal(parts: Parts, task: Task, by: str) -> Shown:
    """Record that it is shown, then give it; `NotFound` where somebody has settled it meanwhile."""
    if not await report(parts, Revealed(task.tracking, task.task, by)):
        raise NotFound(f"{task.tracking} has no such task any more")
    request = (await parts.requests.load_by_tracking([task.tracking]))[task.tracking]
    tools = parts.house.tools_now()
    try:
        particulars = await tools.sealer.open(request)
    except KeyGone:
        raise NotFound(f"{task.tracking} is of a person who was deleted: nobody is told") from None
    to = addressee(task.word, request, particulars, parts.datamap)
    if to is None:
        raise NotFound(f"{task.tracking} has nobody to be told")
    letter = parts.composer.compose(
        facts(task.word, request, tools, particulars.answer), request.language, paper=True
    )
    ours = parts.datamap.organisation
    # The name was compared with the record; to an address from outside goes nobody's words.
    on_file = to in (particulars.contact, *particulars.contacts)
    name = particulars.submission.subject.name if on_file else None
    page = render_letter(
        letter,
        sender=f"{ours.name.text(request.language)}, {ours.address.text(request.language)}",
        to=(name, to.value) if name else (to.value,),
        at=request.mails[task.word].created_at,
        language=request.language,
    )
    return Shown(task, to.value, letter, page)


async def report(parts: Parts, message: OfPerson) -> bool:
    """Commit what a person reports; False where there was nothing to it (any more)."""
    stage = "mailing" if hasattr(message, "task") else "verification"
    return await hear(parts.house, stage, message)


def spelled(tracking: str) -> str:
    """The tracking code in its one spelling; `NotFound` for what is none."""
    try:
        return codes.parse(tracking)
    except ValueError:
        raise NotFound("that is no tracking code; see `dsr requests list`") from None


def _of(request: Request, route: Route) -> list[Task]:
    return [
        Task(
            tracking=request.tracking,
            task=name,
            word=word,
            language=request.language,
            due=request.steps[name].due,
            late=request.steps[name].error is not None,
            printed_at=request.mails[word].printed_at,
        )
        for name in request.tasks
        for kind, _, word in [name.partition(":")]
        if kind == route
    ]
