"""Third parties: one notice, told once, by the transport that the data map declares.

Read in this order: `told` (what a notice says), `transport` (the port), `webhook`, `opendsr`,
`amqp`, `mail` and `task` behind it, `line` and `breaker` (whose turn it is), `signatures` and
`certificates` (who signed), `states` (what else is known of a recipient).

The values are read here, at the last moment, under the lock that the attempt mark holds: so what
goes out is never older than what went before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, Self

from schemas.datamap import (
    AmqpTransport,
    DataMap,
    MailTransport,
    OpenDsrTransport,
    Recipient,
    TaskTransport,
    WebhookTransport,
)
from schemas.errors import DsrError, PutOff
from schemas.notice import GONE
from workers.adapters.recipients import told as telling
from workers.adapters.recipients.amqp import Amqp, broker_url
from workers.adapters.recipients.line import CONNECTIONS, Line, NotNow
from workers.adapters.recipients.mail import Mail, Post
from workers.adapters.recipients.opendsr import OpenDsr
from workers.adapters.recipients.signatures import by_this_machine
from workers.adapters.recipients.task import Task
from workers.adapters.recipients.told import Current, CurrentValues, Told
from workers.adapters.recipients.transport import Outgoing, Transport
from workers.adapters.recipients.webhook import Webhook
from workers.adapters.tokens import load_secret
from workers.ports import AskStatus, OutboundResult, SendNotice

__all__ = ["CONNECTIONS", "CurrentValues", "Means", "Recipients", "Told"]

DEADLINE: Final = 10.0
"""Seconds that one call may take, from the name's lookup to the answer's last byte."""
DISABLED: Final = OutboundResult("overdue", "recipient_disabled")


class States(Protocol):
    """Remembers who wants no more notices."""

    async def is_disabled(self, name: str) -> bool:
        """Whether it said so."""

    async def disable(self, name: str, code: str) -> None:
        """It says so now."""


@dataclass(frozen=True, slots=True)
class Means:
    """What transports work with. `secrets` holds `<name>.out` and more, read at the first notice.

    `public_url` is where recipients answer. By `now` is signed what they are told.
    """

    secrets: Path
    public_url: str
    allow_private: bool = False
    amqp_url: str = ""
    post: Post | None = None
    states: States | None = None
    now: Callable[[], datetime] = by_this_machine


class Recipients:
    """Tells recipients; leaving it drops the kept connections."""

    def __init__(self, datamap: DataMap, current: Current, means: Means) -> None:
        self._datamap = datamap
        self._current = current
        self._means = means
        self._lines: dict[str, Line] = {}
        self._transports: dict[str, Transport] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for transport in self._transports.values():
            await transport.close()

    async def perform(self, effect: SendNotice | AskStatus) -> OutboundResult:
        """Tell, or ask, once and say what became of it; only a bug of ours raises."""
        try:
            if isinstance(effect, AskStatus):
                return await self._ask(effect)
            return await self._tell(effect)
        except NotNow as later:
            return later.result()
        except DsrError as error:
            return OutboundResult("put_off", error.code)

    def rests(self, name: str) -> timedelta:
        """How long it is left alone, and a bit, so that not all come at once; zero: call it."""
        line = self._lines.get(name)
        return line.rest() if line is not None else timedelta(0)

    async def read(self, effect: SendNotice) -> Told:
        """What this notice says now, for a page that shows it."""
        return await telling.read(effect, self._datamap, self._current)

    async def _tell(self, effect: SendNotice) -> OutboundResult:
        name, states = effect.recipient, self._means.states
        transport, line = self.transport(name), self._line(name)
        if states is not None and await states.is_disabled(name):
            return DISABLED
        line.check()
        # Before a place is free, since what a group asks at the same time is one query. The lock
        # that the attempt mark holds keeps any newer notice behind this one until its end.
        outgoing = Outgoing(
            notice_id=effect.notice_id,
            told=await self.read(effect),
            public_url=self._means.public_url.rstrip("/"),
            tracking=effect.tracking,
            asked_at=effect.asked_at,
            since=effect.since,
            at=self._means.now(),
        )
        async with line.place():
            result = await transport.send(outgoing, min(DEADLINE, _left(effect)))
        if result.code == GONE and states is not None:
            await states.disable(name, GONE)
        return result

    async def _ask(self, effect: AskStatus) -> OutboundResult:
        transport, line = self.transport(effect.recipient), self._line(effect.recipient)
        line.check()
        async with line.place():
            return await transport.ask(effect.notice_id, min(DEADLINE, _left(effect)))

    def transport(self, name: str) -> Transport:
        """The way to this recipient, made when it is first needed."""
        if name not in self._transports:
            recipient = self._datamap.recipients.get(name)
            if recipient is None:
                raise PutOff("recipient_not_in_map")
            self._transports[name] = _build(name, recipient, self._means)
        return self._transports[name]

    def _line(self, name: str) -> Line:
        return self._lines.setdefault(name, Line())


def _build(name: str, recipient: Recipient, means: Means) -> Transport:
    def secret() -> str:
        return load_secret(means.secrets, name, "out")

    match recipient.transport:
        case WebhookTransport(url=url):
            return Webhook(url, secret(), allow_private=means.allow_private)
        case OpenDsrTransport() as transport:
            return OpenDsr(name, transport, means.secrets, secret(), private=means.allow_private)
        case AmqpTransport(queue=queue):
            return Amqp(queue, secret(), broker_url(means.secrets, name, means.amqp_url))
        case MailTransport(address=address, language=language):
            if means.post is None:
                raise PutOff("no_mail_here")
            return Mail(name, address, language, means.post)
        case TaskTransport():
            return Task()


def _left(effect: SendNotice | AskStatus) -> float:
    """Seconds until another worker may do this instead of us; `PutOff` if that is now."""
    left = effect.lease - time.monotonic()
    if left <= 0:
        raise PutOff("lease_over")
    return left
