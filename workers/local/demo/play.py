"""The demo from first process to last: servers, 500 members, ten requests, the result."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from schemas.errors import DsrError
from schemas.lifecycle import Status
from workers.adapters.event_stream import events
from workers.local.demo import errand, record
from workers.local.demo.board import Board
from workers.local.demo.cast import ERRANDS
from workers.local.demo.errand import Played
from workers.local.demo.facts import Demo, Result, results
from workers.local.demo.house import CHANNELS, House, open_house
from workers.local.demo.lines import lines
from workers.local.demo.outcome import wrong
from workers.local.demo.programs import DSR
from workers.local.demo.telling import Progress
from workers.local.demo.users import OBSERVER
from workers.local.processes import StackError

LIMIT = 90
"""Seconds after which all must have been completed; they take about ten."""
Done = TypeVar("Done")


class Interrupted(DsrError):
    """Somebody ended it."""

    code = "interrupted"


def run(work: Coroutine[Any, Any, Done]) -> Done:
    """Run to the end; a signal ends it in good order, and is told as `Interrupted`."""
    return asyncio.run(_until_signal(work))


async def play(progress: Progress, out: Path | None) -> Demo:
    """Play it in a folder that is gone afterwards; `out` keeps mails, and logs too if it failed."""
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="dsr-demo-")))
        if out is not None:
            exits.callback(_keep_logs, folder, out)
        house = await exits.enter_async_context(open_house(folder, progress.tell))
        demo = await house.programs.meanwhile(_requests(house, progress))
        if out is not None:
            _keep(demo, out)
        progress.tell("ending everything that was started")
    return demo


async def _requests(house: House, progress: Progress) -> Demo:
    first = ERRANDS[0].number
    before = await record.read(house.parts, first)
    async with _board(house, progress) as board:
        try:
            async with (
                asyncio.timeout(LIMIT),
                lines(house, CHANNELS) as channels,
                asyncio.TaskGroup() as group,
            ):
                tasks = [
                    group.create_task(
                        errand.play(
                            one,
                            house,
                            channels[one.channel],
                            board,
                            partial(progress.tell, who=one.channel),
                        )
                    )
                    for one in ERRANDS
                ]
        except TimeoutError:
            raise StackError(
                f"not every request was completed within {LIMIT} s; "
                "`dsr demo --out DIR` keeps the logs"
            ) from None
    played: list[Played] = [task.result() for task in tasks]
    after = await record.read(house.parts, first)
    # Each of these starts a process, so they start together.
    made, key = await asyncio.gather(
        results(house, played), house.programs.once([*DSR, "receipt", "public-key"])
    )
    verified, faults = await asyncio.gather(_checked(house, made, key), wrong(house, made))
    return Demo(made, before, after, verified, faults)


async def _checked(house: House, made: list[Result], public_key: str) -> str:
    """Check the certificate of the deletion as anybody can: two files, no server, no settings."""
    (certificate,) = (result.request["certificate"] for result in made if result.is_deletion)
    file, key = house.folder / "certificate.json", house.folder / "receipts.pem"
    file.write_text(json.dumps(certificate, ensure_ascii=False))
    key.write_text(public_key)
    return await house.programs.once([*DSR, "receipt", "verify", str(file), "--key", str(key)])


@asynccontextmanager
async def _board(house: House, progress: Progress) -> AsyncIterator[Board]:
    def news(tracking: str, status: Status) -> None:
        if status not in {Status.RECEIVED, Status.AWAITING_PROOF}:
            progress.tell(f"{tracking} {status}")

    board = Board(news)
    async with (
        events(house.users.of(OBSERVER)["DSR_AMQP_URL"]) as stream,
        asyncio.TaskGroup() as group,
    ):
        following = group.create_task(board.follow(stream))
        yield board
        following.cancel()


async def _until_signal(work: Coroutine[Any, Any, Done]) -> Done:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:  # a second one must not cut the cleaning up short
            stopped = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        raise Interrupted("ended before it was done; all that it started is ended too") from None
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _keep(demo: Demo, out: Path) -> None:
    """Every mail as it arrived; receipts, certificates and packages as they were handed out."""
    for name in ("mails", "receipts", "packages"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for result in demo.results:
        for letter in result.letters:
            name = f"{result.played.errand.channel}-{letter.tracking}-{letter.purpose}.eml"
            shutil.copyfile(letter.file, out / "mails" / name)
        if package := result.played.package:
            shutil.copyfile(package, out / "packages" / package.name)
        signed = {"": result.receipt, "-certificate": result.request["certificate"]}
        for ending, document in signed.items():
            if document is not None:
                text = json.dumps(document, ensure_ascii=False, indent=2)
                (out / "receipts" / f"{result.played.tracking}{ending}.json").write_text(
                    text + "\n"
                )


def _keep_logs(folder: Path, out: Path) -> None:
    (out / "logs").mkdir(parents=True, exist_ok=True)
    for log in [*folder.glob("*.log"), *folder.glob("servers/*/output.log")]:
        name = log.name if log.parent == folder else f"{log.parent.name}.log"
        shutil.copyfile(log, out / "logs" / name)
