"""What somebody does to the broker's queues by hand costs time, never a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from tests.town import Correction, Town
from tests.town.chaos import wishes
from tests.town.checks import assert_all_invariants
from workers.pipeline import STATIONS

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

SOME = 40
SOON = {"DSR_STEP_TIMEOUT": "5"}
"""Seconds that a lost message may cost."""


@asynccontextmanager
async def by_hand(town: Town) -> AsyncIterator[AbstractChannel]:
    """An operator's line to the broker."""
    async with await aio_pika.connect(town.env["DSR_AMQP_URL"]) as connection:
        yield await connection.channel()


async def waiting_at(town: Town, stage: str) -> list[Correction]:
    """Some corrections whose next message lies in this stage's queue, which nobody consumes."""
    others = [name for name in STATIONS if name != stage]
    await town.work(*others, **SOON)
    made = wishes(town, SOME)
    await town.submit(*made)
    if stage != "mailing":
        await town.prove_as_mail_arrives(made)
    ids = [each.id for each in made]

    async def there() -> bool:
        step = {"correction": "correction", "mailing": "mail:challenge-1"}[stage]
        waits = {"_id": {"$in": ids}, f"steps.{step}": {"$exists": True}, "outbox": []}
        return int(await town.ours["requests"].count_documents(waits)) == SOME

    await town.until(there, f"{SOME} commands sent to {stage}")
    await town.workers.pop(0).stop()
    return made


@pytest.mark.parametrize("stage", ["correction", pytest.param("mailing", marks=pytest.mark.soak)])
async def test_purging_a_work_queue_loses_nothing(orderly: Town, stage: str) -> None:
    town = orderly
    made = await waiting_at(town, stage)
    async with by_hand(town) as channel:
        queue = await channel.declare_queue(f"dsr.{stage}", passive=True)
        purged = await queue.purge()
    assert purged.message_count
    await town.work(**SOON)
    if stage == "mailing":
        await town.prove_as_mail_arrives(made)
    await town.until_completed(made)
    await assert_all_invariants(town)


@pytest.mark.parametrize("how", ["deleted", pytest.param("unbound", marks=pytest.mark.soak)])
async def test_a_queue_that_was_taken_away_is_mended_by_init(orderly: Town, how: str) -> None:
    town = orderly
    await town.work(**SOON)
    async with by_hand(town) as channel:
        if how == "deleted":
            await channel.queue_delete("dsr.correction")
        else:
            queue = await channel.get_queue("dsr.correction", ensure=False)
            await queue.unbind("dsr.work", "correction")
    made = wishes(town, SOME)
    await town.submit(*made)
    await town.prove_as_mail_arrives(made)
    ids = [each.id for each in made]

    async def stuck() -> bool:
        proven = {"_id": {"$in": ids}, "status": "verified"}
        return int(await town.ours["requests"].count_documents(proven)) == SOME

    await town.until(stuck, "all of them proven")
    code, _, said = await town.dsr("init")
    assert code == 0, said
    await town.until_completed(made)
    await assert_all_invariants(town)
