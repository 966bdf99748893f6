"""The destruction certificate, for whoever has the link of the completion mail.

The newest revision, as a page to read and print, or as the signed file that proves something.
Every other link gets the page of an address that does not exist, and gets it after the same time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from schemas.evidence import DestructionCertificate
from workers.documents import render_certificate
from workers.web.headers import policy_for
from workers.web.links import token_of, tracking_of
from workers.web.pages import Pages
from workers.web.parts import Parts
from workers.web.waiting import Hold

_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class Certificates:
    """The endpoint."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._house = parts.house
        self._pages = pages

    async def show(self, request: Request) -> Response:
        """The certificate, if the link is its own."""
        hold = Hold()
        certificate = await self._find(request)
        if certificate is None:
            await hold.over()
            raise HTTPException(404)
        if request.query_params.get("format") == "json":
            return _file(certificate)
        language = self._pages.language(request)
        html = render_certificate(DestructionCertificate.model_validate(certificate), language)
        style = _STYLE.search(html)
        assert style is not None, "a certificate's page brings its style"
        return HTMLResponse(html, headers=policy_for(style[1]) | self._pages.spoken(language))

    async def _find(self, request: Request) -> Mapping[str, Any] | None:
        """What the request that the link names has been given, or None."""
        code, token = tracking_of(request), token_of(request)
        if code is None or token is None:
            return None
        found = (await self._house.requests.load_by_tracking([code])).get(code)
        if found is None:
            return None
        tokens = self._house.tools.tokens
        expected = tokens.link(found.id, found.link_number, "certificate", found.digest)
        return found.certificate if tokens.matches(token, expected) else None


def _file(certificate: Mapping[str, Any]) -> Response:
    """The signed JSON, named as the page's own instructions name it."""
    return Response(
        json.dumps(certificate, ensure_ascii=False, indent=2) + "\n",
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="certificate.json"'},
    )
