"""`dsr dead …`: parked messages, with their reasons."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from schemas.base import parse
from schemas.errors import Refused
from schemas.messages import INTAKE
from schemas.submission import Submission
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.ports import Publication
from workers.runtime.decode import JOSE
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
    settings = Settings()
    async with wiring.open_parts(settings) as parts:
        body = await parts.parked.body(parked_id)
    try:
        return wiring.unsealed(settings, body)
    except Refused:
        return body  # it was not sealed, or nobody here can open it


async def _retry(parked_id: str, corrected: bytes | None) -> None:
    settings = Settings()
    async with wiring.open_parts(settings) as parts:
        found = await parts.parked.waiting(parked_id)
        if corrected is None:
            body = await parts.parked.body(parked_id)
            publication = _as_it_came(settings, found["origin"], body)
        else:
            publication = _corrected(settings, corrected)
        await parts.broker.publisher.publish(publication)
        await parts.parked.retried(parked_id, getpass.getuser(), found["times"])


def _as_it_came(settings: Settings, origin: Mapping[str, Any], body: bytes) -> Publication:
    sealed = origin["exchange"] == INTAKE and origin["content_type"] != JOSE
    return Publication(
        origin["exchange"],
        origin["routing_key"],
        wiring.sealed(settings, body) if sealed else body,
        mandatory=True,
        message_id=origin["message_id"],
        content_type=JOSE if sealed else origin["content_type"] or "application/json",
    )


def _corrected(settings: Settings, body: bytes) -> Publication:
    submission = parse(Submission, body)
    return Publication(
        INTAKE,
        f"submission.{submission.channel}",
        wiring.sealed(settings, body),
        mandatory=True,
        message_id=submission.submission_id,
        content_type=JOSE,
    )


async def _drop(parked_id: str, by: str, reason: str) -> None:
    async with wiring.open_parts(Settings()) as parts:
        await parts.parked.drop(parked_id, by, reason)
