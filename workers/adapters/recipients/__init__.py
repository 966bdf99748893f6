"""Third parties: one notice, sent once, by the transport that the data map declares.

The values are read here, at the last moment, under the lock that the attempt mark holds: so what
goes out is never older than what went before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol, Self

from schemas.datamap import DataMap
from schemas.datamap.recipients import WebhookTransport
from schemas.errors import DsrError, PutOff
from schemas.request import SubjectRef
from workers.adapters.recipients import webhook
from workers.adapters.recipients.safe_http import Endpoint
from workers.adapters.recipients.webhook import LAST, Told
from workers.adapters.tokens import load_secret
from workers.ports import OutboundResult, SendNotice

CONNECTIONS: Final = 16
"""Calls at once to one recipient."""
DEADLINE: Final = 10.0
"""Seconds that one call may take, from the name's lookup to the answer's last byte."""


class CurrentValues(Protocol):
    """Fields of one subject as they stand now."""

    @property
    def values(self) -> Mapping[str, Any]:
        """Canonical values by our field names."""

    @property
    def seq(self) -> int:
        """The subject's sequence number that they belong to."""

    @property
    def withheld(self) -> frozenset[str]:
        """Those of the fields whose use the person has suspended: they have no value here."""

    def key_for(self, recipient: str) -> str | int:
        """Tell what this recipient knows the subject by."""


Current = Callable[[SubjectRef, tuple[str, ...], str], Awaitable[CurrentValues]]
"""Reads fields on behalf of a request; `PutOff` where nobody may be told of them now."""

Transport = Callable[[SendNotice], Awaitable[OutboundResult]]


@dataclass(slots=True)
class _Line:
    """What is kept for one recipient: its endpoint, its secret, and its places."""

    endpoint: Endpoint
    secret: str
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))


class Recipients:
    """Sends notices; leaving it drops the kept connections.

    `secrets` holds `<recipient>.out`, read at the first notice; `public_url` is where they answer.
    """

    def __init__(
        self,
        datamap: DataMap,
        current: Current,
        secrets: Path,
        *,
        public_url: str,
        allow_private: bool = False,
    ) -> None:
        self._datamap = datamap
        self._current = current
        self._secrets = secrets
        self._public_url = public_url.rstrip("/")
        self._allow_private = allow_private
        self._lines: dict[str, _Line] = {}
        self._transports: Mapping[str, Transport] = {"webhook": self._webhook}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for line in self._lines.values():
            line.endpoint.close()

    async def perform(self, effect: SendNotice) -> OutboundResult:
        """Send once and say what became of it; never raises."""
        try:
            return await self._transport(effect.recipient)(effect)
        except DsrError as error:
            return OutboundResult("put_off", error.code)
        except Exception:  # noqa: BLE001 - a bug here must not fail the neighbours in the group
            return OutboundResult("put_off", "internal")

    def _transport(self, name: str) -> Transport:
        recipient = self._datamap.recipients.get(name)
        if recipient is None:
            raise PutOff("recipient_not_in_map")
        transport = self._transports.get(recipient.transport.kind)
        if transport is None:
            raise PutOff("transport_not_available")
        return transport

    async def _webhook(self, effect: SendNotice) -> OutboundResult:
        line = self._line(effect.recipient)
        # Before a place is free, since what a group asks at the same time is one query. The lock
        # that the attempt mark holds keeps any newer notice behind this one until its end.
        told = await self._told(effect)
        async with line.places:
            _left(effect)
            body = webhook.payload(
                told,
                notice_id=effect.notice_id,
                ack_url=f"{self._public_url}/notices/{effect.notice_id}/ack",
            )
            seconds = min(DEADLINE, _left(effect))
            result = await webhook.send(line.endpoint, line.secret, effect.notice_id, body, seconds)
        return replace(result, seq=told.seq)

    async def _told(self, effect: SendNotice) -> Told:
        """What the recipient is told: values as they stand, or by its own names what to do with."""
        names = self._datamap.recipients[effect.recipient].fields
        if effect.about == "objection":
            current = await self._current(effect.subject, (), effect.request)
            key = current.key_for(effect.recipient)
            return Told("objection", key, [], current.seq, purposes=effect.fields)
        if not names.keys() >= set(effect.fields):
            raise PutOff("field_not_in_map")
        if effect.deleted_as is not None:
            if not effect.deleted_as:
                raise PutOff("no_recipient_key")
            fields = [names[ours] for ours in effect.fields]
            return Told("deletion", effect.deleted_as, fields, LAST)
        if effect.about == "restriction":
            current = await self._current(effect.subject, (), effect.request)
            fields = [names[ours] for ours in effect.fields]
            return Told("restriction", current.key_for(effect.recipient), fields, current.seq)
        current = await self._current(effect.subject, effect.fields, effect.request)
        values = {
            names[ours]: current.values.get(ours)
            for ours in effect.fields
            if ours not in current.withheld
        }
        return Told(
            effect.about,
            current.key_for(effect.recipient),
            values,
            current.seq,
            withheld=[names[ours] for ours in effect.fields if ours in current.withheld],
        )

    def _line(self, name: str) -> _Line:
        if name not in self._lines:
            transport = self._datamap.recipients[name].transport
            assert isinstance(transport, WebhookTransport)
            self._lines[name] = _Line(
                secret=load_secret(self._secrets, name, "out"),
                endpoint=Endpoint(transport.url, allow_private=self._allow_private),
            )
        return self._lines[name]


def _left(effect: SendNotice) -> float:
    """Seconds until another worker may send this instead of us; `PutOff` if that is now."""
    left = effect.lease - time.monotonic()
    if left <= 0:
        raise PutOff("lease_over")
    return left
