"""The links of mails: proof, "not me", "nothing arrived", what stops, lifts or confirms something.

A GET shows one button and does nothing else, since scanners open every link in a mail. What the
button sends is answered with one page, whether the link was right, old, used, or made up.
"""

from __future__ import annotations

import json
import re
from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from schemas import tracking
from schemas.messages import Disown, GoOn, Lift, NothingArrived, Stop, Summon
from workers.hearing import hear
from workers.web.bodies import read_form
from workers.web.pages import Pages
from workers.web.parts import Parts

LARGEST: Final = 1024
"""Bytes of a form: a tracking code at most."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
"""128 bits as base64url; whatever has another form never was a link of ours."""


class Links:
    """The endpoints."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._parts = parts
        self._pages = pages

    async def ask_proof(self, request: Request) -> Response:
        """Show what the button would do."""
        return self._pages.show(request, "links/proof", tracking=tracking_of(request))

    async def take_proof(self, request: Request) -> Response:
        """Publish the token as a proof; its outcome is told by mail, never here."""
        await read_form(request, LARGEST)
        if (code := tracking_of(request)) and (token := token_of(request)):
            body = {
                "schema": "dsr.proof/1",
                "proof_id": str(uuid4()),
                "tracking": code,
                "code": token,
                "channel": "web",
            }
            await self._parts.intake.proof(json.dumps(body).encode())
        return self._pages.show(request, "links/received", tracking=tracking_of(request))

    async def ask_disown(self, request: Request) -> Response:
        """Show what the button would do."""
        return self._pages.show(request, "links/disown", tracking=tracking_of(request))

    async def take_disown(self, request: Request) -> Response:
        """Have the request blocked, if the link is the one of its living challenge."""
        await self._tell(request, Disown)
        return self._pages.show(request, "links/received", tracking=tracking_of(request))

    async def ask_stop(self, request: Request) -> Response:
        """Show what the button would do."""
        return self._pages.show(request, "links/stop", tracking=tracking_of(request))

    async def take_stop(self, request: Request) -> Response:
        """Have the deletion stopped, if the link is its own and it has not begun."""
        await self._tell(request, Stop)
        return self._pages.show(request, "links/stopped", tracking=tracking_of(request))

    async def ask_nothing_arrived(self, request: Request) -> Response:
        """Show what the button would do."""
        return self._pages.show(request, "links/nothing_arrived", tracking=tracking_of(request))

    async def take_nothing_arrived(self, request: Request) -> Response:
        """Have a person look at the request, if the link is its acknowledgement's."""
        await self._tell(request, NothingArrived)
        return self._pages.show(request, "links/will_look", tracking=tracking_of(request))

    async def ask_lift(self, request: Request) -> Response:
        """Show what the button would do."""
        return self._pages.show(request, "links/lift", tracking=tracking_of(request))

    async def take_lift(self, request: Request) -> Response:
        """Have the restriction lifted, if the link is its own."""
        await self._tell(request, Lift)
        return self._pages.show(request, "links/received", tracking=tracking_of(request))

    async def ask_confirm(self, request: Request) -> Response:
        """Show what the button would do; it sends a proof, as the one for a request does."""
        return self._pages.show(request, "links/confirm", tracking=tracking_of(request))

    async def ask_stop_change(self, request: Request) -> Response:
        """Show what the button would do."""
        return self._pages.show(request, "links/stop_change", tracking=tracking_of(request))

    async def take_stop_change(self, request: Request) -> Response:
        """Have the change of the address stopped, if the link is its own and it is not done."""
        await self._tell(request, Stop)
        return self._pages.show(request, "links/stopped_change", tracking=tracking_of(request))

    async def ask_go_on(self, request: Request) -> Response:
        """Show what the button would do."""
        return self._pages.show(request, "links/go_on", tracking=tracking_of(request))

    async def take_go_on(self, request: Request) -> Response:
        """Have what waits done at once, if the link is that of a second contact."""
        await self._tell(request, GoOn)
        return self._pages.show(request, "links/received", tracking=tracking_of(request))

    async def ask_summon(self, request: Request) -> Response:
        """Ask which of the waiting requests is the person's own."""
        return self._pages.show(request, "links/waiting")

    async def take_summon(self, request: Request) -> Response:
        """Have the code of that one sent, if it waits and the link is of the same person."""
        await self._tell(request, Summon)
        return self._pages.show(request, "links/summoned")

    async def _tell(
        self,
        request: Request,
        kind: type[Disown | Stop | GoOn | Lift | NothingArrived | Summon],
    ) -> None:
        typed = await read_form(request, LARGEST)
        named = _tracking(typed.get("tracking", "")) if kind is Summon else tracking_of(request)
        if named and (token := token_of(request)):
            await hear(self._parts.house, "verification", kind(named, token))


def tracking_of(request: Request) -> str | None:
    """The tracking code in its one spelling; anything else is not repeated on a page of ours."""
    return _tracking(request.path_params["tracking"])


def token_of(request: Request) -> str | None:
    """The token, if it has the form of one of ours."""
    token: str = request.path_params["token"]
    return token if _TOKEN.fullmatch(token) else None


def _tracking(text: str) -> str | None:
    try:
        return tracking.parse(text)
    except ValueError:
        return None
