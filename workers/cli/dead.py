"""`dsr dead …`: parked messages, with their reasons."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.desk.parked import readable
from workers.desk.parked import retry as publish_again
from workers.settings import Settings

app = typer.Typer(help="Parked messages: list, retry or drop them.", no_args_is_help=True)


@app.command("list")
def list_parked(
    *,
    status: Annotated[str, typer.Option(help="parked, retried or dropped.")] = "parked",
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
    file: Annotated[
        Path | None, typer.Option("--file", help="A corrected submission to publish instead.")
    ] = None,
    body_to: Annotated[
        Path | None, typer.Option("--save", help="Only write the body there, to correct it.")
    ] = None,
) -> None:
    """Publish a parked message again, as it is or corrected; sealed, however it came."""
    if body_to:
        body_to.touch(mode=0o600)
        body_to.write_bytes(run(_body(parked_id)))
        typer.echo(f"saved to {body_to}; correct it, then retry with --file")
        return
    run(_retry(parked_id, file.read_bytes() if file else None))
    typer.echo("published again")


@app.command()
def drop(
    parked_id: str,
    *,
    reason: Annotated[str, typer.Option(help="Why nothing has to be done about it.")],
    by: Annotated[str | None, typer.Option(help="Who decides; default: you.")] = None,
) -> None:
    """Settle a parked message without doing it; who and why stay on record."""
    run(_drop(parked_id, by or getpass.getuser(), reason))
    typer.echo("dropped")


async def _list(status: str) -> list[dict[str, Any]]:
    async with wiring.open_parts(Settings()) as parts:
        return await parts.parked.list(status)


async def _body(parked_id: str) -> bytes:
    async with wiring.open_parts(Settings()) as parts:
        return await readable(parts, parked_id)


async def _retry(parked_id: str, corrected: bytes | None) -> None:
    async with wiring.open_parts(Settings()) as parts:
        await publish_again(parts, parked_id, getpass.getuser(), corrected=corrected)


async def _drop(parked_id: str, by: str, reason: str) -> None:
    async with wiring.open_parts(Settings()) as parts:
        await parts.parked.drop(parked_id, by, reason)
