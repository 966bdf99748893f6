"""A notice as a webhook: JSON over HTTPS, signed as Standard Webhooks 1.0.

What the recipient's answer means: 2xx with `{"status": …}` is its word, any other 2xx says that it
has the notice. 410 says that it wants no more. Everything else may mend: it is put off.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from schemas.base import parse
from schemas.errors import Refused
from schemas.notice import GONE, NoticeAnswer
from workers.adapters.recipients import signatures
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.safe_http import Endpoint
from workers.adapters.recipients.told import payload
from workers.adapters.recipients.transport import NotAsked, Outgoing
from workers.ports import OutboundResult

LONGEST_WISH: Final = timedelta(days=1)


def ack_url(outgoing: Outgoing) -> str:
    """Where a recipient acknowledges this notice."""
    return f"{outgoing.public_url}/notices/{outgoing.notice_id}/ack"


class Webhook(NotAsked):
    """One recipient's endpoint."""

    def __init__(self, url: str, secret: str, *, allow_private: bool) -> None:
        self._secret = secret
        self._endpoint = Endpoint(url, allow_private=allow_private)

    async def send(self, outgoing: Outgoing, seconds: float) -> OutboundResult:
        """Post it, signed."""
        body = payload(outgoing.told, notice_id=outgoing.notice_id, ack_url=ack_url(outgoing))
        headers = signatures.sign(self._secret, outgoing.notice_id, body, outgoing.at)
        headers["content-type"] = "application/json"
        answer = await self._endpoint.post(body.encode(), headers, seconds)
        return replace(result_of(answer, outgoing.at), seq=outgoing.told.seq)

    async def close(self) -> None:
        """Drop the kept connections."""
        self._endpoint.close()


def result_of(answer: Answer, now: datetime) -> OutboundResult:
    """What an answer means for the notice."""
    if 200 <= answer.status < 300:
        return _accepted(answer.body)
    if answer.status == 410:
        return OutboundResult("refused", GONE)
    code = "redirected" if 300 <= answer.status < 400 else f"http_{answer.status}"
    return OutboundResult("put_off", code, _wish(answer.headers.get("retry-after"), now))


def _accepted(body: bytes | None) -> OutboundResult:
    """An answer that is not exactly of the contract settles nothing: it counts as delivered."""
    try:
        word = parse(NoticeAnswer, body or b"")
    except Refused:
        return OutboundResult("delivered")
    code = "refused_by_recipient" if word.status == "refused" else ""
    return OutboundResult(word.status, code, said=word.reason)


def _wish(header: str | None, now: datetime) -> timedelta | None:
    """`Retry-After`: seconds, or a date; a day at most, and nothing where it cannot be read."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WISH.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = moment.replace(tzinfo=moment.tzinfo or UTC) - now
    return min(wait, LONGEST_WISH) if wait > timedelta(0) else None
