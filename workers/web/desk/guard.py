"""Who is let in: a session with its second factor, a role that is enough, a form of ours.

The token of a session lies in a cookie that scripts cannot read and, over https, only this host can
set. What a button sends carries a word that is derived from that token, so that no other site can
press it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from schemas.errors import DsrError, NotAllowed, NotFound, Refused
from schemas.review import Role, may
from workers import wiring
from workers.desk.decisions import NotDecided
from workers.web.catalogues import marked
from workers.web.desk.forms import SMALL, read_form
from workers.web.desk.visit import Visit
from workers.web.desk.words import REASONS
from workers.web.pages import Pages
from workers.wiring import Means, Session

Endpoint = Callable[[Visit], Awaitable[Response]]
Plain = Callable[[Request], Awaitable[Response]]
FORBIDDEN: Final = frozenset({"filed_by_you", "needs_evidence", "not_your_role", "own_record"})
"""Decisions that this person may not take; what else cannot be is a conflict."""
_AFTER_LOGIN: Final = 36_000


class Guard:
    """Wraps each page."""

    def __init__(self, parts: wiring.Parts, pages: Pages, public_url: str) -> None:
        self._parts = parts
        self._pages = pages
        self._secure = urlsplit(public_url).scheme == "https"
        self.cookie = "__Host-desk" if self._secure else "desk"
        """Name of the cookie that holds the token of a session."""
        self._means: Means = "oidc" if parts.single_sign_on else "password"

    def page(self, least: Role, endpoint: Endpoint, *, most: int = SMALL) -> Plain:
        """This page, for those of at least this role; `most` bytes of a form."""

        async def guarded(request: Request) -> Response:
            session = await self.session(request)
            if session is None:
                return self._to(request, "/desk/login")
            if not session.complete:
                return self._to(request, "/desk/second-factor")
            visit = self.visit(request, session, FormData())
            if not may(session.staff.role, least):
                return _problem(visit, 403, marked("Your role may not see or do this."))
            if request.method == "POST":
                try:
                    form = await self.form(request, most)
                except HTTPException as error:
                    return _problem(visit, error.status_code, marked("This is too much at once"))
                if form is None:
                    return _problem(visit, 403, marked("This page was too old. Open it again."))
                visit = self.visit(request, session, form)
            return await _answered(visit, endpoint)

        return guarded

    async def session(self, request: Request) -> Session | None:
        """Whose it is, if it lives, and was opened by the means that count now."""
        token = request.cookies.get(self.cookie, "")
        found = await self._parts.sessions.of(token) if token else None
        return found if found and found.means == self._means else None

    async def form(self, request: Request, most: int = SMALL) -> FormData | None:
        """What a button of ours sent; None where it was not pressed on a page of this session."""
        if foreign(request):
            return None
        form = await read_form(request, most)
        given = form.get("csrf", "") if form else ""
        expected = self.csrf(request)
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
            return None
        return form

    def csrf(self, request: Request) -> str:
        """The word of this session that every form carries."""
        token = request.cookies.get(self.cookie, "")
        digest = hmac.digest(token.encode(), b"form", hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def visit(self, request: Request, session: Session, form: FormData) -> Visit:
        """Of this session."""
        csrf = self.csrf(request)
        return Visit(request, self._pages, self._parts, session.staff, csrf, form)

    async def sign_in(self, answer: Response, account: str, *, complete: bool) -> None:
        """Give the browser a new session."""
        token = await self._parts.sessions.open(account, complete=complete, means=self._means)
        self.keep(answer, self.cookie, token, _AFTER_LOGIN)

    async def sign_out(self, request: Request, answer: Response) -> None:
        """End the session on the server, and have the browser forget it."""
        if token := request.cookies.get(self.cookie):
            await self._parts.sessions.close(token)
        self.forget(answer, self.cookie)

    def keep(self, answer: Response, name: str, value: str, seconds: int) -> None:
        """Give the browser a cookie that no script and no other host's page can use."""
        answer.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def forget(self, answer: Response, name: str) -> None:
        """Take a cookie back."""
        answer.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="lax")

    async def leave(self, request: Request) -> Response:
        """End the session, with a second factor or without."""
        answer = RedirectResponse(self._pages.link(request, "/desk/login"), 303)
        if await self.session(request) and await self.form(request) is not None:
            await self.sign_out(request, answer)
        return answer

    def _to(self, request: Request, path: str) -> Response:
        return RedirectResponse(self._pages.link(request, path), 303)


def foreign(request: Request) -> bool:
    """Whether a browser says that another site had this sent; old ones say nothing."""
    return request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


async def _answered(visit: Visit, endpoint: Endpoint) -> Response:
    try:
        return await endpoint(visit)
    except NotDecided as error:
        status = 403 if error.reason in FORBIDDEN else 409
        return _problem(visit, status, REASONS.get(error.reason, str(error)))
    except Refused:
        return _problem(visit, 422, marked("Something that was typed cannot be used."))
    except NotFound:
        return _problem(visit, 404, marked("There is no such thing here, or not any more."))
    except NotAllowed:
        return _problem(visit, 403, marked("This cannot be done by you, or not now."))
    except DsrError as error:
        if not error.retryable:
            raise
        return _problem(visit, 503, marked("A server does not answer. Please try again shortly."))


def _problem(visit: Visit, status: int, why: str) -> Response:
    return visit.show("problem", status=status, why=why)
