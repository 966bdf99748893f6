"""Worker processes as an operator runs them: started, stopped, paused and killed by their pid."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from unittest.mock import patch

from typer.testing import CliRunner

from tests.forked import ROOT, Forked, fork
from workers.cli import app

STARTS_WITHIN = 60.0


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings of ours and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DSR_")}
    return {**inherited, **settings}


class WorkerEnded(AssertionError):
    """It ended before it consumed; the text is what it said."""


@dataclass
class WorkerProcess:
    """One `dsr worker`."""

    process: asyncio.subprocess.Process | Forked
    log: Path

    @classmethod
    async def start(
        cls,
        settings: Mapping[str, str],
        log: Path,
        stages: Sequence[str] = (),
        *,
        afresh: bool = False,
        root: Path = ROOT,
        first: Callable[[], None] | None = None,
    ) -> WorkerProcess:
        """Returns once it consumes. A worker that is not started afresh is forked.

        `root`: where its code lies; another one than ours wants `afresh`.
        `first` is called in a forked one before anything else of ours.
        """
        environment = clean_environment(settings)
        with log.open("ab") as out:
            worker = cls(
                await _start_afresh("worker", *stages, env=environment, out=out, root=root)
                if afresh
                else await fork("worker", *stages, environment=environment, log=log, first=first),
                log,
            )
        async with asyncio.timeout(STARTS_WITHIN):
            while '"worker_started"' not in worker.said():
                if not worker.alive:
                    raise WorkerEnded(worker.said())
                await asyncio.sleep(0.02)
        return worker

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.returncode is None

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-4000:]

    async def kill(self) -> None:
        """SIGKILL: nothing is finished."""
        if self.alive:
            self.process.kill()
            await self.process.wait()

    def pause(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        if self.alive:
            self.process.terminate()
        async with asyncio.timeout(60):
            return await self.process.wait()


async def dsr(
    *arguments: str,
    settings: Mapping[str, str],
    typed: str = "",
    timeout: float = 60,
) -> tuple[int, str, str]:
    """Run `dsr` with these arguments; its exit status, standard output and standard error."""
    process = await start_dsr(*arguments, settings=settings, typed=typed)
    try:
        async with asyncio.timeout(timeout):
            out, err = await process.communicate()
    finally:
        process.kill()
    return await process.wait(), out.decode(), err.decode()


async def start_dsr(*arguments: str, settings: Mapping[str, str], typed: str = "") -> Forked:
    """The same, for a caller that does not wait for its end."""
    environment = {**clean_environment(settings), "COLUMNS": "200", "NO_COLOR": "1"}
    return await fork(*arguments, environment=environment, typed=typed)


async def dsr_here(*arguments: str, settings: Mapping[str, str], typed: str = "") -> str:
    """The same inside this process, where starting one each time would take the most time.

    What it printed; what it raised is raised.
    """
    with patch.dict(os.environ, clean_environment(settings), clear=True):
        done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), input=typed)
    if done.exception is not None:
        done.exception.add_note(done.output)
        raise done.exception
    return done.stdout


async def _start_afresh(
    *arguments: str, env: Mapping[str, str], out: IO[bytes], root: Path
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers.cli", *arguments),
        env=env,
        cwd=root,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        start_new_session=True,
    )
