"""The publisher that every channel uses: validated, sealed, confirmed, and never lost on the way.

1. Validated with the very model that registration validates with: what is wrong never leaves.
2. Sealed to the intake's key: neither the broker nor the spool ever holds it in clear.
3. Published persistent and mandatory, and confirmed; or, where the broker is away and the channel
   has a spool, kept on disk and sent on in its order once the broker is back. A file of the spool
   that cannot be read is set aside, and holds up nobody.

Whatever is sent twice has the same id and the same bytes, so it is one request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self, TypeVar

from schemas.base import parse
from schemas.errors import SpoolBroken, Unreachable
from schemas.messages import JOSE
from schemas.submission import Proof, Submission, Withdrawal, own_id
from workers.ports.intake import Answer, IntakeLine, Outgoing, Spool

AGAIN = 2.0
"""Seconds between tries to send on what waits in the spool."""

Message = TypeVar("Message", Submission, Proof, Withdrawal)


class Publisher:
    """Takes what a channel took in. Use as `async with`; `seal` makes a body unreadable to others.

    Without a spool a broker that is away is the caller's to deal with: `Unreachable`. `failed` is
    told what goes wrong with the spool where no caller hears of it.
    """

    def __init__(
        self,
        line: IntakeLine,
        seal: Callable[[bytes], bytes],
        spool: Spool | None = None,
        failed: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._line = line
        self._seal = seal
        self._spool = spool
        self._failed = failed
        self._told: type[Exception] | None = None
        self._answers: dict[str, Answer] = {}
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """What an earlier process left in the spool is sent on first."""
        if self._spool is not None and self._spool.waiting():
            self._send_on()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    @property
    def waits(self) -> bool:
        """Whether something is kept on disk until the broker is back."""
        return self._spool is not None and bool(self._spool.waiting())

    async def submission(self, body: bytes) -> tuple[Submission, Answer]:
        """Publish a submission; `Refused` names what is wrong with it before anything leaves."""
        message = parse(Submission, body)
        return message, await self._take("submission", message, body)

    async def proof(self, body: bytes) -> tuple[Proof, Answer]:
        """Publish a proof; its answer says only yes or no."""
        message = parse(Proof, body)
        return message, await self._take("proof", message, body)

    async def withdrawal(self, body: bytes) -> tuple[Withdrawal, Answer]:
        """Publish a withdrawal; its answer says only yes or no."""
        message = parse(Withdrawal, body)
        return message, await self._take("withdrawal", message, body)

    async def sent(self) -> None:
        """Return once nothing waits in the spool any more."""
        while self._sending is not None and not self._sending.done():
            await asyncio.wait({self._sending})

    async def _take(
        self, word: str, message: Submission | Proof | Withdrawal, body: bytes
    ) -> Answer:
        outgoing = Outgoing(f"{word}.{message.channel}", own_id(message), JOSE, self._seal(body))
        if not self.waits:
            try:
                return await self._line.publish(outgoing)
            except Unreachable:
                if self._spool is None:
                    raise
        return self._keep(outgoing)

    def _keep(self, outgoing: Outgoing) -> Answer:
        """Behind whatever waits already: a proof never overtakes its submission."""
        assert self._spool is not None, "only with a spool something waits"
        self._spool.add(outgoing)
        loop = asyncio.get_running_loop()
        answer = self._answers.setdefault(outgoing.message_id, loop.create_future())
        self._send_on()
        return answer

    def _send_on(self) -> None:
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._until_empty())

    async def _until_empty(self) -> None:
        assert self._spool is not None, "only with a spool something waits"
        while True:
            try:
                with self._spool.only_sender() as ours:
                    if ours:
                        await self._in_order(self._spool)
                if not self._spool.waiting():
                    return
            except Exception as error:  # noqa: BLE001 - what waits is tried again, whatever it was
                self._tell(error)
            await asyncio.sleep(AGAIN)

    def _tell(self, error: Exception) -> None:
        """Once for each kind, until something is sent: it may come every two seconds."""
        if type(error) is not self._told:
            self._told = type(error)
            self._failed(error)

    async def _in_order(self, spool: Spool) -> None:
        """One after the other, until all are sent or the broker is away again."""
        for name in spool.waiting():
            try:
                outgoing = spool.read(name)
            except SpoolBroken as error:
                spool.set_aside(name)
                self._failed(error)
                continue
            try:
                answer = await self._line.publish(outgoing)
            except Unreachable:
                return
            # A crash just here publishes it once more, under the same id.
            spool.remove(name)
            self._told = None
            if (waiting := self._answers.pop(outgoing.message_id, None)) is not None:
                _pass_on(answer, waiting)


def _pass_on(answer: Answer, to: Answer) -> None:
    def tell(done: Answer) -> None:
        if not done.cancelled() and not to.done():
            to.set_result(done.result())

    answer.add_done_callback(tell)
    # The line keeps answers weakly: this one lives as long as somebody waits.
    to.add_done_callback(lambda _: answer.cancel())
