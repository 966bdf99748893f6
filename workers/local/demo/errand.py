"""One request played from outside: what the person says and reads, what a clerk types."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from uuid import uuid4

from schemas.lifecycle import Status
from workers.local.demo.board import Board
from workers.local.demo.cast import ANSWER, REVIEWER, Errand
from workers.local.demo.download import fetch
from workers.local.demo.house import House
from workers.local.demo.lines import Line
from workers.local.demo.programs import DSR
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


async def play(errand: Errand, house: House, line: Line, board: Board, tell: Tell) -> Played:
    """Publish, prove with the code of the mail or have it answered, and wait for the end."""
    began = monotonic()
    answer = await line.ask(errand.submission(datetime.now(UTC)))
    if not answer["accepted"]:
        raise StackError(f"the workers refused the {errand.channel} submission: {answer}")
    tracking = answer["tracking"]
    child = f" for {errand.known.name}" if errand.guardian else ""
    tell(f"{tracking} {errand.asker}{child} wants {errand.wish} ({errand.language})")
    if errand.kind == "inquiry":
        await _answer(house, board, tracking, tell)
    else:
        await _prove(errand, house, line, tracking, tell)
    await board.reached(tracking, Status.COMPLETED)
    seconds = monotonic() - began
    last = "answer" if errand.kind == "inquiry" else "completion"
    await house.mailbox.letter(tracking, last)
    package = await fetch(house, tracking) if errand.kind == "access" else None
    return Played(errand, tracking, seconds, package)


async def _prove(errand: Errand, house: House, line: Line, tracking: str, tell: Tell) -> None:
    letter = await house.mailbox.letter(tracking, "challenge")
    if letter.to != errand.email:
        raise StackError("a code went to an address that is not the one on file")
    if errand.operator:
        tell(f"{tracking} the code is in the mail; {errand.operator} types it: dsr prove")
        await _type_in(errand, house, tracking, letter.code)
        return
    tell(f"{tracking} the code is in the mail; typed in, the channel publishes the proof")
    proof = {
        "schema": "dsr.proof/1",
        "proof_id": str(uuid4()),
        "tracking": tracking,
        "code": letter.code,
        "channel": errand.channel,
    }
    if not (await line.ask(proof))["accepted"]:
        raise StackError(f"the code in the mail for {tracking} was not accepted")


async def _type_in(errand: Errand, house: House, tracking: str, code: str) -> None:
    command = [*DSR, "prove", tracking, "--channel", errand.channel]
    command += ["--operator", errand.operator or ""]
    await house.programs.once(command, f"{code}\n", house.users.of_channel(errand.channel))


async def _answer(house: House, board: Board, tracking: str, tell: Tell) -> None:
    """Nobody has to prove anything to ask; an account of the desk answers."""
    password, desk = secrets.token_urlsafe(16), house.users.of("desk")
    account = [*DSR, "account", "add", REVIEWER, "--role", "reviewer"]
    await asyncio.gather(
        house.programs.once(account, f"{password}\n", desk),
        board.reached(tracking, Status.IN_REVIEW),
    )
    tell(f"{tracking} the account {REVIEWER} answers it: dsr review answer")
    answer = [*DSR, "review", "answer", tracking, "-", "--by", REVIEWER]
    await house.programs.once(answer, ANSWER, {**desk, "DSR_ACCOUNT_PASSWORD": password})
