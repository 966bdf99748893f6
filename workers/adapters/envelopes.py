"""A message of RabbitMQ as the runtime sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workers.ports import Envelope
from workers.ports.telemetry import SENT_AT, TRACEPARENT

if TYPE_CHECKING:
    from aio_pika.abc import AbstractIncomingMessage

LONGEST_HEADER = 64
LONGEST_SIGN = 1024
"""Characters of a header of ours."""
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def envelope_of(message: AbstractIncomingMessage, queue: str, tag: int) -> Envelope:
    """What came from this queue; `tag` names it to its subscription."""
    return Envelope(
        queue=queue,
        exchange=message.exchange or "",
        routing_key=message.routing_key or "",
        body=message.body,
        content_type=message.content_type,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        reply_to=message.reply_to,
        user_id=message.user_id,
        redelivered=bool(message.redelivered),
        tag=tag,
        sent_at=_sent_at(message),
        traceparent=_text(message, TRACEPARENT),
        headers={
            name: value
            for name, value in message.headers.items()
            if name.startswith("webhook-") and isinstance(value, str) and len(value) <= LONGEST_SIGN
        },
    )


def _sent_at(message: AbstractIncomingMessage) -> float | None:
    """By our own header; else by the property, which says it in whole seconds."""
    said = _text(message, SENT_AT) or ""
    if _SECONDS.fullmatch(said):
        return float(said)
    return message.timestamp.timestamp() if message.timestamp else None


def _text(message: AbstractIncomingMessage, header: str) -> str | None:
    """A header, where it is a short text: anybody who may publish sets what they like."""
    value = message.headers.get(header)
    return value if isinstance(value, str) and len(value) <= LONGEST_HEADER else None
