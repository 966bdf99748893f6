"""Reads a mail in a process of its own, which is ended where it takes too long."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from schemas.errors import Unreachable
from workers.ports.mailbox import RawMail

PATIENCE = 20.0
"""Seconds; its processor time has a cap of its own."""
MODULE = "workers.channels.mailbox.reader"


class SeparateReader:
    """One process for each mail: nothing of one mail is there when the next is read."""

    def __init__(self, border: str = "") -> None:
        self._border = border

    async def read(self, mail: RawMail) -> bytes | None:
        """The mail as JSON, its header alone where the rest cannot be read; None: not even that."""
        whole = await self._run(mail.content) if mail.whole else None
        return whole if whole is not None else await self._run(mail.content, "--head")

    async def _run(self, content: bytes, *options: str) -> bytes | None:
        process = await self._start(options)
        try:
            async with asyncio.timeout(PATIENCE):
                read, _ = await process.communicate(content)
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return read if process.returncode == 0 else None

    async def _start(self, options: Sequence[str]) -> asyncio.subprocess.Process:
        arguments = ["-m", MODULE, f"--border={self._border}", *options]
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                # No setting of ours, and with it no password, is where a mail is read.
                env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except OSError as error:
            # It would be the same with every mail, so it is no matter of this one.
            raise Unreachable(
                "no process can be started to read a mail; see what memory and processes are left"
            ) from error
