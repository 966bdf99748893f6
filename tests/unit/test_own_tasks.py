"""What a test starts is known apart from what the session keeps running on the same loop."""

from __future__ import annotations

import asyncio

from tests.own_tasks import own_tasks


async def forever() -> None:
    await asyncio.Event().wait()


async def test_it_knows_what_it_started_and_what_that_started_and_nothing_else() -> None:
    children: list[asyncio.Task[None]] = []

    async def parent() -> None:
        children.append(asyncio.create_task(forever()))

    go_on = asyncio.Event()

    async def somebody_else() -> None:
        await go_on.wait()
        children.append(asyncio.create_task(forever()))

    stranger = asyncio.create_task(somebody_else())
    with own_tasks() as own:
        mine = asyncio.create_task(parent())
        go_on.set()
        await asyncio.gather(mine, stranger)
    later = asyncio.create_task(forever())
    born_of_mine = next(child for child in children if child in own)
    assert own == {mine, born_of_mine}
    for task in (*children, later):
        task.cancel()
    await asyncio.gather(*children, later, return_exceptions=True)
