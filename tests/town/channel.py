"""An intake channel of somebody else's: publishes in clear until the broker has confirmed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Self
from uuid import uuid4

import aio_pika

from schemas.errors import Unreachable
from workers.adapters.intake_publisher import IntakePublisher
from workers.ports.intake import Answer, Outgoing


class Channel:
    """One channel's line to the broker, built anew when it is lost. Use as `async with`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._exits = AsyncExitStack()
        self._publisher: IntakePublisher | None = None
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def submit(self, submission: dict[str, Any]) -> Answer:
        """Publish a submission; the future is what registration answers."""
        return await self._send("submission", submission)

    async def submit_all(self, submissions: Sequence[dict[str, Any]]) -> list[Answer]:
        """Publish many at the same time."""
        return list(await asyncio.gather(*map(self.submit, submissions)))

    async def prove(
        self, tracking: str, code: str, proof_id: str | None = None, **other: Any
    ) -> Answer:
        """Publish a proof; the future says yes or no. `other`: another channel, who typed it in."""
        proof = {
            "schema": "dsr.proof/1",
            "proof_id": proof_id or str(uuid4()),
            "tracking": tracking,
            "code": code,
            "channel": "web",
            **other,
        }
        return await self._send("proof", proof)

    async def vouch(self, tracking: str, assertion: str) -> Answer:
        """Publish what a login has signed; the future says yes or no."""
        proof = {
            "schema": "dsr.proof/1",
            "proof_id": str(uuid4()),
            "tracking": tracking,
            "assertion": assertion,
            "channel": "web",
        }
        return await self._send("proof", proof)

    async def raw(
        self, key: str, body: bytes, *, exchange: str = "dsr.intake", **properties: Any
    ) -> None:
        """Publish just these bytes, confirmed; what a channel that is broken or hostile does."""
        async with await aio_pika.connect(self._url) as connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            to = await channel.get_exchange(exchange, ensure=False)
            message = aio_pika.Message(
                body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, **properties
            )
            await to.publish(message, key, mandatory=True, timeout=30)

    async def answer(self, sent: Answer) -> dict[str, Any]:
        """What was answered, waited for."""
        return await asyncio.wait_for(sent, 30)

    async def _send(self, word: str, message: dict[str, Any]) -> Answer:
        outgoing = Outgoing(
            f"{word}.{message['channel']}",
            message[f"{word}_id"],
            "application/json",
            json.dumps(message, ensure_ascii=False).encode(),
        )
        while True:
            try:
                return await (await self._open()).publish(outgoing)
            except Unreachable:
                # Not confirmed: the same id again, which is one request however often it arrives.
                await asyncio.sleep(0.2)

    async def _open(self) -> IntakePublisher:
        async with self._lock:
            if self._publisher is None:
                self._publisher = await self._exits.enter_async_context(IntakePublisher(self._url))
            return self._publisher
