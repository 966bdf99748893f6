"""A notice as a message in the recipient's own queue, signed like a webhook.

Exchange and queue have one name, which the data map gives; `dsr init` declares both on our own
broker. Where `<name>.amqp` lies among the secrets, its URL is used: another broker, or a user of
ours that may do nothing but write to this exchange.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from schemas.errors import PutOff
from workers.adapters.amqp_link import Link
from workers.adapters.amqp_publisher import ConfirmingPublisher
from workers.adapters.recipients import signatures
from workers.adapters.recipients.told import payload
from workers.adapters.recipients.transport import NotAsked, Outgoing
from workers.adapters.recipients.webhook import ack_url
from workers.ports import OutboundResult, Publication


class Amqp(NotAsked):
    """One recipient's queue."""

    def __init__(self, queue: str, secret: str, url: str) -> None:
        self._queue = queue
        self._secret = secret
        self._link = Link(url, f"dsr {queue}")
        self._publisher = ConfirmingPublisher(self._link)

    async def send(self, outgoing: Outgoing, seconds: float) -> OutboundResult:
        """`delivered` once the broker has it in the queue."""
        body = payload(outgoing.told, notice_id=outgoing.notice_id, ack_url=ack_url(outgoing))
        message = Publication(
            exchange=self._queue,
            routing_key=f"notice.{outgoing.told.type}",
            body=body.encode(),
            mandatory=True,
            message_id=outgoing.notice_id,
            headers=signatures.sign(self._secret, outgoing.notice_id, body, outgoing.at),
        )
        try:
            async with asyncio.timeout(seconds):
                await self._publisher.publish(message)
        except TimeoutError:
            raise PutOff("timeout") from None
        return OutboundResult("delivered", seq=outgoing.told.seq)

    async def close(self) -> None:
        """End the connection."""
        await self._link.close()


def broker_url(secrets: Path, name: str, ours: str) -> str:
    """The URL that is kept for this recipient, else our own broker's."""
    file = secrets / f"{name}.amqp"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ours
