"""What the desk does for recipients: paper files, systems without an interface, whoever is late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from schemas import tracking
from schemas.errors import NotFound, Reason, Refused
from schemas.notice import NoticeAnswer
from workers.desk import notices
from workers.notices import OpenNotice
from workers.web.desk.case import flat
from workers.web.desk.visit import Visit


async def show(visit: Visit) -> Response:
    """What is open, the most urgent first; no personal data."""
    return visit.show("notices", notices=await notices.waiting(visit.parts))


async def reveal(visit: Visit) -> Response:
    """What is to be done there, with the values as they stand; recorded before it is shown."""
    notice = await _notice(visit)
    said = await notices.show(visit.parts, notice, visit.staff.name)
    return visit.show(
        "notice",
        notice=notice,
        told=said,
        rows=list(_rows(said.fields)),
        instructions=notices.instructions(visit.parts, notice.recipient, visit.language),
    )


async def settle(visit: Visit) -> Response:
    """It is done there; or it is not to be done, for a reason that is kept sealed."""
    status, reason = visit.typed("status"), visit.typed("reason")
    notice, refused = await _notice(visit), status == "refused"
    try:
        answer = NoticeAnswer(status="refused" if refused else "applied", reason=reason)
    except ValidationError:
        raise Refused(Reason("$.reason", "empty_or_too_long")) from None
    if status not in ("applied", "refused") or refused != bool(reason):
        raise Refused(Reason("$.reason", "empty_or_too_long"))
    await notices.settle(visit.parts, notice, answer, visit.staff.name)
    return visit.go("/notices", "settled")


def _rows(fields: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Per field, as the recipient calls it, its value; each part by its name."""
    if not isinstance(fields, Mapping):
        yield from ((name, []) for name in fields)
        return
    for name, value in fields.items():
        yield name, flat(value)


async def _notice(visit: Visit) -> OpenNotice:
    """The one that a button names; nobody looks after what is about themselves."""
    try:
        code = tracking.parse(visit.typed("tracking"))
    except ValueError:
        raise NotFound("no such code") from None
    await visit.desk.case(code)
    return await notices.one(visit.parts, code, visit.typed("recipient"))
