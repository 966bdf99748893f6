"""A notice as a webhook: JSON over HTTPS, signed as Standard Webhooks 1.0.

What the recipient's answer means: 2xx with `{"status": …}` is its word, any other 2xx says that it
has the notice. 410 says that it wants no more. Everything else may mend: it is put off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

from schemas.base import parse
from schemas.errors import Refused
from schemas.notice import NoticeAnswer, NoticeKind
from workers.adapters.recipients import signatures
from workers.adapters.recipients.http1 import Answer
from workers.adapters.recipients.safe_http import Endpoint
from workers.ports import OutboundResult

NOTICE_SCHEMA: Final = "dsr.notice/1"
LAST: Final = 2**53 - 1
"""The sequence number of a deletion: nothing that was said of this person comes after it."""
LONGEST_WISH: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What one notice says. `fields` go by the recipient's own names.

    With a correction, and when a restriction is lifted, they have the values as they stand now;
    a deletion and a restriction list the names alone. `withheld` names fields that changed as well
    and whose value is kept back, since the person has suspended their use: it follows when that is
    lifted. An objection names `purposes` and no field.
    """

    type: NoticeKind
    key: str | int
    fields: Mapping[str, Any] | Sequence[str]
    seq: int
    withheld: Sequence[str] = ()
    purposes: Sequence[str] = ()


def payload(told: Told, *, notice_id: str, ack_url: str) -> str:
    """The body of a notice."""
    return json.dumps(
        {
            "schema": NOTICE_SCHEMA,
            "type": told.type,
            "notice_id": notice_id,
            "sequence": told.seq,
            "subject": {"key": told.key},
            "fields": told.fields,
            **({"withheld": list(told.withheld)} if told.withheld else {}),
            **({"purposes": list(told.purposes)} if told.purposes else {}),
            "ack_url": ack_url,
        },
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        default=_plain,
    )


async def send(
    endpoint: Endpoint, secret: str, notice_id: str, body: str, seconds: float
) -> OutboundResult:
    """Send once; `PutOff` where no answer came."""
    headers = signatures.sign(secret, notice_id, body)
    headers["content-type"] = "application/json"
    return result_of(await endpoint.post(body.encode(), headers, seconds), datetime.now(UTC))


def result_of(answer: Answer, now: datetime) -> OutboundResult:
    """What an answer means for the notice."""
    if 200 <= answer.status < 300:
        return _accepted(answer.body)
    if answer.status == 410:
        return OutboundResult("refused", "gone_410")
    code = "redirected" if 300 <= answer.status < 400 else f"http_{answer.status}"
    return OutboundResult("put_off", code, _wish(answer.headers.get("retry-after"), now))


def _accepted(body: bytes | None) -> OutboundResult:
    """An answer that is not exactly of the contract settles nothing: it counts as delivered."""
    try:
        word = parse(NoticeAnswer, body or b"")
    except Refused:
        return OutboundResult("delivered")
    return OutboundResult(word.status, "refused_by_recipient" if word.status == "refused" else "")


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


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError("a value that JSON does not know")
