"""In by the company's own login, which replaces password and code: to the provider, and back.

What is kept on the way lies sealed in a cookie of this browser, so nobody can be sent in as
somebody else, and is good once: a second use is counted in the database, and refused. Whatever goes
wrong has one answer. Nothing that comes with the way back says where it leads: that is the queue.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from workers import wiring
from workers.runtime import log
from workers.web.catalogues import marked
from workers.web.desk.guard import Guard, foreign
from workers.web.desk.visit import Visit
from workers.web.pages import Pages
from workers.wiring import OnTheWay, SignInRefused, SingleSignOn

_PURPOSE: Final = "desk sign-in"
_LASTS: Final = 600
_WRONG: Final = marked("You were not signed in. Try again, or ask whoever keeps the accounts.")


class SignOn:
    """The pages of the door, where a provider is configured."""

    def __init__(
        self, parts: wiring.Parts, pages: Pages, guard: Guard, provider: SingleSignOn
    ) -> None:
        self._parts = parts
        self._pages = pages
        self._guard = guard
        self._provider = provider
        self._cookie = guard.cookie + "-way"

    async def ask(self, request: Request) -> Response:
        """Show the way to the provider; nobody is sent there unasked, as after a logout."""
        return self._login(request)

    async def begin(self, request: Request) -> Response:
        """To the provider; what is to be known on the way back stays here, sealed."""
        if foreign(request):
            return self._login(request, wrong=True)
        target, way = await self._provider.begin(self._parts.requests.now())
        answer = RedirectResponse(target, 303)
        sealed = self._parts.drafts.seal(_PURPOSE, way.kept())
        self._guard.keep(answer, self._cookie, sealed, _LASTS)
        return answer

    async def back(self, request: Request) -> Response:
        """A session for whoever came back, if an account is linked to them."""
        try:
            account = await self._who(request)
        except SignInRefused as refused:
            log.event("desk_sign_in_refused", code=refused.reason)
            answer = self._login(request, wrong=True)
        else:
            answer = RedirectResponse(self._pages.link(request, "/desk/"), 303)
            # A session that another one left in this browser ends with it.
            await self._guard.sign_out(request, answer)
            await self._guard.sign_in(answer, account, complete=True)
        self._guard.forget(answer, self._cookie)
        return answer

    async def own(self, visit: Visit) -> Response:
        """One's own account; its password, if it has one, is for the command line."""
        return visit.show("own", why=None, password=False)

    async def _who(self, request: Request) -> str:
        opened = self._parts.drafts.open(_PURPOSE, request.cookies.get(self._cookie, ""))
        if opened is None:
            raise SignInRefused("not_begun_here")
        way = OnTheWay.read(opened[0])
        digest = hashlib.sha256(way.state.encode()).hexdigest()
        if await self._parts.attempts.count(f"way:{digest}", timedelta(seconds=2 * _LASTS)) > 1:
            raise SignInRefused("used_already")
        said = dict(request.query_params)
        login = await self._provider.finish(way, said, self._parts.requests.now())
        account = await self._parts.accounts.by_login(login)
        if account is None:
            raise SignInRefused("no_account")
        return account

    def _login(self, request: Request, *, wrong: bool = False) -> Response:
        status = 403 if wrong else 200
        why = _WRONG if wrong else None
        return self._pages.show(request, "desk/sign_on", status=status, why=why)
