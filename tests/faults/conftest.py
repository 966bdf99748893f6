"""Servers of the fault tests' own, since they are killed; every test starts in an orderly house."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ending import ending
from tests.town import Town, open_town
from tests.town.place import folder_for_servers, place
from workers.local.stack import Stack

MEMBERS = 310
"""Every fortieth is a child, who cannot ask alone: 300 and a few are left."""


@pytest.fixture(scope="session")
async def doomed() -> AsyncIterator[Stack]:
    """Embedded servers that may be killed."""
    with folder_for_servers("dsr-faults-") as folder:
        async with ending(Stack(Path(folder), for_tests=True, environment={})) as servers:
            yield servers


@pytest.fixture(scope="module")
async def town(doomed: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A town for all seeds of one module: the same members change again and again."""
    folder = tmp_path_factory.mktemp("town")
    settings = {"DSR_STEP_TIMEOUT": "15", "DSR_CHALLENGES_A_DAY": "100"}
    async with open_town(folder, await place(doomed), members=MEMBERS, settings=settings) as made:
        yield made


@pytest.fixture
async def orderly(doomed: Stack, town: Town) -> AsyncIterator[Town]:
    """The town with its servers up and without workers, before and after."""
    await doomed.up()
    for recipient in town.recipients.values():
        recipient.mode = "applies"
    yield town
    for worker in town.workers:
        await worker.kill()
    town.workers.clear()
