"""Which processes of this machine are the embedded servers'."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from workers.local import processes


async def test_only_what_carries_the_mark_is_ended(tmp_path: Path) -> None:
    ours, theirs = str(tmp_path / "ours"), str(tmp_path / "ours-not")
    sleep = ["/bin/sleep", "600"]
    mine = processes.spawn(sleep, {}, tmp_path / "log", ours)
    other = processes.spawn(sleep, {}, tmp_path / "log", theirs)
    await processes.stop(ours, 5)
    assert processes.find(ours) == []
    assert processes.find(theirs) == [other]
    assert mine != other
    await processes.kill(theirs)


def test_a_process_without_any_environment_holds_nobody_up(tmp_path: Path) -> None:
    """Anybody may run one; to wait for its environment would be to wait for its end."""
    look = [sys.executable, "-m", "workers.cli", "stack", "status", "--dir", str(tmp_path)]
    with subprocess.Popen(["/bin/sleep", "600"], env={}) as bare:
        try:
            subprocess.run(look, timeout=60, check=True, capture_output=True)
        finally:
            bare.kill()
