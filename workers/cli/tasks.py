"""`dsr tasks …`: what the desk does for recipients: paper files, and whoever did not settle."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from schemas.notice import NoticeAnswer
from workers import wiring
from workers.cli.common import AsJson, run, show_json
from workers.cli.desk import By, open_desk
from workers.desk import notices
from workers.desk.decisions import Desk
from workers.notices import OpenNotice, Said
from workers.settings import Settings

app = typer.Typer(
    help="Notices that a person carries out, or looks after: list, show, settle them.",
    no_args_is_help=True,
)


@app.command("list")
def list_tasks(*, as_json: AsJson = False) -> None:
    """What the desk does for recipients without an interface, and what others have not settled."""
    found = run(_list())
    if as_json:
        show_json([asdict(notice) for notice in found])
        return
    table = Table("tracking", "recipient", "about", "status", "settle by")
    for notice in found:
        due = f"{notice.due:%Y-%m-%d %H:%M}" if notice.due else ""
        status = "OVERDUE" if notice.late else notice.status
        table.add_row(notice.tracking, notice.recipient, notice.about, status, due)
    Console().print(table)


@app.command()
def show(tracking: str, recipient: str, *, by: By, as_json: AsJson = False) -> None:
    """What is to be done, with the values as they stand; that you saw it is recorded."""
    notice, said, instructions = run(_show(tracking, recipient, by))
    facts = {
        **asdict(notice),
        "key": said.key,
        "fields": said.fields,
        "withheld": said.withheld,
        "purposes": said.purposes,
        "instructions": instructions,
    }
    if as_json:
        show_json(facts)
        return
    typer.echo(f"{notice.tracking}  {notice.about} at {recipient}, person {said.key}")
    if instructions:
        typer.echo(f"  {instructions}")
    rows = said.fields.items() if isinstance(said.fields, dict) else ((n, "") for n in said.fields)
    for name, value in rows:
        typer.echo(f"  {name}: {value}")
    for name in said.withheld:
        typer.echo(f"  {name}: kept back, the person has suspended its use")
    for name in said.purposes:
        typer.echo(f"  not any more for: {name}")


@app.command()
def done(
    tracking: str,
    recipient: str,
    *,
    by: By,
    refused: Annotated[
        bool, typer.Option("--refused", help="The recipient does not do it: settle it so.")
    ] = False,
    reason: Annotated[
        str, typer.Option(help="The recipient's reason, kept sealed; 500 characters at most.")
    ] = "",
) -> None:
    """Record that it is done there."""
    try:
        answer = NoticeAnswer(status="refused" if refused else "applied", reason=reason)
    except ValidationError:
        raise typer.BadParameter("a reason is text, of at most 500 characters") from None
    run(_done(tracking, recipient, by, answer))
    typer.echo("recorded")


async def _list() -> list[OpenNotice]:
    async with wiring.open_parts(Settings()) as parts:
        return await notices.waiting(parts)


async def _show(tracking: str, recipient: str, by: str) -> tuple[OpenNotice, Said, str]:
    async with open_desk(by) as desk:
        parts, notice = desk.parts, await _one(desk, tracking, recipient)
        said = await notices.show(parts, notice, desk.staff.name)
        return notice, said, notices.instructions(parts, recipient, parts.settings.language)


async def _done(tracking: str, recipient: str, by: str, answer: NoticeAnswer) -> None:
    async with open_desk(by) as desk:
        notice = await _one(desk, tracking, recipient)
        await notices.settle(desk.parts, notice, answer, desk.staff.name)


async def _one(desk: Desk, tracking: str, recipient: str) -> OpenNotice:
    record = await desk.case(tracking)
    return await notices.one(desk.parts, record.tracking, recipient)
