"""One request played from outside: what the person says and reads, what a clerk types."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from schemas.lifecycle import Status
from workers.local.demo.board import Board
from workers.local.demo.cast import Errand
from workers.local.demo.download import fetch
from workers.local.demo.house import House
from workers.local.demo.programs import DSR, end
from workers.local.processes import StackError

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Played:
    """A request that was completed."""

    errand: Errand
    tracking: str
    seconds: float
    """From the moment it was published until it was completed."""
    package: Path | None = None
    """What an access request brought."""


async def play(errand: Errand, house: House, board: Board, tell: Tell) -> Played:
    """Publish, read the code in the mail, prove, and wait for the end."""
    settings = {"DSR_AMQP_URL": house.users.url(errand.channel)}
    channel = await house.programs.talk(["-m", "workers.local.demo.channel"], settings)
    try:
        began = monotonic()
        answer = await _ask(channel, errand.submission(datetime.now(UTC)))
        if not answer["accepted"]:
            raise StackError(f"the workers refused the {errand.channel} submission: {answer}")
        tracking = answer["tracking"]
        tell(f"{tracking} {errand.known.name} wants {errand.wish} ({errand.language})")
        letter = await house.mailbox.letter(tracking, "challenge")
        if letter.to != errand.email:
            raise StackError("a code went to an address that is not the one on file")
        if errand.operator:
            tell(f"{tracking} the code is in the mail; {errand.operator} types it: dsr prove")
            await _type_in(errand, house, tracking, letter.code, settings)
        else:
            tell(f"{tracking} the code is in the mail; typed in, the channel publishes the proof")
            await _prove(errand, channel, tracking, letter.code)
        await board.reached(tracking, Status.COMPLETED)
        seconds = monotonic() - began
        await house.mailbox.letter(tracking, "completion")
        package = await fetch(house, tracking) if errand.looks else None
    finally:
        await end(channel)
    return Played(errand, tracking, seconds, package)


async def _prove(
    errand: Errand, channel: asyncio.subprocess.Process, tracking: str, code: str
) -> None:
    proof = {
        "schema": "dsr.proof/1",
        "proof_id": str(uuid4()),
        "tracking": tracking,
        "code": code,
        "channel": errand.channel,
    }
    if not (await _ask(channel, proof))["accepted"]:
        raise StackError(f"the code in the mail for {tracking} was not accepted")


async def _type_in(
    errand: Errand, house: House, tracking: str, code: str, settings: dict[str, str]
) -> None:
    command = [*DSR, "prove", tracking, "--channel", errand.channel]
    command += ["--operator", errand.operator or ""]
    await house.programs.once(command, f"{code}\n", settings)


async def _ask(channel: asyncio.subprocess.Process, message: dict[str, Any]) -> dict[str, Any]:
    """Hand the channel a message, and give what the workers answered."""
    assert channel.stdin is not None and channel.stdout is not None and channel.stderr is not None
    channel.stdin.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
    await channel.stdin.drain()
    line = await channel.stdout.readline()
    if not line:
        words = (await channel.stderr.read()).decode(errors="replace").split()
        raise StackError(f"the channel {message['channel']} ended: {' '.join(words)[-300:]}")
    answer: dict[str, Any] = json.loads(line)
    return answer
