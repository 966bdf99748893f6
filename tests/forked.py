"""`dsr` as a process of its own, forked from a server that has imported everything.

Importing takes most of the CPU of a start, and the tests start hundreds. The server connects to
nothing and runs no thread, so a fork is what a start would have become: it has its own session,
environment, working directory and standard streams, and goes through `main` like any other.
`tests/integration/test_forked.py` holds it to a process that is started afresh.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_IMPORTED: Final = [
    *(f"workers.cli.{file.stem}" for file in sorted((ROOT / "workers/cli").glob("[a-z]*.py"))),
    "holidays.countries",  # which a worker imports when it first looks for a holiday
    __name__,  # where each process finds `_run`; nothing of the tests may come along with it
    "tests.preloaded",
]

_context = get_context("forkserver")
_context.set_forkserver_preload(_IMPORTED)


class Forked:
    """One process; what it offers is named as asyncio names it for its subprocesses."""

    def __init__(self, process: ForkServerProcess, streams: TemporaryDirectory[str]) -> None:
        self._process = process
        self._streams = streams
        self._over = asyncio.Event()
        loop = asyncio.get_running_loop()
        sentinel = process.sentinel

        def ended() -> None:
            loop.remove_reader(sentinel)
            self._over.set()

        loop.add_reader(sentinel, ended)
        assert process.pid is not None
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; minus the number of the signal that ended it."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """To the process, where it is still there."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    async def wait(self) -> int:
        """Its exit status, waited for."""
        await self._over.wait()
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode

    async def communicate(self) -> tuple[bytes, bytes]:
        """All that it printed, on standard output and on standard error."""
        await self.wait()
        with self._streams as folder:
            return _read(folder, "out"), _read(folder, "err")


async def fork(
    *arguments: str,
    environment: Mapping[str, str],
    log: Path | None = None,
    typed: str = "",
    first: Callable[[], None] | None = None,
) -> Forked:
    """Run `dsr` with these arguments; with a log all that it prints is appended there.

    `first` is called in the new process, before anything else of ours.
    """
    streams = TemporaryDirectory(prefix="dsr-forked-")
    folder = Path(streams.name)
    (folder / "in").write_text(typed)
    process = _context.Process(
        target=_run, args=(arguments, dict(environment), folder, log, first), daemon=True
    )
    await asyncio.to_thread(process.start)
    return Forked(process, streams)


def _read(folder: str, name: str) -> bytes:
    file = Path(folder, name)
    return file.read_bytes() if file.exists() else b""


def _run(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    folder: Path,
    log: Path | None,
    first: Callable[[], None] | None,
) -> None:
    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    _redirect(folder / "in", log or folder / "out", log or folder / "err")
    sys.argv = ["dsr", *arguments]
    if first is not None:
        first()
    from workers.cli import main  # noqa: PLC0415 - the tests' own process does without

    main()


def _redirect(stdin: Path, stdout: Path, stderr: Path) -> None:
    """The standard streams as Python opens them for a program that is not at a terminal."""
    os.dup2(os.open(stdin, os.O_RDONLY), 0)
    os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 1)
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a descriptor, open as long as the process
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - the same
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115 - the same
