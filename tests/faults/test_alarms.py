"""The broker is short of memory, or of room on its disk.

It takes nothing from whoever publishes, and says nothing to them. Whoever publishes hears within
bounds that nothing was taken, or has it in the spool; once there is enough again, all of it is done
once.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from schemas.errors import Unreachable
from tests.town import Town
from tests.town.chaos import wishes
from tests.town.checks import assert_all_invariants
from workers import wiring
from workers.adapters.intake_publisher import IntakePublisher
from workers.local.stack import Stack
from workers.ports.intake import Outgoing

pytestmark = [pytest.mark.faults, pytest.mark.soak, pytest.mark.timeout(400)]

SOME = 60
AT_ONCE = 20
HEARS_WITHIN = 45.0
"""Seconds: a call that is not answered, the end of its line, and the next line's."""
What = Literal["memory", "disk"]
LIMITS: dict[What, tuple[str, ...]] = {
    "memory": ("set_vm_memory_high_watermark", "absolute"),
    "disk": ("set_disk_free_limit",),
}
"""What sets how much of it there may be before the alarm, or has to be left."""
TOO_HIGH: dict[What, str] = {"memory": "1MB", "disk": "1000000GB"}
USUAL: dict[What, str] = {"memory": "1GB", "disk": "200MB"}
"""With which it is started."""


EITHER = pytest.mark.parametrize("what", ["memory", "disk"])


@asynccontextmanager
async def short_of(what: What, stack: Stack) -> AsyncIterator[None]:
    """Until it has enough again."""
    await stack.rabbit.ctl(*LIMITS[what], TOO_HIGH[what])
    try:
        yield
    finally:
        await stack.rabbit.ctl(*LIMITS[what], USUAL[what])


async def blocked(stack: Stack) -> int:
    """How many lines the broker does not read."""
    said = await stack.rabbit.ctl("list_connections", "state")
    return said.split().count("blocked")


async def heard(line: IntakePublisher, submission: dict[str, Any]) -> float:
    """Seconds until its publisher knew that this was not taken."""
    body, name = json.dumps(submission).encode(), submission["submission_id"]
    began = time.monotonic()
    with pytest.raises(Unreachable):
        await line.publish(Outgoing("submission.web", name, "application/json", body))
    return time.monotonic() - began


@EITHER
async def test_work_that_stands_still_while_the_broker_is_short_is_all_done_afterwards(
    orderly: Town, doomed: Stack, what: What
) -> None:
    town = orderly
    made = wishes(town, SOME)
    await town.channel.submit_all([wish.submission() for wish in made])
    async with short_of(what, doomed):
        worker = await town.work()

        async def held() -> bool:
            owing = {"_id": {"$in": [wish.id for wish in made]}, "outbox.0": {"$exists": True}}
            kept = '"outbox_kept"' in worker.log.read_text()
            return kept and int(await town.ours["requests"].count_documents(owing)) == SOME

        await town.until(held, "all of them registered, and nothing of it handed on")
        assert await blocked(doomed)
        assert not town.spool.challenges().keys() & {wish.id for wish in made}
    await town.prove_as_mail_arrives(made)
    await town.until_completed(made)
    await assert_all_invariants(town)
    assert worker.alive


async def test_every_publisher_hears_within_bounds_that_nothing_was_taken(
    orderly: Town, doomed: Stack
) -> None:
    town = orderly
    made = wishes(town, AT_ONCE)
    submissions = [wish.submission() for wish in made]
    await town.work()
    async with IntakePublisher(town.env["DSR_AMQP_URL"]) as line, short_of("memory", doomed):
        for _ in range(3):
            async with asyncio.timeout(HEARS_WITHIN):
                waited = await asyncio.gather(*(heard(line, each) for each in submissions))
            print(f"{AT_ONCE} at once heard after {min(waited):.1f} to {max(waited):.1f} s")  # noqa: T201
    # As a channel does that was told so: the same once more. The broker may have got it late.
    sent = await town.channel.submit_all(submissions)
    assert all([(await town.channel.answer(answer))["accepted"] for answer in sent])
    await town.prove_as_mail_arrives(made)
    await town.until_completed(made)
    await assert_all_invariants(town)


@EITHER
async def test_a_channel_with_a_spool_takes_in_and_sends_on_afterwards(
    orderly: Town, doomed: Stack, tmp_path: Path, what: What
) -> None:
    town = orderly
    made = wishes(town, AT_ONCE)
    await town.work()
    settings = town.settings.model_copy(update={"spool": tmp_path / "spool"})
    async with wiring.open_publisher(settings) as publisher:
        async with short_of(what, doomed):
            began = time.monotonic()
            bodies = [json.dumps(wish.submission()).encode() for wish in made]
            taken = [(await publisher.submission(body))[1] for body in bodies]
            print(f"{AT_ONCE} were taken in within {time.monotonic() - began:.1f} s")  # noqa: T201
            assert time.monotonic() - began < HEARS_WITHIN
            assert publisher.waits
        answers = [await asyncio.wait_for(answer, 60) for answer in taken]
        assert all(answer["accepted"] for answer in answers)
    await town.prove_as_mail_arrives(made)
    await town.until_completed(made)
    await assert_all_invariants(town)
