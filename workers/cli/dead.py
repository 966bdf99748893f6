"""`dsr dead …`: parked messages, with their reasons."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from schemas.errors import Refused
from schemas.review import Role
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.desk import By, open_desk
from workers.desk import parked as messages
from workers.settings import Settings

app = typer.Typer(help="Parked messages: list, retry or drop them.", no_args_is_help=True)


class Standing(StrEnum):
    """What became of it."""

    PARKED = "parked"
    RETRIED = "retried"
    DROPPED = "dropped"


def _reason(given: str) -> str:
    """Wrong usage is told before anybody is asked for a password."""
    try:
        return messages.said(given)
    except Refused:
        longest = messages.LONGEST
        raise typer.BadParameter(f"a reason is text, of at most {longest} characters") from None


@app.command("list")
def list_parked(
    *,
    status: Annotated[Standing, typer.Option(help="What became of them.")] = Standing.PARKED,
    as_json: AsJson = False,
) -> None:
    """Every parked message with its reasons and where it came from."""
    parked = run(_list(status))
    if as_json:
        show_json(parked)
        return
    table = Table("id", "parked", "from", "reasons")
    for item in parked:
        origin = item["origin"]
        reasons = "\n".join(f"{r['path']}: {r['reason']}" for r in item["reasons"])
        table.add_row(
            item["_id"], f"{item['parked_at']:%Y-%m-%d %H:%M}",
            f"{origin['exchange']} {origin['routing_key']}", reasons,
        )  # fmt: skip
    Console().print(table)


@app.command()
def retry(
    parked_id: str,
    *,
    by: By,
    file: Annotated[
        Path | None, typer.Option("--file", help="A corrected submission to publish instead.")
    ] = None,
    body_to: Annotated[
        Path | None,
        typer.Option("--save", help="Only write the body there, to correct it; on record."),
    ] = None,
) -> None:
    """Publish a parked message again, as it is or corrected; sealed, however it came."""
    if body_to:
        body = run(_body(parked_id, by))
        body_to.touch(mode=0o600)
        body_to.write_bytes(body)
        typer.echo(f"saved to {body_to}; correct it, then retry with --file")
        return
    run(_retry(parked_id, by, file.read_bytes() if file else None))
    typer.echo("published again")


@app.command()
def drop(
    parked_id: str,
    *,
    reason: Annotated[
        str, typer.Option(help="Why nothing has to be done about it.", callback=_reason)
    ],
    by: By,
) -> None:
    """Settle a parked message without doing it; who and why stay on record."""
    run(_drop(parked_id, by, reason))
    typer.echo("dropped")


async def _list(status: str) -> list[dict[str, Any]]:
    async with wiring.open_parts(Settings()) as parts:
        return await parts.parked.list(status)


async def _body(parked_id: str, by: str) -> bytes:
    async with open_desk(by, Role.REVIEWER) as desk:
        return await messages.readable(desk.parts, parked_id, desk.staff.name)


async def _retry(parked_id: str, by: str, corrected: bytes | None) -> None:
    async with open_desk(by, Role.REVIEWER) as desk:
        await messages.retry(desk.parts, parked_id, desk.staff.name, corrected=corrected)


async def _drop(parked_id: str, by: str, reason: str) -> None:
    async with open_desk(by, Role.REVIEWER) as desk:
        await messages.drop(desk.parts, parked_id, desk.staff.name, reason)
