"""Processes that are ours: known by a mark in their environment, never by a remembered number.

A process id in a file may be somebody else's after a crash. The mark is read from `/proc`, is
inherited by whatever a server starts, and is checked again through a pidfd before any signal.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import DsrError

_MARK = "DSR_STACK_PART"
_EXITING = 0x4
_KERNEL_THREAD = 0x200000
"""Flags of a process, from the kernel's `sched.h`."""
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "TMPDIR")


class StackError(DsrError):
    """An embedded server cannot do what was asked; the sentence says what to do."""

    code = "stack"


@dataclass(frozen=True, slots=True)
class Held:
    """A process held by a descriptor, so that its number cannot become another's meanwhile."""

    pid: int
    parent: int
    descriptor: int

    def send(self, number: signal.Signals) -> None:
        """Signals it; one that has ended already is fine."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, number)

    async def ended(self) -> None:
        """Returns once it has ended, and clears it away if it was our child."""
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.descriptor, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(self.descriptor)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)  # noqa: ASYNC222 - it returns at once


def spawn(argv: Sequence[str], environment: Mapping[str, str], log: Path, mark: str) -> int:
    """Starts a program in a session of its own, its output added to `log`; returns its number.

    It gets the given environment and little else: a user's own RABBITMQ_… must not leak in.
    """
    if not sys.platform.startswith("linux"):
        raise StackError(
            "the embedded servers run on Linux only: "
            "set DSR_AMQP_URL, DSR_MONGO_URL and DSR_SMTP_URL to servers of your own"
        )
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.posix_spawn(
            argv[0],
            list(argv),
            {**inherited, **environment, _MARK: mark},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nothing, 0),
                (os.POSIX_SPAWN_DUP2, out, 1),
                (os.POSIX_SPAWN_DUP2, out, 2),
            ],
            setsid=True,
            setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE],
        )
    finally:
        os.close(out)
        os.close(nothing)


def find(mark: str) -> list[int]:
    """The living processes that carry this mark."""
    if not sys.platform.startswith("linux"):
        return []
    names = (entry.name for entry in Path("/proc").iterdir())
    return [pid for pid in (int(name) for name in names if name.isdigit()) if _carries(pid, mark)]


def send(mark: str, number: signal.Signals) -> None:
    """Signals every process that carries the mark."""
    with _held(mark) as held:
        for process in held:
            process.send(number)


async def stop(mark: str, patience: float) -> None:
    """Asks the leader to end, waits at most `patience` seconds, then kills what is left."""
    with _held(mark) as held:
        ours = {process.pid for process in held}
        # Only the leader: a server whose helper ends under it takes that for a crash.
        leaders = [process for process in held if process.parent not in ours]
        for process in leaders:
            process.send(signal.SIGTERM)
        for process in held:
            process.send(signal.SIGCONT)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await asyncio.gather(*(process.ended() for process in leaders))
    await kill(mark)


async def kill(mark: str) -> None:
    """SIGKILL for all of them, until none is left."""
    while True:
        with _held(mark) as held:
            if not held:
                return
            for process in held:
                process.send(signal.SIGKILL)
            await asyncio.gather(*(process.ended() for process in held))


@contextmanager
def _held(mark: str) -> Iterator[list[Held]]:
    with ExitStack() as exits:
        held = []
        for pid in find(mark):
            with suppress(ProcessLookupError, FileNotFoundError):
                descriptor = os.pidfd_open(pid)
                exits.callback(os.close, descriptor)
                parent = int(_fields(pid)[1])
                if _carries(pid, mark):
                    held.append(Held(pid, parent, descriptor))
        yield held


def _carries(pid: int, mark: str) -> bool:
    """Whether it lives and carries the mark."""
    wanted = f"{_MARK}={mark}".encode()
    try:
        while not (environment := Path(f"/proc/{pid}/environ").read_bytes()):
            # It has ended, is the kernel's own, or was started with none; else it is just being
            # replaced by another program (a shell's `exec`) and has its environment in a moment.
            if _has_no_environment(_fields(pid)):
                return False
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return wanted in environment.split(b"\0")


def _has_no_environment(fields: list[str]) -> bool:
    """And will have none; `fields` are those of its `stat`."""
    # Both ends of the environment's memory are 0 as long as a new program is being set up.
    begins, ends = int(fields[47]), int(fields[48])
    gone = fields[0] in "ZX" or bool(int(fields[6]) & (_EXITING | _KERNEL_THREAD))
    return gone or begins == ends != 0


def _fields(pid: int) -> list[str]:
    """Its `stat` from the state on, after the name, which may itself hold brackets and blanks."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
