"""The disclosure gate over HTTP: `POST /disclosures`, with a service key.

Answers 200 where the fields may go (and, unless `record` is false, are recorded as gone), 403 with
reasons where they may not, 401 without a key of ours, 422 with schema paths for what is no wish.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse

from schemas.base import parse
from schemas.disclosure import DisclosureWish
from schemas.errors import Refused
from workers.runtime.house import House
from workers.web.acks import LARGEST
from workers.web.bodies import read_body
from workers.web.parts import DisclosureGate, ServiceKeys


class Disclosures:
    """The endpoint."""

    def __init__(self, house: House, gate: DisclosureGate, keys: ServiceKeys) -> None:
        self._house = house
        self._gate = gate
        self._keys = keys

    async def ask(self, request: Request) -> JSONResponse:
        """Who asks, then what."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        who = await asyncio.to_thread(self._keys.who, key.strip())
        if scheme.lower() != "bearer" or who is None:
            return JSONResponse({"error": "service_key"}, 401, {"www-authenticate": "Bearer"})
        body = await read_body(request, LARGEST)
        try:
            wish = parse(DisclosureWish, body)
        except Refused as refused:
            reasons = [{"path": one.path, "reason": one.reason} for one in refused.reasons]
            return JSONResponse({"error": "content", "errors": reasons}, 422)
        answer = await self._gate.may_disclose(wish, self._house.requests.now())
        hindrances = [{"reason": one.reason, "field": one.field} for one in answer.hindrances]
        recorded = answer.recorded.isoformat() if answer.recorded else None
        said = {"allowed": answer.allowed, "recorded": recorded, "reasons": hindrances}
        return JSONResponse(said, 200 if answer.allowed else 403)
