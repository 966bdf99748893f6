"""A third party as a process of its own: takes notices, checks who signed them, and settles them.

    python -m workers.local.recipient NAME MODE PORT SECRETS [--record FILE]

`applies` settles at once. `later` says that it has the notice, and settles it a moment later with a
signed acknowledgement. `down-first` answers 503 first (`--failures` times), then applies. `drips`
sends its answer a byte a second, without end. `redirects` sends the caller elsewhere.
SECRETS is the folder of `<name>.out`, which signs what comes, and `<name>.in`, for what goes back.
The port is printed once it listens (0: the system chooses). Each call becomes a line of FILE.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from schemas.errors import PutOff
from workers.adapters.recipients import signatures
from workers.adapters.recipients.safe_http import Endpoint
from workers.adapters.tokens import create_secret

MODES = ("applies", "later", "down-first", "drips", "redirects")
DEADLINE = 10.0
WAITS = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each try to acknowledge."""


class Recipient:
    """What it does with a notice."""

    def __init__(self, options: argparse.Namespace, record: TextIO) -> None:
        self._mode: str = options.mode
        self._failures: int = options.failures
        self._delay: float = options.delay
        self._record = record
        self._theirs = create_secret(options.secrets, options.name, "out")
        self._ours = create_secret(options.secrets, options.name, "in")
        self._acknowledging: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """At the end, acknowledgements that are still to be sent are given up."""
        yield
        for task in self._acknowledging:
            task.cancel()

    async def take(self, request: Request) -> Response:
        """Check the signature, write the call down, answer as the mode says."""
        body = await request.body()
        try:
            signatures.verify(self._theirs, request.headers, body)
        except signatures.BadSignature:
            return self._answered({}, JSONResponse({"error": "signature"}, 401))
        notice = json.loads(body)
        return self._answered(notice, self._answer(notice))

    def _answer(self, notice: Mapping[str, Any]) -> Response:
        match self._mode:
            case "down-first" if self._failures > 0:
                self._failures -= 1
                return Response(status_code=503)
            case "later":
                task = asyncio.create_task(self._acknowledge(notice))
                self._acknowledging.add(task)
                task.add_done_callback(self._acknowledging.discard)
                return Response(status_code=202)
            case "drips":
                return StreamingResponse(_drops(), media_type="application/json")
            case "redirects":
                return RedirectResponse("/elsewhere", 307)
        return JSONResponse({"status": "applied"})

    def _answered(self, notice: Mapping[str, Any], answer: Response) -> Response:
        at = datetime.now(UTC).isoformat()
        line = {"at": at, "answered": answer.status_code, "notice": notice}
        print(json.dumps(line, ensure_ascii=False), file=self._record, flush=True)
        return answer

    async def _acknowledge(self, notice: Mapping[str, Any]) -> None:
        """Settle it, and try again while nobody has taken it."""
        await asyncio.sleep(self._delay)
        body = '{"status":"applied"}'
        endpoint = Endpoint(notice["ack_url"], allow_private=True)
        for wait in WAITS:
            await asyncio.sleep(wait)
            headers = signatures.sign(self._ours, notice["notice_id"], body)
            headers["content-type"] = "application/json"
            try:
                answer = await endpoint.post(body.encode(), headers, DEADLINE)
            except PutOff:
                continue
            if answer.status < 500:
                break
        endpoint.close()


async def _drops() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(1)


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(description="A third party that takes notices.")
    parser.add_argument("name")
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("port", type=int)
    parser.add_argument("secrets", type=Path)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--failures", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0.5, help="seconds until `later`")
    options = parser.parse_args()
    with (
        socket.create_server(("127.0.0.1", options.port)) as listener,
        (options.record or Path(os.devnull)).open("a", encoding="utf-8") as record,
    ):
        recipient = Recipient(options, record)
        app = Starlette(
            routes=[Route("/{path:path}", recipient.take, methods=["POST"])],
            lifespan=recipient.running,
        )
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(
            app, http="h11", ws="none", log_config=None, timeout_graceful_shutdown=1
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
