"""An intake channel: a process of its own, under a broker user of its own.

Run as `python -m workers.local.demo.channel` with the broker's address and the keys to seal to in
its environment. Each line of its input is a submission or a proof; for each it prints what the
workers answered. It ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys

from schemas.errors import DsrError
from workers import wiring
from workers.settings import Settings

PATIENCE = 60.0
"""Seconds until an answer must have come; the submission stands all the same."""


async def serve() -> None:
    """Publish what comes in, line by line."""
    async with wiring.open_publisher(Settings(), spool=False) as publisher:
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            proves = json.loads(line)["schema"].startswith("dsr.proof/")
            send = publisher.proof if proves else publisher.submission
            _, answer = await send(line)
            print(json.dumps(await asyncio.wait_for(answer, PATIENCE)), flush=True)


def main() -> None:
    """Serve until the input ends."""
    try:
        asyncio.run(serve())
    except DsrError as error:
        sys.exit(str(error))
    except TimeoutError:
        sys.exit("published and confirmed, but no worker has answered")


if __name__ == "__main__":
    main()
