"""Ends servers whose owner died without doing it: a `kill -9` of a test run leaves nothing behind.

Run as `python -m workers.local.guard OWNER MARK…`, as a child of the owner.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys

from workers.local import processes

_PATIENCE = 10


def main() -> None:
    """Wait for the owner's end, then stop whatever carries one of the marks, in their order."""
    owner, marks = int(sys.argv[1]), sys.argv[2:]
    if os.getppid() == owner:  # else it has ended before this process could look
        waiting = select.poll()
        waiting.register(os.pidfd_open(owner), select.POLLIN)
        waiting.poll()
    asyncio.run(_stop(marks))


async def _stop(marks: list[str]) -> None:
    for mark in marks:
        await processes.stop(mark, _PATIENCE)


if __name__ == "__main__":
    main()
