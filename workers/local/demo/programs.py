"""Our own programs as processes beside the servers; all of them end with whoever started them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

from workers.local import processes
from workers.local.processes import Held, StackError

ROOT = Path(__file__).parents[3]
DSR = ("-m", "workers.cli")
"""Python's arguments that run the command `dsr`."""
Result = TypeVar("Result")

PATIENCE = 15
"""Seconds that a program has to finish what is in hand."""


class Programs:
    """What runs until the end, and what runs once. As a context: ended when it is left."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.environment = {
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONUTF8": "1",
            **environment,
        }
        self._folder = folder
        self._mark = str(folder / "programs")
        self._guard = str(folder / f"guard-{os.getpid()}")
        self._running: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        processes.spawn(
            [sys.executable, "-m", "workers.local.guard", str(os.getpid()), self._mark],
            self.environment,
            self.log("guard"),
            self._guard,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await processes.stop(self._mark, PATIENCE)
        await processes.kill(self._guard)

    def log(self, name: str) -> Path:
        """What a program printed."""
        return self._folder / f"{name}.log"

    def start(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start `python ARGUMENTS` and let it run."""
        self._running[name] = processes.spawn(
            [sys.executable, *arguments],
            {**self.environment, **(environment or {})},
            self.log(name),
            self._mark,
        )

    async def meanwhile(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do this while all programs run; `StackError` as soon as one of them ends by itself."""
        doing = asyncio.create_task(work)
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait((doing, watching), return_when=asyncio.FIRST_COMPLETED)
            return await (doing if doing.done() else watching)
        finally:
            doing.cancel()
            watching.cancel()
            await asyncio.wait((doing, watching))

    async def once(
        self,
        arguments: Sequence[str],
        say: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run `python ARGUMENTS` to its end and give what it printed; `StackError` if it failed."""
        process = await self.talk(arguments, environment)
        try:
            out, complaint = await process.communicate(say.encode())
        finally:
            await end(process)
        if process.returncode:
            words = " ".join(complaint.decode(errors="replace").split())
            raise StackError(f"`{' '.join(arguments[1:4])}` failed: {words[-300:]}")
        return out.decode()

    async def talk(
        self, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> asyncio.subprocess.Process:
        """Start `python ARGUMENTS` with pipes to it; it ends when its input does, or by `end`."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            env={**self.environment, **(environment or {})},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )

    async def _watch(self) -> NoReturn:
        waits = {asyncio.create_task(_ended(pid)): name for name, pid in self._running.items()}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        name = waits[done.pop()]
        raise StackError(f"{name} ended before its time; its last words: {self._last_words(name)}")

    def _last_words(self, name: str) -> str:
        lines = self.log(name).read_text(errors="replace").split("\n")
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "none")


async def end(process: asyncio.subprocess.Process) -> None:
    """Have it ended, if it is not, and wait until it has."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _ended(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        await Held(pid, os.getpid(), descriptor).ended()
    finally:
        os.close(descriptor)
