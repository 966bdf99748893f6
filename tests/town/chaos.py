"""Corrections in flight, and something bad that happens while they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random

from tests.town import Correction, Town
from tests.town.company import new_address

MAILS_EACH = 3
"""Acknowledgement, challenge, completion."""
EARLIEST, LATEST = 0.05, 0.9


def wishes(town: Town, count: int) -> list[Correction]:
    """New addresses for so many members, never given before."""
    grown_up = [member["_id"] for member in town.before["members"] if member["_id"] % 40]
    used = len(town.corrections)
    return [
        town.correction(number, home_address=new_address(used + turn))
        for turn, number in enumerate(grown_up[:count], start=1)
    ]


async def in_flight(
    town: Town, count: int, random: Random, strike: Callable[[], Awaitable[None]], strikes: int = 3
) -> None:
    """So many corrections from submission to completion; `strike` happens at random moments."""
    await through(town, wishes(town, count), random, strike, strikes)


async def through(
    town: Town,
    corrections: Sequence[Correction],
    random: Random,
    strike: Callable[[], Awaitable[None]],
    strikes: int,
) -> None:
    """The same for these."""
    count = len(corrections)
    before = len(town.spool.all())
    proving = asyncio.create_task(_channels(town, corrections))
    try:
        shares = sorted(random.uniform(EARLIEST, LATEST) for _ in range(strikes))
        for share in shares:
            mails = before + int(share * MAILS_EACH * count)
            await town.until(lambda: len(town.spool.all()) >= mails, f"{mails} mails", within=100)  # noqa: B023
            await asyncio.sleep(
                random.uniform(0, 0.2)
            )  # any moment of a group's way, not only its end
            await strike()
        await proving
        await town.until_completed(corrections, within=120)
    finally:
        proving.cancel()


async def _channels(town: Town, corrections: Sequence[Correction]) -> None:
    await town.channel.submit_all([each.submission() for each in corrections])
    await town.prove_as_mail_arrives(corrections)
