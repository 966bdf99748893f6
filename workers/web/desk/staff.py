"""The accounts of the desk: who has which role; ended, or given a new second factor."""

from __future__ import annotations

from starlette.responses import Response

from schemas.errors import NotAllowed
from workers.web.desk.visit import Visit


async def show(visit: Visit) -> Response:
    """All of them, also those that are disabled."""
    return visit.show("staff", accounts=await visit.parts.accounts.list())


async def disable(visit: Visit) -> Response:
    """It is signed out at once; what it decided stands."""
    await visit.parts.accounts.disable(_other(visit), visit.staff.name)
    return visit.go("/staff", "disabled")


async def reset(visit: Visit) -> Response:
    """A telephone was lost: the next login sets the second factor up anew."""
    await visit.parts.second_factor.reset(_other(visit))
    return visit.go("/staff", "reset")


def _other(visit: Visit) -> str:
    """Nobody shuts themselves out."""
    name: str = visit.request.path_params["name"]
    if name == visit.staff.name:
        raise NotAllowed("somebody else has to do this")
    return name
