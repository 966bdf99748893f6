"""What was signed for a person: certificate or receipt, for whoever has the link of the mail.

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

from schemas.evidence import CompletionReceipt, DestructionCertificate
from schemas.request import Request as DataRequest
from workers.documents import render_certificate, render_receipt
from workers.web.headers import policy_for
from workers.web.links import token_of, tracking_of
from workers.web.pages import Pages
from workers.web.parts import Parts
from workers.web.waiting import Hold

_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class SignedDocuments:
    """The endpoints."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._house = parts.house
        self._receipts = parts.receipts
        self._datamap = parts.datamap
        self._pages = pages

    async def certificate(self, request: Request) -> Response:
        """The certificate, if the link is its own."""
        hold = Hold()
        found = await self._find(request, "certificate")
        if found is None or found.certificate is None:
            await hold.over()
            raise HTTPException(404)
        if _as_file(request):
            return signed_file("certificate", found.certificate)
        certificate = DestructionCertificate.model_validate(found.certificate)
        return self._page(request, render_certificate(certificate, self._language(request)))

    async def receipt(self, request: Request) -> Response:
        """The receipt, if the link is its own; it is issued some seconds after the mail."""
        hold = Hold()
        found = await self._find(request, "receipt")
        if found is None:
            await hold.over()
            raise HTTPException(404)
        document = (await self._receipts.receipts([found.id])).get(found.id)
        if document is None:
            return self._pages.show(
                request, "links/receipt_soon", status=202, tracking=found.tracking
            )
        if _as_file(request):
            return signed_file("receipt", document)
        html = render_receipt(
            CompletionReceipt.model_validate(document),
            self._language(request),
            lambda name: self._datamap.label(found.kind, name, found.subject_type),
            lambda name: self._datamap.recipients[name].label,
        )
        return self._page(request, html)

    async def _find(self, request: Request, page: str) -> DataRequest | None:
        """The request that the link names, if the link is of this page."""
        code, token = tracking_of(request), token_of(request)
        if code is None or token is None:
            return None
        found = (await self._house.requests.load_by_tracking([code])).get(code)
        if found is None:
            return None
        tokens = self._house.tools.tokens
        expected = tokens.link(found.id, found.link_number, page, found.digest)
        return found if tokens.matches(token, expected) else None

    def _page(self, request: Request, html: str) -> Response:
        style = _STYLE.search(html)
        assert style is not None, "a signed document's page brings its style"
        spoken = self._pages.spoken(self._language(request))
        return HTMLResponse(html, headers=policy_for(style[1]) | spoken)

    def _language(self, request: Request) -> str:
        return self._pages.language(request)


def _as_file(request: Request) -> bool:
    return request.query_params.get("format") == "json"


def signed_file(name: str, document: Mapping[str, Any]) -> Response:
    """The signed JSON, named as the page's own instructions name it."""
    return Response(
        json.dumps(document, ensure_ascii=False, indent=2) + "\n",
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{name}.json"'},
    )
