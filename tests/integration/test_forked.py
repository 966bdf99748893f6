"""A forked `dsr` is what a start would have become: else no test that forks one says anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Names
from tests.forked import ROOT
from tests.town.processes import WorkerProcess, clean_environment, dsr

NOWHERE = {"DSR_DATA_MAP": "/nowhere/map.yaml"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--version",), 0),
        (("init", "--plan"), 1),
        (("worker", "nonsense"), 2),
    ],
    ids=["ends well", "is told its settings", "is used wrongly"],
)
async def test_it_says_what_a_fresh_one_says(arguments: tuple[str, ...], code: int) -> None:
    settings = NOWHERE | {"COLUMNS": "200", "NO_COLOR": "1"}
    fresh = subprocess.run(  # noqa: ASYNC221 - nothing else runs here
        [sys.executable, "-m", "workers.cli", *arguments],
        cwd=ROOT,
        env=clean_environment(settings),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    said = await dsr(*arguments, settings=settings)
    assert said == (fresh.returncode, fresh.stdout, fresh.stderr)
    assert fresh.returncode == code


async def test_a_worker_stands_as_a_fresh_one_and_ends_by_the_same_signals(
    names: Names, tmp_path: Path
) -> None:
    settings = names.env() | {"DSR_KEYS": str(tmp_path), "DSR_SECRETS": str(tmp_path / "secrets")}
    assert (await dsr("init", settings=settings))[0] == 0
    forked = await WorkerProcess.start(settings, tmp_path / "forked", ["mailing"])
    fresh = await WorkerProcess.start(settings, tmp_path / "fresh", ["mailing"], afresh=True)
    try:
        assert standing(forked) == standing(fresh)
        assert (await forked.stop(), await fresh.stop()) == (0, 0)
        assert "worker_stopped" in forked.said()
        killed = await WorkerProcess.start(settings, tmp_path / "killed", ["mailing"])
        await killed.kill()
        assert killed.process.returncode == -9
    finally:
        await forked.kill()
        await fresh.kill()


def standing(worker: WorkerProcess) -> dict[str, object]:
    """Its signals, folder, session, and where its standard streams lead, as Linux sees them."""
    process = Path(f"/proc/{worker.process.pid}")
    lines = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    streams = [(process / f"fd/{number}").readlink() for number in (1, 2)]
    session = int((process / "stat").read_text().rpartition(")")[2].split()[3])
    return {
        **{name: lines[name] for name in ("SigBlk", "SigIgn", "SigCgt", "Groups", "Seccomp")},
        "folder": (process / "cwd").readlink(),
        "leads a session": session == worker.process.pid,
        "streams": [stream == worker.log for stream in streams],
    }
