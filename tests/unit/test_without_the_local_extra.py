"""The image for production holds no embedded servers; every command but theirs works without."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = (
    "import sys; sys.modules.update(aiosmtpd=None, faker=None);"
    " from workers.cli import main; main()"
)


def dsr(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_lists_every_command() -> None:
    done = dsr("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert {"worker", "web", "stack"} <= set(done.stdout.split())


def test_a_command_of_theirs_says_what_to_install() -> None:
    done = dsr("stack", "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("dsr: aiosmtpd")
    assert "dsr-workers[local]" in done.stderr
