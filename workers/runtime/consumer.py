"""The one consumer loop: take a group → decode → carry it through its stage → reply → ack.

Two groups are in flight. A lone message waits for nobody: a group is whatever is there already.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.errors import DsrError, PutOff, Reason, Refused, Unreachable
from schemas.messages import EVENTS, MAX_ITEMS, Do, Events
from workers.pipeline import Station
from workers.ports import Envelope, Publication, Publisher, Subscription
from workers.runtime import log, watching
from workers.runtime.apart import carry_apart
from workers.runtime.cases import Item
from workers.runtime.decode import decode
from workers.runtime.house import House
from workers.runtime.returns import Lone, Turns, take_turns, try_alone

PREFETCH = 3 * MAX_ITEMS
GROUPS_IN_FLIGHT = 2
REPLY_NAMES = ("amq.rabbitmq.reply-to.", "dsr.reply.")
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


@dataclass(slots=True)
class Delivery:
    """An envelope and what is in it."""

    envelope: Envelope
    items: list[Item]


class Consumer:
    """Runs one stage on one queue until it is stopped."""

    def __init__(self, house: House, station: Station, subscription: Subscription) -> None:
        self._house = house
        self._station = station
        self._subscription = subscription
        self._slots = asyncio.Semaphore(GROUPS_IN_FLIGHT)
        self._in_hand: dict[asyncio.Task[None], list[Envelope]] = {}

    async def run(self) -> None:
        """Take groups until cancelled; the groups in flight go on."""
        while True:
            await self._slots.acquire()
            try:
                group = await self._take()
            except BaseException:
                self._slots.release()
                raise
            task = asyncio.create_task(self._work(group))
            self._in_hand[task] = [delivery.envelope for delivery in group]
            task.add_done_callback(self._ended)

    @property
    def idle(self) -> bool:
        """Whether nothing is in hand, an answer neither."""
        return not self._in_hand

    async def drain(self, timeout: float) -> None:
        """After `run` was cancelled: finish what is in hand."""
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=timeout)

    def _ended(self, task: asyncio.Task[None]) -> None:
        group = self._in_hand.pop(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()):
            # A bug in the runtime itself: the group comes again.
            log.failure("group_failed", error, stage=self._station.name)
            self._subscription.give_back(group)

    async def _take(self) -> list[Delivery]:
        first = await self._subscription.next()
        group = [await self._open(first)]
        size = len(group[0].items)
        while size < MAX_ITEMS and (envelope := self._subscription.waiting()) is not None:
            group.append(await self._open(envelope))
            size += max(1, len(group[-1].items))
        return group

    async def _open(self, envelope: Envelope) -> Delivery:
        try:
            messages = decode(envelope, self._station, self._house.rules)
        except Refused as refused:
            return Delivery(envelope, [Item(None, envelope, reasons=refused.reasons)])
        except PutOff:
            return Delivery(envelope, [])
        except Exception as error:  # noqa: BLE001 - no message may end its consumer
            log.failure("decode_failed", error, stage=self._station.name)
            return Delivery(envelope, [Item(None, envelope, reasons=(Reason("$", "internal"),))])
        return Delivery(envelope, [Item(message, envelope) for message in messages])

    async def _work(self, group: Sequence[Delivery]) -> None:
        taken = time.monotonic()
        watching.took(
            self._house, self._station.name, [one.envelope for one in group], _size(group)
        )
        pause = FIRST_PAUSE
        turns: Turns | None = None
        while True:
            try:
                turns = turns or await take_turns(self._house, self._station, _ready(group))
                await self._carry(turns)
                await self._park(group)
                break
            except DsrError as away:
                # Nothing is lost and nothing is acked: the group is done when the server is back,
                # or when somebody has given us back the permission that we miss.
                log.failure("paused", away, stage=self._station.name, code=away.code, seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        # Before the answers: a broker that is short of memory takes acks, and nothing else.
        self._subscription.ack([delivery.envelope for delivery in group if delivery.items])
        self._subscription.give_back(
            [delivery.envelope for delivery in group if not delivery.items]
        )
        await asyncio.gather(*map(self._reply, group))
        self._house.meter.did(self._station.name, _size(group), time.monotonic() - taken)

    async def _carry(self, turns: Turns) -> None:
        """Everything that can be done is done before an error makes the rest wait."""
        failed = await carry_apart(self._house, self._station, turns.together)
        turns.together = []
        for lone in turns.alone:
            failed += await try_alone(self._house, self._station, lone)
        waiting = [item for item, error in failed if isinstance(error, DsrError)]
        turns.alone = [Lone(item, 0, None) for item in waiting]
        for item, error in failed:
            # A bug: a command comes again when its step is due, anything else is parked.
            if not isinstance(error, DsrError) and not isinstance(item.message, Do):
                item.reasons = (Reason("$", "internal"),)
        for _, error in failed:
            if isinstance(error, DsrError):
                raise error

    async def _park(self, group: Sequence[Delivery]) -> None:
        for delivery in group:
            for item in delivery.items:
                if item.reasons:
                    await self._house.parked.park(delivery.envelope, item.reasons)
                    self._house.meter.parked(self._station.name)
                    await self._say_rejected(delivery.envelope)

    async def _say_rejected(self, envelope: Envelope) -> None:
        body = Events(event="intake.rejected", items=()).model_dump_json(by_alias=True)
        told = Publication(EVENTS, "intake.rejected", body.encode(), mandatory=False)
        await self._try(self._house.publisher, told)
        log.event("parked", stage=self._station.name, queue=envelope.queue)

    async def _reply(self, delivery: Delivery) -> None:
        """Best effort, and only to addresses that can be nothing but a reply queue."""
        envelope = delivery.envelope
        if not envelope.reply_to or not envelope.correlation_id:
            return
        if not envelope.reply_to.startswith(REPLY_NAMES):
            return
        for item in delivery.items:
            answer = _answer(item)
            if answer is not None:
                await self._try(
                    self._house.answers,
                    Publication(
                        exchange="",
                        routing_key=envelope.reply_to,
                        body=json.dumps(answer).encode(),
                        mandatory=False,
                        correlation_id=envelope.correlation_id,
                    ),
                )

    async def _try(self, publisher: Publisher, publication: Publication) -> None:
        try:
            await publisher.publish(publication)
        except Unreachable:
            log.event("not_told", stage=self._station.name, code="broker_unreachable")


def _size(group: Sequence[Delivery]) -> int:
    return sum(len(delivery.items) for delivery in group)


def _ready(group: Sequence[Delivery]) -> list[Item]:
    return [item for delivery in group for item in delivery.items if item.message is not None]


def _answer(item: Item) -> dict[str, object] | None:
    if item.reasons:
        if item.envelope is None or not item.envelope.routing_key.startswith("submission."):
            # A proof is answered yes or no, whatever is wrong with it.
            return {"accepted": False}
        errors = [{"path": r.path, "reason": r.reason} for r in item.reasons]
        return {"accepted": False, "errors": errors}
    if item.reply is None:
        return None
    if item.reply.tracking is None:
        return {"accepted": item.reply.accepted}
    return {"accepted": item.reply.accepted, "tracking": item.reply.tracking}
