"""`dsr announce FILE`: tell every member of a change of the privacy policy, once each."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from schemas.announcement import Announcement
from workers import announcement_file, restore, wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.progress import progress
from workers.ports.announcements import AnnouncementReport, Segment, Tell
from workers.runtime.worker import stop_on_signals
from workers.settings import Settings


def announce(  # noqa: PLR0913 - its options
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="YAML; see README.")
    ],
    *,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this subject type; may be repeated.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="Only who has this value; may be repeated."),
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, max=10_000, help="Mails a second at most.")] = 20,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count whom it would reach; send nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Mail an announcement to every member with a mail address, once each.

    Run it again after whatever cut it off: it goes on where it was. Exits 1 while somebody is left
    whom the mail server put off, or whose address or record is in dispute.
    """
    started = time.monotonic()
    announcement = announcement_file.load(file)
    pairs = [pair.partition("=") for pair in where or ()]
    if any(not equals or not name for name, equals, _ in pairs):
        raise typer.BadParameter("write it as FIELD=VALUE", param_hint="--where")
    segment = Segment(tuple(types or ()), {name: value for name, _, value in pairs})
    with progress("announcing") as tell:
        report = run(_announce(announcement, segment, rate, tell, dry_run=dry_run))
    left = bool(report.waiting or report.held or report.stopped) and not dry_run
    if as_json:
        seconds = round(time.monotonic() - started, 3)
        show_json(asdict(report) | {"ok": not left, "seconds": seconds})
    else:
        _show(report)
    if left:
        raise typer.Exit(1)


async def _announce(
    announcement: Announcement, segment: Segment, rate: float, tell: Tell, *, dry_run: bool
) -> AnnouncementReport:
    stop = stop_on_signals()
    async with wiring.open_parts(Settings()) as parts:
        # Nobody who was deleted is written to because a backup brought the address back.
        await restore.check(parts)
        return await parts.announcer.announce(
            announcement, segment, rate=rate, stop=stop, tell=tell, dry_run=dry_run
        )


def _show(report: AnnouncementReport) -> None:
    languages = ", ".join(f"{number} {name}" for name, number in sorted(report.languages.items()))
    would = "would be sent" if report.dry_run else "sent"
    typer.echo(f"{report.id}, in force from {report.effective}: {report.people} people")
    lines = (
        (report.sent, f"{would} ({languages})"),
        (report.already, "have it from an earlier run, or cannot get it"),
        (report.no_address, "have no mail address"),
        *((number, f"left out for now: {why}") for why, number in sorted(report.held.items())),
        (report.waiting, "put off by the mail server"),
        (report.undeliverable, "undeliverable"),
    )
    for number, what in lines:
        if number:
            typer.echo(f"  {number} {what}")
    for person in report.undeliverable_people:
        typer.echo(f"  undeliverable: {person}")
    if report.stopped:
        typer.echo(f"  stopped before the end: {report.stopped}")
    if (report.waiting or report.held or report.stopped) and not report.dry_run:
        typer.echo("Run it again for those who are left: nobody gets it twice.")
