"""`dsr audit verify`: every invariant that the stores can show."""

from __future__ import annotations

import typer

from schemas.invariants import Offence
from workers import wiring
from workers.audit import verify_stores
from workers.cli.common import AsJson, run, show_json
from workers.settings import Settings

app = typer.Typer(help="Evidence: verify what the stores show.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `verify` a word of its own."""


@app.command()
def verify(*, as_json: AsJson = False) -> None:
    """Compute every invariant from the stores; exits 1 and names the offenders if one is broken."""
    checked, offences = run(_verify())
    if as_json:
        facts = [{"invariant": o.invariant, "request": o.request, "what": o.what} for o in offences]
        show_json({"requests": checked, "offences": facts, "ok": not offences})
    else:
        for offence in offences:
            typer.echo(f"{offence.invariant}  {offence.request}  {offence.what}")
        typer.echo(f"{checked} requests checked, {len(offences)} offences")
    if offences:
        raise typer.Exit(1)


async def _verify() -> tuple[int, list[Offence]]:
    async with wiring.open_parts(Settings()) as parts:
        return await verify_stores(parts)
