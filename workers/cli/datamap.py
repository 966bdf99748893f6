"""`dsr datamap check`: the data map against the live database."""

from __future__ import annotations

from typing import Any

import typer

from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.settings import Settings

app = typer.Typer(help="The data map.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `check` a word of its own."""


@app.command()
def check(*, as_json: AsJson = False) -> None:
    """Hold the map against the live database; exits 1 where a right could not be honoured."""
    findings = run(_check())
    if as_json:
        show_json(findings)
    else:
        for finding in findings:
            mark = "FAIL" if finding["fatal"] else "warn"
            typer.echo(f"{mark}  {finding['kind']}: {finding['where']}")
            typer.echo(f"      {finding['advice']}")
        typer.echo(f"{len(findings)} findings")
    if any(finding["fatal"] for finding in findings):
        raise typer.Exit(1)


async def _check() -> list[dict[str, Any]]:
    async with wiring.open_parts(Settings()) as parts:
        missing = [
            {
                "kind": "missing_index",
                "where": f"{index.collection}.{index.path}",
                "fatal": False,
                "advice": "without it a group scans the collection: run `dsr init --indexes`",
            }
            for index in await parts.subject_data.missing_indexes()
        ]
        found = [
            {"kind": f.kind, "where": f.where, "fatal": f.fatal, "advice": f.advice}
            for f in await parts.subject_data.survey()
        ]
        return [*found, *missing]
