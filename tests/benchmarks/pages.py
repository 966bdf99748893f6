"""Posting the request form, beside a bare handler that only publishes with a confirm.

    python -m tests.benchmarks.pages [--users 50] [--seconds 5] [--rounds 3] [--processes 2]

Both are served by the same server, in as many processes of their own, on the same embedded
broker; 50 keep-alive connections post as fast as they are answered, by turns. What is posted is the
last page of the form: opened, sealed, validated, published with a confirm, answered with a page. It
does not wait for the tracking code here, which is registration's work: `dsr web` waits up to two
seconds for it, so with it each visitor waits longer, and the rate is that of registration.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import aio_pika
import uvloop
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from schemas.messages import INTAKE
from tests.benchmarks.measure import cpu_seconds
from tests.benchmarks.programs import ROOT, BenchError
from tests.cast import new_id, submission_content
from workers import web, wiring
from workers.local.stack import Stack
from workers.settings import Settings
from workers.web.asking import endpoints
from workers.web.asking.draft import Draft
from workers.web.asking.form import Wish
from workers.web.bodies import Typed

KINDS = ("bare", "form")
WANTED = 0.5
_STARTS_WITHIN = 60.0


def main() -> int:
    """Measure, or be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="of each handler")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(_serve(options.serve))
        return 0
    return asyncio.run(_measure(options))


async def _serve(kind: str) -> None:
    settings, stop = Settings(), asyncio.Event()

    def listening(port: int) -> None:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()

    async with AsyncExitStack() as stack:
        if kind == "bare":
            app = await stack.enter_async_context(_bare(settings.amqp_url))
        else:
            endpoints.PATIENCE = 0.0  # type: ignore[misc]
            parts = await stack.enter_async_context(wiring.open_parts(settings))
            app = web.create_app(web.Parts.of(parts))
        await web.serve(app, "127.0.0.1", 0, stop, listening=listening)


@asynccontextmanager
async def _bare(url: str) -> AsyncIterator[Starlette]:
    body = json.dumps(submission_content()).encode()
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(INTAKE, ensure=False)

        async def publish(request: Request) -> PlainTextResponse:
            await request.body()
            message = aio_pika.Message(
                body, message_id=new_id(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT
            )
            await exchange.publish(message, "submission.web", mandatory=True)
            return PlainTextResponse("ok")

        yield Starlette(routes=[Route("/send", publish, methods=["POST"])])


async def _measure(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="dsr-bench-") as name:
        folder = Path(name)
        async with Stack(folder / "servers") as stack:
            os.environ.update(stack.env() | _settings(folder))
            settings = Settings()
            wiring.create_keys(settings)
            async with wiring.open_parts(settings) as parts:
                await wiring.init(parts)
                forms = _forms(parts)
                found = await _rounds(options, forms)
    return _tell(found)


@dataclass(frozen=True, slots=True)
class Turn:
    """One process, under load."""

    rate: float
    """Answers per second."""
    each: float
    """Milliseconds of its processor time for an answer."""


async def _rounds(options: argparse.Namespace, forms: Iterator[bytes]) -> dict[str, list[Turn]]:
    found: dict[str, list[Turn]] = {kind: [] for kind in KINDS}
    for _ in range(options.rounds):
        for kind in KINDS:
            async with AsyncExitStack() as running:
                servers = [
                    await running.enter_async_context(_process(kind))
                    for _ in range(options.processes)
                ]
                ports = [await _port(server) for server in servers]
                pids = [server.pid for server in servers]
                await _load(ports, forms, options.users, 1)
                before = cpu_seconds(pids)
                done, seconds = await _load(ports, forms, options.users, options.seconds)
                took = (cpu_seconds(pids) - before) / done
                found[kind].append(Turn(done / seconds, took * 1000))
    return found


async def _load(
    ports: Sequence[int], forms: Iterator[bytes], users: int, seconds: float
) -> tuple[int, float]:
    """How many answers came, in how many seconds; the users are spread over the processes."""
    end = time.monotonic() + seconds

    async def user(port: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        done = 0
        while time.monotonic() < end:
            writer.write(next(forms))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise BenchError(f"answered {head[:20]!r}")
            (length,) = (
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            await reader.readexactly(length)
            done += 1
        writer.close()
        return done

    started = time.monotonic()
    going = (user(ports[number % len(ports)]) for number in range(users))
    total = sum(await asyncio.gather(*going))
    return total, time.monotonic() - started


def _forms(parts: wiring.Parts) -> Iterator[bytes]:
    """Each another form, ready to be sent: what they cost is not the server's."""
    made = []
    typed = Typed([("requester_name", "김민지")])
    for number in range(4_000):
        body = submission_content(
            submission_id=new_id(),
            submitted_at=datetime.now(UTC).isoformat(),
            requester={"relation": "self", "email": f"u{number}@mail.example"},
            subject={"login_id": f"user{number}"},
        )
        sealed = Draft(Wish("correction", child=False), typed, body).seal(parts.drafts)
        form = urlencode({"draft": sealed}).encode()
        made.append(
            b"POST /send HTTP/1.1\r\nhost: bench\r\n"
            b"content-type: application/x-www-form-urlencoded\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(form), form)
        )
    return (made[number % len(made)] for number in count())


@asynccontextmanager
async def _process(kind: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.pages", "--serve", kind),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _port(server: asyncio.subprocess.Process) -> int:
    """It listens there now."""
    assert server.stdout is not None
    async with asyncio.timeout(_STARTS_WITHIN):
        return int(await server.stdout.readline())


def _settings(folder: Path) -> dict[str, str]:
    return {
        "DSR_KEYS": str(folder / "keys"),
        "DSR_SECRETS": str(folder / "secrets"),
        "DSR_DATA_MAP": str(ROOT / "deploy/datamaps/smallmachines.yaml"),
        "DSR_SUBJECT_DB": "bench_company",
        # One address posts for everybody; it is counted all the same.
        "DSR_LIMIT_FORMS": "10000000/minute",
        "DSR_LIMIT_ALL": "10000000/minute",
    }


def _tell(found: dict[str, list[Turn]]) -> int:
    table = Table(
        "handler", "answers/s, median", "lowest to highest", "of the bare one", "CPU each"
    )
    bare = statistics.median(turn.rate for turn in found["bare"])
    for kind, turns in found.items():
        rates = [turn.rate for turn in turns]
        median = statistics.median(rates)
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        each = f"{statistics.median(turn.each for turn in turns):.2f} ms"
        table.add_row(kind, f"{median:,.0f}", spread, f"{median / bare:.2f}", each)
    console = Console()
    console.print(table)
    reached = statistics.median(turn.rate for turn in found["form"]) / bare
    console.print(f"wanted: form at least {WANTED} of bare; reached {reached:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
