"""The download of a package, for whoever has the link of the completion mail and a fresh code.

A GET only shows the page. Its first button has a code sent to the contact on file; the code, typed
into the page, fetches the package once. Whether a link is unknown, old or used up, and whether a
code is wrong, is said in one and the same way, and after the same time; only a package does not
wait.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from schemas.messages import AskDownload, Download
from workers.hearing import hear
from workers.web.bodies import read_form
from workers.web.links import token_of, tracking_of
from workers.web.pages import Pages
from workers.web.parts import Parts
from workers.web.waiting import Hold

LARGEST: Final = 1024
"""Bytes of the form: eight digits, and their name."""


class Packages:
    """The two endpoints."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._house = parts.house
        self._store = parts.packages
        self._pages = pages

    async def show(self, request: Request) -> Response:
        """Show what the buttons would do."""
        return self._pages.show(request, "packages/ask", tracking=tracking_of(request))

    async def take(self, request: Request) -> Response:
        """With a code the package, without one a fresh code by mail."""
        hold = Hold()
        code = (await read_form(request, LARGEST)).get("code")
        tracking, token = tracking_of(request), token_of(request)
        name = "packages/code" if code is None else "packages/refused"
        if tracking is not None and token is not None:
            if code is None:
                await hear(self._house, "access", AskDownload(tracking, token))
            elif found := await self._fetch(tracking, token, code):
                return found
        await hold.over()
        return self._pages.show(request, name, tracking=tracking)

    async def _fetch(self, tracking: str, token: str, code: str) -> Response | None:
        if not await hear(self._house, "access", Download(tracking, token, code, str(uuid4()))):
            return None
        found = (await self._house.requests.load_by_tracking([tracking]))[tracking]
        content = await self._store.open(found.package.id) if found.package else None
        if content is None:
            return None
        name = f"personal-data-{tracking}.zip"
        return StreamingResponse(
            content,
            media_type="application/zip",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )
