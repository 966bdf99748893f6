"""Acknowledgements by message, on `dsr.acks`: signed as those by HTTP, checked in the same order.

A message may lie in the queue while workers are away, so its signature may be a day old, not five
minutes. A replay changes nothing: the signature is for this one notice, and a last word stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Protocol

from schemas.base import parse
from schemas.errors import Reason, Refused
from schemas.messages import Acknowledge
from schemas.notice import NoticeAnswer
from workers.ports import Envelope

LARGEST: Final = 16 * 1024
OLDEST: Final = timedelta(days=1)
ID: Final = "webhook-id"


class Signed(Protocol):
    """Knows recipients' secrets."""

    def by(
        self, recipient: str, headers: Mapping[str, str], body: bytes, *, oldest: timedelta
    ) -> bool:
        """Whether this recipient signed it, since then."""


class NobodySigns:
    """Where no recipient acknowledges by message."""

    def by(
        self,
        recipient: str,  # noqa: ARG002
        headers: Mapping[str, str],  # noqa: ARG002
        body: bytes,  # noqa: ARG002
        *,
        oldest: timedelta,  # noqa: ARG002
    ) -> bool:
        """Nobody did."""
        return False


def read(envelope: Envelope, signed: Signed) -> Acknowledge:
    """What the recipient says, whom the routing key names; `Refused` with the reason."""
    # 1. Form
    word, _, recipient = envelope.routing_key.partition(".")
    if word != "ack" or not recipient:
        raise Refused(Reason("$", "unknown_routing_key"))
    if len(envelope.body) > LARGEST:
        raise Refused(Reason("$", "too_large"))

    # 2. Signature
    if not signed.by(recipient, envelope.headers, envelope.body, oldest=OLDEST):
        raise Refused(Reason("$", "not_signed_by_the_recipient"))

    # 3. Content; whose notice it is the stage decides
    answer = parse(NoticeAnswer, envelope.body)
    return Acknowledge(envelope.headers[ID], recipient, answer)
