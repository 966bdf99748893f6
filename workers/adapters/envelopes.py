"""A message of RabbitMQ as the runtime sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workers.ports import Envelope
from workers.ports.telemetry import SENT_AT, TRACEPARENT

if TYPE_CHECKING:
    from aiormq.abc import DeliveredMessage

LONGEST_HEADER = 64
LONGEST_SIGN = 1024
"""Characters of a header of ours."""
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def envelope_of(message: DeliveredMessage, queue: str, tag: int) -> Envelope:
    """What came from this queue; `tag` names it to its subscription."""
    said = message.header.properties
    headers: Mapping[str, Any] = said.headers or {}
    return Envelope(
        queue=queue,
        exchange=message.exchange or "",
        routing_key=message.routing_key or "",
        body=message.body,
        content_type=said.content_type,
        message_id=said.message_id,
        correlation_id=said.correlation_id,
        reply_to=said.reply_to,
        user_id=said.user_id,
        redelivered=bool(message.redelivered),
        tag=tag,
        sent_at=_sent_at(headers, said.timestamp),
        traceparent=_text(headers, TRACEPARENT),
        headers={
            name: value
            for name, value in headers.items()
            if name.startswith("webhook-") and isinstance(value, str) and len(value) <= LONGEST_SIGN
        },
    )


def _sent_at(headers: Mapping[str, Any], timestamp: datetime | None) -> float | None:
    """By our own header; else by the property, which says it in whole seconds."""
    said = _text(headers, SENT_AT) or ""
    if _SECONDS.fullmatch(said):
        return float(said)
    return timestamp.timestamp() if timestamp else None


def _text(headers: Mapping[str, Any], header: str) -> str | None:
    """A header, where it is a short text: anybody who may publish sets what they like."""
    value = headers.get(header)
    return value if isinstance(value, str) and len(value) <= LONGEST_HEADER else None
