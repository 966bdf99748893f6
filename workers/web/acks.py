"""Recipients' acknowledgements: `POST /notices/<id>/ack`, signed as Standard Webhooks 1.0.

1. Form: the right content type, at most 16 KB.
2. Signature: somebody who holds a recipient's secret signed this body for this very notice, within
   five minutes. Until then nothing is looked up, so nothing can be learnt by asking.
3. Content: exactly `{"status", "reason"}`.
4. Notice: it exists and is that recipient's. If not, one answer for all cases.
5. The stage decides; saying the same again has no effect and gets the same answer.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from schemas.base import parse
from schemas.errors import Refused
from schemas.messages import Acknowledge
from schemas.notice import Notice, NoticeAnswer
from workers.hearing import hear
from workers.runtime.house import House
from workers.web.bodies import read_body
from workers.web.parts import Parts

LARGEST = 16 * 1024

_UNREADABLE = frozenset({"empty", "not_json", "duplicate_key", "too_deep"})


class Acknowledgements:
    """The endpoint."""

    def __init__(self, parts: Parts) -> None:
        self._house = parts.house
        self._recipients = tuple(parts.datamap.recipients)
        self._signers = parts.signers

    async def take(self, request: Request) -> JSONResponse:
        """Check in order, then hand it to the stage."""
        # 1. Form
        if not _is_json(request):
            return _error(415, "content_type")
        body = await read_body(request, LARGEST)

        # 2. Signature
        signers = self._signers.who(self._recipients, request.headers, body)
        if not signers:
            return _error(401, "signature")

        # 3. Content
        try:
            answer = parse(NoticeAnswer, body)
        except Refused as refused:
            unreadable = any(reason.reason in _UNREADABLE for reason in refused.reasons)
            return _error(400 if unreadable else 422, "content")

        # 4. Notice
        name = request.path_params["notice"]
        found = (
            await find_notice(self._house, name) if request.headers["webhook-id"] == name else None
        )
        if found is None or found[0] not in signers:
            raise HTTPException(404)

        # 5. Decision
        await hear(self._house, "propagation", Acknowledge(name, found[0], answer))
        standing = await find_notice(self._house, name)
        return JSONResponse({"status": standing[1].status if standing else answer.status})


async def find_notice(house: House, notice: str) -> tuple[str, Notice] | None:
    """The notice and whose it is."""
    request = await house.requests.load_by_notice(notice)
    notices = request.notices if request else {}
    return next((found for found in notices.items() if found[1].id == notice), None)


def _is_json(request: Request) -> bool:
    media, *parameters = request.headers.get("content-type", "").lower().split(";")
    charset = [text.strip() for text in parameters if text.strip()]
    return (
        media.strip() == "application/json"
        and charset in ([], ["charset=utf-8"], ['charset="utf-8"'])
        and request.headers.get("content-encoding", "identity") == "identity"
    )


def _error(status: int, code: str) -> JSONResponse:
    return JSONResponse({"error": code}, status)
