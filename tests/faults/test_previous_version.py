"""Workers of the version before go on beside ours, once `dsr init` of ours has run."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from random import Random

import pytest

from tests.forked import ROOT
from tests.town import Town
from tests.town.chaos import in_flight
from tests.town.checks import assert_all_invariants

pytestmark = [pytest.mark.faults, pytest.mark.soak]

BEFORE = "b2abb03"
"""The last commit before the stored form had a version."""
SEED = 89
SOME = 120


@pytest.fixture
def their_code(tmp_path: Path) -> Path:
    """The code of the version before, in a folder of its own."""
    archive = subprocess.run(
        ["git", "-C", str(ROOT), "archive", BEFORE, "schemas", "workers", "deploy"],  # noqa: S607 - whichever git is there
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        pytest.skip(f"this clone has no history back to {BEFORE}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(tmp_path / "before", filter="data")
    return tmp_path / "before"


async def test_old_and_new_workers_share_the_work(orderly: Town, their_code: Path) -> None:
    """Either commits requests that the other has begun; each is ended while the other goes on."""
    town = orderly
    await town.ours["schema"].delete_many({})
    code, said, wrong = await town.dsr("init")
    assert code == 0, wrong
    assert "migration 1" in said
    old = await town.work_afresh(their_code)
    new = await town.work()

    async def strike() -> None:
        assert await new.stop() == 0  # for a moment all is done by the old one
        await town.work()

    await in_flight(town, SOME, Random(SEED), strike, strikes=1)
    assert await old.stop() == 0
    await in_flight(town, SOME, Random(SEED), strike=nothing, strikes=1)
    await assert_all_invariants(town)


async def nothing() -> None:
    """Ours alone."""
