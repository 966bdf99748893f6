"""Calls to make and letters to post; shown and recorded as on the command line."""

from __future__ import annotations

import re
from uuid import uuid4

from starlette.responses import HTMLResponse, Response

from schemas.errors import NotAllowed, NotFound
from schemas.messages import Confirmed, Settled
from schemas.request import Route
from workers import tasks
from workers.web.desk.visit import Visit
from workers.web.headers import policy_for

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


async def show(visit: Visit) -> Response:
    """What waits, the most urgent first; no numbers, no addresses."""
    calls = await tasks.waiting(visit.parts, "call")
    letters = await tasks.waiting(visit.parts, "letter")
    return visit.show("tasks", calls=calls, letters=letters)


async def reveal(visit: Visit) -> Response:
    """Whom to call and what to say; recorded before it is shown."""
    shown = await tasks.reveal(visit.parts, await _task(visit), visit.staff.name)
    return visit.show("task", shown=shown, route=_route(visit))


async def print_letter(visit: Visit) -> Response:
    """The letter as a page to print; recorded before it is shown."""
    shown = await tasks.reveal(visit.parts, await _task(visit), visit.staff.name)
    style = _STYLE.search(shown.page)
    assert style is not None, "a letter brings its style"
    return HTMLResponse(shown.page, headers=policy_for(style[1]))


async def done(visit: Visit) -> Response:
    """It was said or posted; or nobody can be reached so."""
    task = await _task(visit)
    reached = visit.typed("reached") != "no"
    settled = Settled(task.tracking, task.task, visit.staff.name, reached)
    if not await tasks.report(visit.parts, settled):
        raise NotFound("it is settled already")
    return visit.go("/tasks", "settled")


async def confirmed(visit: Visit) -> Response:
    """The person said yes at the number on file; it counts once two accounts say so.

    Whoever took the request in is none of the two.
    """
    record = await visit.desk.case(visit.typed("tracking"))
    said = Confirmed(record.tracking, visit.staff.name, str(uuid4()))
    if not await tasks.report(visit.parts, said):
        raise NotAllowed("no call waits for it, or you took it in, or have said so yourself")
    return visit.go("/tasks", "settled")


def _route(visit: Visit) -> Route:
    return "letter" if visit.typed("route") == "letter" else "call"


async def _task(visit: Visit) -> tasks.Task:
    """The one that a button names; nobody looks after what is about themselves."""
    record = await visit.desk.case(visit.typed("tracking"))
    word = visit.typed("word") or None
    return await tasks.one(visit.parts, record.tracking, _route(visit), word)
