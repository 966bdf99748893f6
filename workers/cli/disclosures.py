"""`dsr disclosures …`: what was passed on to third parties before there was a gate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.progress import progress
from workers.disclosure_file import GROUP, Row, Standing, lines_of, rows
from workers.settings import Settings

app = typer.Typer(help="Disclosures: import those of the past.", no_args_is_help=True)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    *,
    subject: Annotated[str, typer.Option(help="The type of person, where a row names none.")] = (
        "member"
    ),
    as_json: AsJson = False,
) -> None:
    """Record the disclosures of a CSV or JSONL file; goes on where it stopped, counts every row."""
    standing = run(_import(file, subject))
    facts = {
        "rows": standing.line,
        "imported": standing.imported,
        "already": standing.already,
        "bad": standing.bad,
        "bad_rows": str(standing.bad_file) if standing.bad else None,
    }
    if as_json:
        show_json(facts)
    else:
        typer.echo(
            f"{standing.line} rows: {standing.imported} imported, {standing.already} stood"
            f" already, {standing.bad} bad" + (f", see {standing.bad_file}" * bool(standing.bad))
        )
    if standing.bad:
        sys.exit(1)


@app.command()
def key(name: str) -> None:
    """Make a service key for another system of the company, which asks the gate; shown once."""
    typer.echo(wiring.create_service_key(Settings(), name))


async def _import(file: Path, subject: str) -> Standing:
    standing = Standing.of(file)
    total = lines_of(file)
    with progress("disclosures") as show:
        async with wiring.open_parts(Settings()) as parts:
            group: list[Row] = []
            for row in rows(file, subject, after=standing.line):
                group.append(row)
                if len(group) == GROUP:
                    await _record(parts, group, standing)
                    show(standing.line, total)
                    group = []
            await _record(parts, group, standing)
            show(standing.line, total)
    return standing


async def _record(parts: wiring.Parts, group: list[Row], standing: Standing) -> None:
    wishes = [row.wish for row in group if row.wish is not None]
    fates = iter(await parts.subject_data.import_disclosures(wishes, parts.requests.now()))
    for row in group:
        standing.count(row, next(fates) if row.wish is not None else "bad")
    standing.keep()
