"""`dsr restore …`: what has to be done before workers start on a restored database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from workers import restore, wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.progress import progress
from workers.restore import Report
from workers.settings import Settings

app = typer.Typer(help="Restores from a backup.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep each command a word of its own."""


@app.command()
def replay(
    *,
    everybody: Annotated[
        bool, typer.Option("--all", help="Also after a restore of single collections.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what is to be done.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Delete again whoever had been deleted; exits 1 where something is in the way.

    Only who is on record since before the deletion: a person who signed up again lives on. A
    replay that was cut off is finished by the next one. Workers see that the whole database was
    restored; that single collections were, they cannot see, and only --all looks for it.
    """
    settings, started = Settings(), time.monotonic()
    with progress("deleting again") as show:
        report = run(_replay(settings, show, everybody=everybody, dry_run=dry_run))
    if as_json:
        show_json({**_facts(report), "seconds": round(time.monotonic() - started, 3)})
    else:
        typer.echo("\n".join(_lines(report)))
    if report.blocked:
        raise typer.Exit(1)


@app.command()
def ledger(*, as_json: AsJson = False) -> None:
    """Write lines that the ledger of tombstones has lost anew, from the company's database.

    Only where the key folder has no backup: a deletion that neither knows of stays forgotten.
    """
    written = run(_ledger(Settings()))
    if as_json:
        show_json({"written": written})
    else:
        typer.echo(f"{written} lines written")


async def _ledger(settings: Settings) -> int:
    async with wiring.open_parts(settings) as parts:
        return await restore.tell_ledger(parts)


async def _replay(
    settings: Settings, show: Callable[[int, int], None], *, everybody: bool, dry_run: bool
) -> Report:
    async with wiring.open_parts(settings) as parts:
        return await restore.replay(parts, everybody=everybody, dry_run=dry_run, show=show)


def _facts(report: Report) -> dict[str, Any]:
    facts = {"tombstones": report.tombstones, "found": report.found, "restores": report.restores}
    if report.dry_run:
        return {"dry_run": True, **facts}
    return {
        **facts,
        "deleted": report.deleted,
        "living": report.living,
        "nowhere": report.nowhere,
        "blocked": {
            request: [finding.model_dump() for finding in findings]
            for request, findings in report.blocked.items()
        },
        "certified": report.certified,
        "uncertified": report.uncertified,
    }


def _lines(report: Report) -> list[str]:
    lines = [f"{report.tombstones} tombstones to replay, {report.found} people found again"]
    if report.dry_run:
        return lines
    lines.append(f"{len(report.deleted)} deleted again, {report.nowhere} nowhere in the data")
    lines += [
        f"  {request}: the record is younger than the tombstone and lives on; what a restore"
        " brought back beside it has to be looked at by hand"
        for request in report.living
    ]
    lines += [
        f"  {request}: no certificate to revise, its request is older or not there"
        for request in report.uncertified
    ]
    for request, findings in report.blocked.items():
        lines += [
            f"  {request}: {one.why} in {one.documents} documents of {one.collection}, {one.path}"
            for one in findings
        ] or [f"  {request}: waits for another deletion of the same person"]
    if report.blocked:
        lines.append("Mend what is in the way and run it again: workers do not start before.")
    else:
        lines.append("Nothing is left to replay: workers may start.")
    return lines
