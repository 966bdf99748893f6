"""The processes of a run: the sinks, and the program that is measured."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.benchmarks.work import Work
from workers.adapters.tokens import Direction, create_secret

ROOT = Path(__file__).parents[2]
_DIRECTIONS: tuple[Direction, ...] = ("out", "in")
_STARTS_WITHIN, _ENDS_WITHIN = 60.0, 60.0
_LONGEST_LINE = 2**28


class BenchError(Exception):
    """The measurement cannot go on; the sentence says why."""


class Sink:
    """A sink and the line to its control port."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.port = 0
        self.pid = 0

    async def __aenter__(self) -> Self:
        self._process = await _spawn(["-m", "tests.benchmarks.sinks", self._kind], {}, out=True)
        assert self._process.stdout is not None
        ports = json.loads(await self._process.stdout.readline())
        self.port, self.pid = ports["port"], self._process.pid
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", ports["control"], limit=_LONGEST_LINE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await _end(self._process)

    async def nth(self, count: int, within: float) -> float:
        """The monotonic time at which the `count`-th came since the last `take`."""
        async with asyncio.timeout(within):
            answer: dict[str, float] = await self._ask({"op": "wait", "count": count})
        return answer["at"]

    async def take(self) -> list[dict[str, Any]]:
        """What came, which the sink then forgets."""
        taken: list[dict[str, Any]] = await self._ask({"op": "take"})
        return taken

    async def _ask(self, order: dict[str, object]) -> Any:
        self._writer.write(json.dumps(order).encode() + b"\n")
        return json.loads(await self._reader.readline())


@dataclass(frozen=True, slots=True)
class Program:
    """How to set up and to start what is measured."""

    name: str
    init: Sequence[str]
    work: Sequence[str]
    environment: Mapping[str, str]
    ready: bytes
    """What its standard error says once it begins to consume."""

    async def set_up(self) -> None:
        """Declare queues and indexes."""
        process = await _spawn(self.init, self.environment)
        said = await _said(process)
        if await process.wait():
            raise BenchError(f"{self.name} could not be set up:\n{said}")


def floor(
    work: Work,
    folder: Path,
    amqp: str,
    mongo: str,
    db: str,
    smtp: int,
    webhook: int,
    *,
    singly: bool,
) -> Program:
    """The floor program, in groups or singly."""
    where = ["-m", "tests.benchmarks.floor", "--amqp", amqp, "--mongo", mongo, "--db", db]
    if work.deletes:
        where += ["--ledger", str(folder / f"{db}.jsonl")]
    command = [*where, "--smtp", str(smtp), "--webhook", str(webhook)]
    return Program(
        name="singly" if singly else "floor",
        init=[*where, "--init"],
        work=[*command, "--singly"] if singly else command,
        environment={},
        ready=b"floor_started",
    )


def ours(
    work: Work, folder: Path, amqp: str, mongo: str, db: str, smtp: int, webhook: int
) -> Program:
    """The workers themselves, as `dsr init` and `dsr worker` start them."""
    for direction in _DIRECTIONS:
        create_secret(folder / "secrets", "carrier", direction)
    command = ["-c", "from workers.cli import main; main()"]
    return Program(
        name="ours",
        # With the indexes that `dsr datamap check` asks for: the floor's lookups have theirs.
        init=[*command, "init", "--indexes"],
        work=[*command, "worker"],
        environment={
            "DSR_AMQP_URL": amqp,
            "DSR_MONGO_URL": mongo,
            "DSR_SMTP_URL": f"smtp://127.0.0.1:{smtp}?starttls=never",
            "DSR_DB": db,
            "DSR_SUBJECT_DB": f"{db}_company",
            "DSR_ARCHIVE_DB": f"{db}_archive",
            "DSR_DATA_MAP": str(Path(__file__).with_name(work.datamap)),
            # A key folder of its own: with tombstones of other databases nothing would start.
            "DSR_KEYS": str(folder / f"{db}-keys"),
            "DSR_SECRETS": str(folder / "secrets"),
            "DSR_RECIPIENT_URLS": f"carrier=http://127.0.0.1:{webhook}/",
            "DSR_ALLOW_PRIVATE_RECIPIENTS": "true",
            **work.settings,
        },
        ready=b'"worker_started"',
    )


class Running:
    """The program at work, from where it begins to consume; ended by SIGTERM."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._last: deque[str] = deque(maxlen=30)

    async def __aenter__(self) -> Self:
        self._process = await _spawn(self._program.work, self._program.environment)
        self.pid = self._process.pid
        ready = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(ready))
        began = asyncio.create_task(ready.wait())
        await asyncio.wait(
            [began, self._listening], timeout=_STARTS_WITHIN, return_when=asyncio.FIRST_COMPLETED
        )
        if not ready.is_set():
            began.cancel()
            await _end(self._process)
            raise self._why("did not start")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        code = await _end(self._process)
        await self._listening
        if code and kind is None:
            raise self._why(f"ended with {code}")

    async def until(self, condition: Awaitable[float]) -> float:
        """What the condition gives; `BenchError` where the program ends or it takes too long."""
        waiting = asyncio.ensure_future(condition)
        await asyncio.wait([waiting, self._listening], return_when=asyncio.FIRST_COMPLETED)
        try:
            if waiting.done():
                return await waiting
            reason = "ended"
        except TimeoutError:
            reason = "did not finish"
        waiting.cancel()
        raise self._why(reason)

    def said(self) -> list[str]:
        """Its last lines."""
        return list(self._last)

    def _why(self, reason: str) -> BenchError:
        return BenchError("\n".join((f"{self._program.name} {reason}:", *self._last)))

    async def _listen(self, ready: asyncio.Event) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            if self._program.ready in line:
                ready.set()
            else:
                self._last.append(line.decode(errors="replace").rstrip())


async def _spawn(
    arguments: Sequence[str], environment: Mapping[str, str], *, out: bool = False
) -> asyncio.subprocess.Process:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DSR_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env={**inherited, **environment},
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if out else asyncio.subprocess.DEVNULL,
        stderr=None if out else asyncio.subprocess.PIPE,
        limit=2**20,
        start_new_session=True,
    )


async def _said(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode(errors="replace")


async def _end(process: asyncio.subprocess.Process) -> int:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_ENDS_WITHIN):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()
