"""`dsr retention run`: one sweep now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.ports.retention import SweepReport, Swept, Tell
from workers.runtime.ended import delete_ended
from workers.settings import Settings

app = typer.Typer(help="Retention: destroy what is due.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `run` a word of its own."""


@app.command("run")
def run_now(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what is due; change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy whatever is due: what a law kept, old data, people whose purpose ended, particulars.

    Workers do the same by themselves; a sweep that was cut off is finished by the next one.
    People whose purpose ended are deleted by requests of their own: see `dsr requests list`.
    """
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("looking for what is due", total=None)

        def tell(name: str, documents: int) -> None:
            bar.update(task, description=f"{name}: {documents}")

        report = run(_sweep(tell, dry_run=dry_run))
    if as_json:
        show_json(_facts(report))
    else:
        _show(report)


async def _sweep(tell: Tell, *, dry_run: bool) -> SweepReport:
    async with wiring.open_parts(Settings()) as parts:
        report = await parts.retention.sweep(parts.requests.now(), dry_run=dry_run, tell=tell)
        if not dry_run:
            await delete_ended(parts.house, parts.requests)
        return report


def _facts(report: SweepReport) -> dict[str, object]:
    return {
        "at": report.at,
        "dry_run": report.dry_run,
        "swept": [asdict(one) for one in report.swept],
        "keys_destroyed": report.keys_destroyed,
        "left_alone": report.left_alone,
        "findings": [finding.model_dump() for finding in report.findings],
    }


def _show(report: SweepReport) -> None:
    done = "would be destroyed" if report.dry_run else "destroyed"
    table = Table("rule or basis", "collection", done, "oldest", box=box.SIMPLE)
    for one in report.swept:
        name = f"archive: {one.name}" if one.what == "archive" else one.name
        oldest = f"{one.oldest:%Y-%m-%d}" if one.oldest else ""
        table.add_row(name, one.collection, _documents(one), oldest)
    if report.swept:
        Console().print(table)
    else:
        typer.echo("Nothing is due.")
    if report.keys_destroyed:
        typer.echo(f"{report.keys_destroyed} keys destroyed")
    if report.left_alone:
        typer.echo(
            f"{report.left_alone} people are due and left alone: an open request, or restricted"
        )
    for finding in report.findings:
        typer.echo(
            f"stays: {finding.documents} of {finding.collection} at {finding.path} ({finding.why})"
        )


def _documents(one: Swept) -> str:
    parts = [f"{one.archived} archived"] if one.archived else []
    parts += [f"{one.changed} more changed"] if one.changed else []
    return f"{one.documents}" + (f" ({', '.join(parts)})" if parts else "")
