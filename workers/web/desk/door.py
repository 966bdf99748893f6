"""In and out: the login with its second factor, its set-up, one's own account."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Final

import segno
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from schemas.errors import NotAllowed
from workers import wiring
from workers.web.catalogues import marked
from workers.web.desk.forms import SMALL, read_form
from workers.web.desk.guard import Guard, foreign
from workers.web.desk.visit import Visit
from workers.web.pages import Pages

NO_SOONER: Final = 0.6
"""Seconds after which a login is answered, whatever is wrong with it."""
TRIES: Final = 30
"""First codes of one account within the time below."""
WITHIN: Final = timedelta(minutes=15)
_WRONG: Final = marked("Name, password and code do not belong together, or there were many tries.")


class Door:
    """The pages that nobody has to be signed in for, or only half."""

    def __init__(self, parts: wiring.Parts, pages: Pages, guard: Guard) -> None:
        self._parts = parts
        self._pages = pages
        self._guard = guard

    async def ask(self, request: Request) -> Response:
        """Show the form."""
        return self._login(request)

    async def take(self, request: Request) -> Response:
        """One answer whatever is wrong, after one and the same time."""
        until = time.monotonic() + NO_SOONER
        answer = await self._signed_in(request)
        await asyncio.sleep(max(until - time.monotonic(), 0))
        return answer

    async def _signed_in(self, request: Request) -> Response:
        form = None if foreign(request) else await read_form(request, SMALL)
        name, password, code = (_text(form, field) for field in ("name", "password", "code"))
        factor = self._parts.second_factor
        try:
            staff = await self._parts.accounts.prove(
                name.lower(), password, lambda account: factor.is_right(account, code)
            )
        except NotAllowed:
            return self._login(request, wrong=True)
        complete = await factor.is_set_up(staff.name)
        target = "/desk/" if complete else "/desk/second-factor"
        answer = RedirectResponse(self._pages.link(request, target), 303)
        # A session that another one left in this browser ends with it.
        await self._guard.sign_out(request, answer)
        await self._guard.sign_in(answer, staff.name, complete=complete)
        return answer

    def _login(self, request: Request, *, wrong: bool = False) -> Response:
        status = 403 if wrong else 200
        return self._pages.show(request, "desk/login", status=status, why=_WRONG if wrong else None)

    async def ask_factor(self, request: Request) -> Response:
        """Show the secret of an account that has none yet; never again once it is confirmed."""
        return await self._factor(request, None)

    async def take_factor(self, request: Request) -> Response:
        """Its first code; the session goes on with a new token."""
        form = await self._guard.form(request)
        session = await self._guard.session(request)
        if form is None or session is None or session.complete:
            return self._away(request)
        if await self._parts.attempts.count(f"factor:{session.staff.name}", WITHIN) > TRIES:
            return await self._factor(request, marked("There were many tries. Wait a while."))
        try:
            await self._parts.second_factor.confirm(session.staff.name, _text(form, "code"))
        except NotAllowed:
            return await self._factor(request, marked("This code does not fit. Try the next one."))
        answer = self._away(request)
        await self._guard.sign_out(request, answer)
        await self._guard.sign_in(answer, session.staff.name, complete=True)
        return answer

    async def _factor(self, request: Request, why: str | None) -> Response:
        session = await self._guard.session(request)
        if session is None or session.complete:
            return self._away(request)
        issuer = self._parts.datamap.organisation.name.text("en")
        secret, address = await self._parts.second_factor.begin(session.staff.name, issuer)
        picture = segno.make(address, error="m").svg_inline(
            scale=5, border=4, light="#fff", dark="#000", omitsize=True, svgclass="qr"
        )
        visit = self._guard.visit(request, session, FormData())
        return visit.show(
            "second_factor",
            status=403 if why else 200,
            secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
            address=address,
            picture=Markup(picture),  # noqa: S704 - drawn here, of an address that is encoded
            why=why,
        )

    def _away(self, request: Request) -> Response:
        return RedirectResponse(self._pages.link(request, "/desk/"), 303)

    async def own(self, visit: Visit) -> Response:
        """One's own account."""
        return visit.show("own", why=None, password=True)

    async def change_password(self, visit: Visit) -> Response:
        """With the old one; every session ends, and this one begins anew."""
        try:
            await self._parts.accounts.change_password(
                visit.staff.name, visit.typed("old"), visit.typed("new")
            )
        except NotAllowed:
            why = marked("The old password is wrong, or the new one has fewer than 12 characters.")
            return visit.show("own", status=403, why=why, password=True)
        answer = visit.go("/own", "password")
        await self._guard.sign_in(answer, visit.staff.name, complete=True)
        return answer


def _text(form: FormData | None, name: str) -> str:
    value = form.get(name, "") if form else ""
    return value if isinstance(value, str) else ""
