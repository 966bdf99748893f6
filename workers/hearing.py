"""What people and recipients say without a queue: on a page, in a signed call, by command."""

from __future__ import annotations

from schemas.errors import Unreachable
from schemas.messages import Message
from workers.pipeline import STATIONS
from workers.runtime.conveyor import Item, carry
from workers.runtime.house import House


async def hear(house: House, stage: str, message: Message) -> bool:
    """Have the stage decide now, and record it; False where there was nothing to it (any more).

    `Unreachable` where it could not be recorded; to say it again does no harm.
    """
    item = Item(message)
    await carry(house, STATIONS[stage], [item])
    if item.reasons:
        raise Unreachable("it could not be recorded; try again later")
    return item.reply is not None and item.reply.accepted
