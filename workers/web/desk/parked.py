"""Parked messages: why each cannot be handled; published again, or settled with a reason."""

from __future__ import annotations

import re

from starlette.responses import Response

from schemas.errors import NotFound
from workers.desk import parked
from workers.web.desk.visit import Visit

_ID = re.compile(r"[0-9a-f]{24}")


async def show(visit: Visit) -> Response:
    """The oldest first; never what they hold."""
    return visit.show("parked", parked=await visit.parts.parked.list())


async def retry(visit: Visit) -> Response:
    """Publish it as it came, sealed."""
    await parked.retry(visit.parts, _id(visit), visit.staff.name)
    return visit.go("/parked", "retried")


async def drop(visit: Visit) -> Response:
    """Nothing has to be done about it; who says so, and why, stays on record."""
    await parked.drop(visit.parts, _id(visit), visit.staff.name, visit.typed("reason"))
    return visit.go("/parked", "dropped")


def _id(visit: Visit) -> str:
    given: str = visit.request.path_params["parked"]
    if not _ID.fullmatch(given):
        raise NotFound("no such parked message")
    return given
