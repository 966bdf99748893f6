"""`dsr audit …`: every invariant that the stores can show, and the signed log behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import NotFound
from schemas.invariants import Offence
from workers import wiring
from workers.audit import verify_stores
from workers.cli.common import AsJson, run, show_json
from workers.settings import Settings

app = typer.Typer(help="Evidence: verify what the stores show.", no_args_is_help=True)


@app.command()
def verify(
    *,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that was put away: the log must begin with what it signs."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute every invariant from the stores; exits 1 and names the offenders if one is broken."""
    kept = None if checkpoint is None else checkpoint.read_text(encoding="utf-8")
    checked, entries, offences = run(_verify(kept))
    if as_json:
        facts = [{"invariant": o.invariant, "request": o.request, "what": o.what} for o in offences]
        show_json(
            {"requests": checked, "log_entries": entries, "offences": facts, "ok": not offences}
        )
    else:
        for offence in offences:
            typer.echo(f"{offence.invariant}  {offence.request}  {offence.what}")
        found = f"{len(offences)} offences"
        typer.echo(f"{checked} requests and {entries} log entries checked, {found}")
    if offences:
        raise typer.Exit(1)


@app.command()
def checkpoint() -> None:
    """Print the newest signed checkpoint of the log: put it away where this house cannot write."""
    typer.echo(run(_checkpoint()), nl=False)


async def _verify(kept: str | None) -> tuple[int, int, list[Offence]]:
    async with wiring.open_parts(Settings()) as parts:
        signed = None if kept is None else parts.log_check.read(kept)
        entries = (await parts.audit_log.head()).size
        checked, offences = await verify_stores(parts, signed)
        return checked, entries, offences


async def _checkpoint() -> str:
    async with wiring.open_parts(Settings()) as parts:
        head = await parts.audit_log.head()
    if not head.size:
        raise NotFound("the log has no entries yet: `dsr worker upkeep` takes them in")
    return head.note
