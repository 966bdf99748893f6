"""Where the runtime tells the meter and the tracer what it does; the stages know of neither.

With both silent each item costs a handful of calls that do nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from schemas.lifecycle import Advance
from schemas.messages import Do
from workers.ports import (
    CollectResult,
    Envelope,
    ErasureResult,
    OutboundEffect,
    OutboundResult,
    SubjectEffect,
    SubjectResult,
)
from workers.ports.telemetry import NO_SPAN, SENT_AT
from workers.runtime.cases import Case

if TYPE_CHECKING:
    from workers.runtime.house import House


def took(house: House, stage: str, envelopes: Sequence[Envelope], items: int) -> None:
    """A group was taken off its queue.

    What is published between workers says when by the database's time, so it is that which is
    asked; a channel's clock may be ahead of it, and nothing waited for less than no time.
    """
    if house.meter.on:
        now = house.requests.now().timestamp()
        sent = (one.sent_at for one in envelopes if one.sent_at is not None)
        house.meter.took(stage, items, [max(0.0, now - at) for at in sent])


def stamp(house: House) -> Mapping[str, str] | None:
    """The headers of a message that is published now."""
    if not house.meter.on:
        return None
    return {SENT_AT: f"{house.requests.now().timestamp():.3f}"}


def begin(house: House, stage: str, cases: Sequence[Case]) -> None:
    """Follow each case of a group that is about to be handled."""
    if house.tracer.on:
        for case in cases:
            item = case.item
            case.span = house.tracer.begin(
                stage, case.message, case.request, item.envelope, len(cases)
            )


def keep_trace(cases: Sequence[Case]) -> None:
    """A new request keeps the trace that it came with: a wait of days goes on in the same one."""
    for case in cases:
        create = case.outcome.create
        if create is not None and case.span is not NO_SPAN:
            traced = create.model_copy(update={"trace": case.span.context})
            case.outcome = replace(case.outcome, create=traced)


def stands(house: House, case: Case, work: Advance) -> None:
    """A transition was committed."""
    case.span.stands(work.request, work.entries)
    if house.meter.on:
        house.meter.stands(work.request, (o.name for o in work.owes if o.kind == "event"))


def end(cases: Sequence[Case]) -> None:
    """The group has gone through."""
    for case in cases:
        if case.span is not NO_SPAN:
            case.span.end(_failure(case))


def _failure(case: Case) -> str:
    if case.item.reasons:
        return case.item.reasons[0].reason
    if not isinstance(case.message, Do) or case.request is None:
        return ""
    step = case.request.steps.get(case.message.step)
    # What is on its way to somebody still names the failure before this one.
    return "" if step is None or step.leased else step.error or ""


async def change(
    house: House, stage: str, cases: Sequence[Case], effects: Sequence[SubjectEffect]
) -> Sequence[SubjectResult | ErasureResult | CollectResult]:
    """A group's effects on the company's data, timed."""
    began, since = time.monotonic(), time.time_ns()
    results = await house.subjects.apply(effects)
    house.meter.changed(stage, time.monotonic() - began)
    for case in cases:
        case.span.changed(since)
    return results


async def send(house: House, case: Case, effect: OutboundEffect) -> OutboundResult:
    """What leaves the house, timed."""
    began, since = time.monotonic(), time.time_ns()
    result = await house.outbound.perform(effect)
    house.meter.left(effect, result, time.monotonic() - began)
    case.span.left(effect, result, since)
    return result
