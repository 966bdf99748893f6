"""`dsr submit`, `dsr prove`, `dsr pin` and the like: what a channel does, by hand."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import uuid4

import typer

from schemas.errors import DsrError
from schemas.messages import NothingArrived, SendLift
from schemas.submission import Channel as Channels
from workers import tasks, wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.desk import By, open_desk
from workers.desk import pins
from workers.settings import Settings

Timeout = Annotated[float, typer.Option(help="Seconds to wait for the answer.")]


def _channel(name: str) -> str:
    if name not in (known := get_args(Channels)):
        raise typer.BadParameter(f"a channel is one of {', '.join(known)}")
    return name


Channel = Annotated[str, typer.Option(callback=_channel, help="web, email, phone or post.")]


class NotAnswered(DsrError):
    """Published and confirmed by the broker, but no worker has answered yet."""


class NotAccepted(DsrError):
    """A worker has refused it."""


def submit(
    file: Annotated[str, typer.Argument(help="A submission as JSON; `-` reads standard input.")],
    *,
    timeout: Timeout = 30.0,
    as_json: AsJson = False,
) -> None:
    """Validate and publish one submission; prints its tracking code once it is registered."""
    body = sys.stdin.buffer.read() if file == "-" else _read(file)
    answer = run(_publish("submission", body, timeout))
    if not answer["accepted"]:
        reasons = "; ".join(f"{e['path']}: {e['reason']}" for e in answer["errors"])
        raise NotAccepted(f"refused and parked ({reasons}); see `dsr dead list`")
    if as_json:
        show_json(answer)
    else:
        typer.echo(answer["tracking"])


def prove(
    tracking: str,
    *,
    channel: Channel = "phone",
    operator: Annotated[str | None, typer.Option(help="Who types the code in.")] = None,
    timeout: Timeout = 30.0,
    as_json: AsJson = False,
) -> None:
    """Publish a proof with the code from standard input, as an agent does for a caller."""
    proof: dict[str, Any] = {
        "schema": "dsr.proof/1",
        "proof_id": str(uuid4()),
        "tracking": tracking,
        "code": sys.stdin.readline().strip(),
        "channel": channel,
    }
    if operator:
        proof["operator"] = operator
    answer = run(_publish("proof", json.dumps(proof).encode(), timeout))
    if as_json:
        show_json(answer)
    if not answer["accepted"]:
        raise NotAccepted("not accepted; check tracking code and code")
    if not as_json:
        typer.echo("accepted")


def nothing_arrived(tracking: str, *, by: By) -> None:
    """Note that no code reached the requester: a person looks for another way."""
    if not run(_nothing_arrived(tracking, by)):
        raise NotAccepted("it waits for no code; see `dsr requests show`")
    typer.echo("noted; see `dsr review list`")


def lift(tracking: str, *, by: By) -> None:
    """Have a link that lifts a standing restriction sent to the person's own contact on file."""
    if not run(_lift(tracking, by)):
        raise NotAccepted(
            "not sent: no restriction stands, one was sent within a day, nobody is on file, or"
            " the guardian who asked for it can still lift it"
        )
    typer.echo("sent to the contact on file")


def pin(tracking: str, *, by: By, as_json: AsJson = False) -> None:
    """A new PIN for the status page, for whoever asked without an e-mail address; shown once."""
    given = run(_pin(tracking, by))
    if given is None:
        raise NotAccepted("it brought an e-mail address, to which the status page sends a code")
    if as_json:
        show_json({"tracking": tasks.spelled(tracking), "pin": given})
    else:
        typer.echo(given)


async def _pin(tracking: str, by: str) -> str | None:
    async with open_desk(by) as desk:
        record = await desk.case(tracking)
        return await pins.give(desk.parts, record.tracking, desk.staff.name)


async def _lift(tracking: str, by: str) -> bool:
    async with open_desk(by) as desk:
        record = await desk.case(tracking)
        return await tasks.report(desk.parts, SendLift(record.tracking, desk.staff.name))


async def _nothing_arrived(tracking: str, by: str) -> bool:
    async with open_desk(by) as desk:
        record = await desk.case(tracking)
        said = NothingArrived(record.tracking, by=desk.staff.name)
        return await tasks.report(desk.parts, said)


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise DsrError(f"cannot read {file}: {error.strerror}") from error


async def _publish(word: str, body: bytes, timeout: float) -> dict[str, Any]:
    async with wiring.open_publisher(Settings()) as publisher:
        send = publisher.submission if word == "submission" else publisher.proof
        _, answer = await send(body)
        try:
            return await asyncio.wait_for(answer, timeout)
        except TimeoutError:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            if publisher.waits:
                raise NotAnswered(
                    f"RabbitMQ is away: kept in the spool at {at}, and sent on by the next command"
                    " of this channel"
                ) from None
            raise NotAnswered(
                f"published and confirmed at {at}, but not registered within {timeout:g} s; "
                "are the workers running? Publishing the same file again is safe"
            ) from None
