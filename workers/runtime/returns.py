"""Messages that came again unacked: counted before they are handled, since they may kill (D6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.lifecycle import Advance, advance
from schemas.messages import Do
from workers.pipeline import Station
from workers.runtime.apart import carry_apart
from workers.runtime.cases import Item
from workers.runtime.house import House
from workers.runtime.retries import CRASHES_ALONE, CRASHES_REST, came_again, put_off


@dataclass(slots=True)
class Lone:
    """An item that may be what kills its worker, and the mark to set just before it is tried."""

    item: Item
    crashes: int
    mark: Advance | None


@dataclass(slots=True)
class Turns:
    """The items of a group: those that go together, and those that have to be handled alone.

    What is in neither rests: its step has been put off.
    """

    together: list[Item] = field(default_factory=list)
    alone: list[Lone] = field(default_factory=list)
    """Those that came again least first: they are their killer's neighbours."""


async def take_turns(house: House, station: Station, items: Sequence[Item]) -> Turns:
    """Decide how each is handled; called once for a delivery, so that each return counts once."""
    ids = {i.message.request for i in items if isinstance(i.message, Do) and _returned(i)}
    if not ids:
        return Turns(list(items))
    requests = await house.requests.load(ids)
    turns = Turns()
    marks: dict[str, Advance] = {}
    for item in items:
        message = item.message
        request = requests.get(message.request) if isinstance(message, Do) else None
        if not isinstance(message, Do) or request is None or not _returned(item):
            turns.together.append(item)
            continue
        if not request.is_open(message.step) or request.id in marks:
            turns.together.append(item)
            continue
        step, now = request.steps[message.step], house.requests.now()
        again = came_again(message.step, step, station.name, house.tools.policy.step_timeout)
        if step.crashes < CRASHES_ALONE:
            turns.together.append(item)
        elif step.crashes < CRASHES_REST:
            turns.alone.append(Lone(item, step.crashes, advance(request, again, now)))
            continue
        else:
            again = put_off(message.step, step, "keeps_coming_back", station.name)
        marks[request.id] = advance(request, again, now)
    await house.requests.commit(list(marks.values()))
    turns.alone.sort(key=lambda lone: lone.crashes)
    return turns


async def try_alone(house: House, station: Station, lone: Lone) -> list[tuple[Item, Exception]]:
    """Count it, then carry it; returns it where it fails."""
    if lone.mark is not None:
        await house.requests.commit([lone.mark])
        lone.mark = None
    return await carry_apart(house, station, [lone.item])


def _returned(item: Item) -> bool:
    return item.envelope is not None and item.envelope.redelivered
