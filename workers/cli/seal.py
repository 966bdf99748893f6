"""`dsr seal FIELD`: seal what stands plain of a field, or the other way round."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from workers import restore, wiring
from workers.cli.common import AsJson, run, show_json
from workers.ports.conversion import ConversionReport, Tell
from workers.settings import Settings


def seal(
    field: Annotated[str, typer.Argument(metavar="FIELD", help="Its name in the data map.")],
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Open what is sealed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Seal a field that became `protection: sealed` in the data map, wherever it stands plain.

    First the map, then a restart of all workers, then this. Back: `--undo`, stop the workers, once
    more, say `plain` in the map, start. A run that was cut off is finished by the next; exits 1
    while a value is left, with the reasons.
    """
    started = time.monotonic()
    words = "opening" if undo else "sealing"
    columns = TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        report = run(_convert(field, tell, undo=undo, dry_run=dry_run))
    seconds = round(time.monotonic() - started, 3)
    if as_json:
        show_json(asdict(report) | {"left": report.left, "seconds": seconds})
    else:
        _show(report, seconds)
    if report.left and not dry_run:
        raise typer.Exit(1)


async def _convert(field: str, tell: Tell, *, undo: bool, dry_run: bool) -> ConversionReport:
    async with wiring.open_parts(Settings()) as parts:
        # A backup may have brought back people whose keys are gone: none is made for them anew.
        await restore.check(parts)
        return await parts.subject_data.convert(field, undo=undo, dry_run=dry_run, tell=tell)


def _show(report: ConversionReport, seconds: float) -> None:
    done = "opened" if report.undo else "sealed"
    headings = f"would be {done}" if report.dry_run else done, "before", "left", "why"
    table = Table("of", "collection", *headings, box=box.SIMPLE)
    for one in report.collections:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(one.skipped.items()))
        counts = (str(one.converted), str(one.already), str(one.left))
        table.add_row(one.subject, one.collection, *counts, why)
    Console().print(table)
    unfound = sum(one.unfound for one in report.collections)
    if unfound:
        typer.echo(f"{unfound} values fit no identifier: nobody is found by them, as before.")
    typer.echo(f"{report.people} people in {seconds:g} s.")
    if report.left and not report.dry_run:
        typer.echo(f"{report.left} documents are left: see to the reasons, then run this again.")
