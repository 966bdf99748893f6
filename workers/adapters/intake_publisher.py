"""One channel's line to the broker: persistent, confirmed, mandatory; and the answers to it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Self
from uuid import uuid4
from weakref import WeakValueDictionary

from schemas.messages import INTAKE
from workers.adapters.amqp_lines import CALL_TIMEOUT
from workers.adapters.amqp_link import Link
from workers.adapters.amqp_publisher import ConfirmingPublisher, NotTaken
from workers.ports import Publication
from workers.ports.intake import Answer, Outgoing
from workers.ports.telemetry import SENT_AT

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

NACK_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Waits before the same is published again: a quorum queue that has no leader just now says no."""
REPLY_TO = "amq.rabbitmq.reply-to"


class IntakePublisher:
    """Connects when it first publishes, and again after the line was lost."""

    def __init__(self, urls: str) -> None:
        """Under the channel's own broker user, which the URL names; several are `Nodes`."""
        self._link = Link(urls, "dsr channel")
        self._publisher = ConfirmingPublisher(self._link, opened=self._listen)
        # Weak: an answer that nobody waits for any more, or that never comes, leaves nothing here.
        self._answers: WeakValueDictionary[str, Answer] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.close()

    async def publish(self, outgoing: Outgoing) -> Answer:
        """Returns once the broker has it; the future is what registration or verification says."""
        correlation = uuid4().hex
        answer = self._answers[correlation] = asyncio.get_running_loop().create_future()
        publication = Publication(
            INTAKE,
            outgoing.routing_key,
            outgoing.body,
            mandatory=True,
            message_id=outgoing.message_id,
            correlation_id=correlation,
            reply_to=REPLY_TO,
            content_type=outgoing.content_type,
            headers={SENT_AT: f"{time.time():.3f}", **outgoing.headers},
        )
        for pause in NACK_PAUSES:
            try:
                await self._publisher.publish(publication)
            except NotTaken:
                await asyncio.sleep(pause)
            else:
                return answer
        await self._publisher.publish(publication)
        return answer

    async def _listen(self, channel: AbstractChannel) -> None:
        """The broker sends answers by the channel that asked."""
        replies = await channel.get_queue(REPLY_TO, ensure=False)
        await replies.consume(self._answered, no_ack=True, timeout=CALL_TIMEOUT)

    async def _answered(self, message: AbstractIncomingMessage) -> None:
        answer = self._answers.pop(message.correlation_id or "", None)
        if answer is not None and not answer.done():
            answer.set_result(json.loads(message.body))
